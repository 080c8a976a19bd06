package io.changewatch.internal.deliver;

import io.changewatch.BatchHandler;
import io.changewatch.Batching;
import io.changewatch.event.ChangeEvent;
import io.changewatch.event.DocumentEvent;
import io.changewatch.event.ResumeToken;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.locks.Lock;
import java.util.function.LongSupplier;
import org.bson.BsonTimestamp;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Collects events on the watcher's thread, and hands them out in batches on a thread of its own: a batch that is due by time must
 * not wait for the server's next answer.
 *
 * <p>An event that is no {@link DocumentEvent} ends the batch before it and comes alone; the watcher goes on when it is
 * handled. Where the policy skips, a batch that has failed for good is handed out once more, event by event, so that only the one
 * that fails is skipped.
 *
 * <p>Called on the watcher's thread only, except {@link #stop()} and {@link #isHandlingThread()}.
 */
public final class BatchDeliverer<T> implements Deliverer<T> {
    private static final Logger LOG = LoggerFactory.getLogger(BatchDeliverer.class);

    private final BatchHandler<ChangeEvent<T>> handler;
    private final Handlers<T> validations;
    private final FailureHandling failures;
    private final FailureHandling.Subject<ChangeEvent<?>> ahead;
    private final Progress progress;
    private final Runnable stop;
    private final LongSupplier nanoTime;
    private final BatchQueue<T> queue;
    private final Thread thread;
    private boolean started;

    /**
     * A deliverer that reports to {@code progress}.
     *
     * @param stop asks the watcher to stop; returns at once
     */
    public BatchDeliverer(Work<T> work, FailureHandling failures, Progress progress, Runnable stop, Means means) {
        this.handler = work.handler();
        this.validations = work.validations();
        this.failures = failures;
        this.ahead = failures.ahead(this::awaitHandled);
        this.progress = progress;
        this.stop = stop;
        this.nanoTime = means.nanoTime();
        this.queue = new BatchQueue<>(work.limits(), progress, means.nanoTime(), means.lock());
        this.thread = means.threads().newThread(this::handleUntilClosed);
    }

    /**
     * What is to be done.
     *
     * @param validations of which the handlers are not called
     */
    public record Work<T>(Batching limits, BatchHandler<ChangeEvent<T>> handler, Handlers<T> validations) {}

    /**
     * With what it is done.
     *
     * @param lock used by this deliverer only
     * @param threads makes the thread that calls the handler
     */
    public record Means(LongSupplier nanoTime, Lock lock, ThreadFactory threads) {}

    @Override
    public boolean deliver(ChangeEvent<T> event) throws InterruptedException {
        if (!failures.runAhead(event, validations::validate, ahead)) {
            passed(event.resumeToken(), event.clusterTime());
            return false;
        }
        start();
        if (event instanceof DocumentEvent) {
            queue.put(event);
        } else {
            queue.flush();
            queue.put(event);
            queue.flush();
        }
        return false; // told of when its batch is handled
    }

    @Override
    public void awaitHandled() throws InterruptedException {
        queue.flush();
    }

    private void start() {
        if (!started) {
            thread.start();
            started = true; // one that the machine refuses must not be waited for
        }
    }

    @Override
    public void passed(ResumeToken token, BsonTimestamp clusterTime) {
        queue.passed(token, clusterTime);
    }

    @Override
    public void stop() {
        queue.stop();
    }

    @Override
    public boolean isHandlingThread() {
        return Thread.currentThread() == thread;
    }

    @Override
    public void discard() {
        queue.discard();
    }

    /** {@inheritDoc} Hands out what is collected. A handler that is still running then is interrupted and waited for. */
    @Override
    public void drain(Duration deadline) {
        if (!started) {
            return;
        }
        queue.close();
        boolean interrupted = !awaitEnd(deadline);
        queue.awaitEnd();
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        queue.throwIfFailed();
    }

    /** Returns whether the calling thread was left alone meanwhile. */
    private boolean awaitEnd(Duration deadline) {
        try {
            if (!queue.awaitEnd(deadline)) {
                thread.interrupt();
            }
            return true;
        } catch (InterruptedException e) {
            thread.interrupt();
            return false;
        }
    }

    @Override
    public void ended(Optional<Throwable> failure) {
        // The handler is not told; the state and listeners are.
    }

    // The batch thread.

    private void handleUntilClosed() {
        try {
            for (var next = queue.take(); next.isPresent(); next = queue.take()) {
                handle(next.get());
            }
        } catch (InterruptedException e) {
            stopUnlessClosing();
        } catch (DeliveryFailedException e) {
            fail(e.reason());
        } catch (Throwable e) { // whatever the handler throws must reach the watcher, not end this thread in silence
            fail(e);
            if (e instanceof Error error) {
                throw error;
            }
        } finally {
            queue.end();
        }
    }

    private void fail(Throwable cause) {
        queue.fail(cause);
        progress.failed(cause);
    }

    /** By the handler itself, if nobody closes the watcher. */
    private void stopUnlessClosing() {
        if (!queue.isClosing()) {
            LOG.warn("[{}] The thread of its batches was interrupted; stopping.", failures.watcher());
            queue.stop();
            stop.run();
        }
    }

    private void handle(EventBatch<T> batch) throws InterruptedException {
        long begin = nanoTime.getAsLong();
        progress.batchBegins();
        List<ChangeEvent<T>> handled = call(batch.events());
        queue.handled(batch);
        progress.batchEnds(handled, Duration.ofNanos(nanoTime.getAsLong() - begin));
    }

    /** Returns those that were not skipped. */
    private List<ChangeEvent<T>> call(List<ChangeEvent<T>> events) throws InterruptedException {
        List<ChangeEvent<T>> open = failures.notHeldBack(events);
        if (open.size() > 1 && failures.runBatch(open, handler::handle)) {
            return open;
        }
        List<ChangeEvent<T>> handled = new ArrayList<>();
        for (ChangeEvent<T> event : open) {
            if (failures.run(event, one -> handler.handle(List.of(one)))) {
                handled.add(event);
            }
        }
        return handled;
    }
}
