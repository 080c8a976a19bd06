package io.changewatch.internal.deliver;

import io.changewatch.event.ChangeEvent;
import io.changewatch.event.ResumeToken;
import java.util.Optional;
import org.bson.BsonTimestamp;

/**
 * Calls the handlers on the watcher's thread, one event after the other.
 *
 * <p>An attempt after a failure goes on with the handler that failed; those before it are not called twice. Called on the
 * watcher's thread only.
 */
public final class SequentialDeliverer<T> implements Deliverer<T> {
    private final Handlers<T> handlers;
    private final FailureHandling failures;
    private final Progress progress;
    private final FailureHandling.Attempt<ChangeEvent<T>> attempt = this::handle;
    private int done;

    /** A deliverer that reports to {@code progress}. */
    public SequentialDeliverer(Handlers<T> handlers, FailureHandling failures, Progress progress) {
        this.handlers = handlers;
        this.failures = failures;
        this.progress = progress;
    }

    @Override
    public boolean deliver(ChangeEvent<T> event) throws InterruptedException {
        done = 0;
        boolean handled = failures.run(event, attempt);
        progress.handled(event.resumeToken(), event.clusterTime(), 1);
        return handled;
    }

    private void handle(ChangeEvent<T> event) throws Exception {
        if (done == 0) {
            handlers.validate(event);
        }
        for (; done < handlers.handlers().size(); done++) {
            handlers.handlers().get(done).handle(event);
        }
    }

    @Override
    public void passed(ResumeToken token, BsonTimestamp clusterTime) {
        progress.handled(token, clusterTime, 0);
    }

    @Override
    public void stop() {
        // A handler in flight is left to finish; a wait between attempts is ended by its Pause.
    }

    @Override
    public void ended(Optional<Throwable> failure) {
        // Handlers are not told; the state and listeners are.
    }
}
