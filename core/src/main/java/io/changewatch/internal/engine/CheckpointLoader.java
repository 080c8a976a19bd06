package io.changewatch.internal.engine;

import io.changewatch.StartPosition;
import io.changewatch.internal.checkpoint.CheckpointSettings;
import io.changewatch.internal.checkpoint.Checkpointer;
import io.changewatch.internal.checkpoint.Position;
import io.changewatch.internal.checkpoint.StoreErrors;
import io.changewatch.lease.LeaseLostException;
import io.changewatch.resume.Checkpoint;
import io.changewatch.resume.ResumeTokenStore;
import io.changewatch.resume.StoreException;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds out where a watcher begins: at its checkpoint, if that belongs to this stream, else where the builder says.
 *
 * <p>Called on the watcher's thread only.
 */
final class CheckpointLoader {
    private static final Logger LOG = LoggerFactory.getLogger(CheckpointLoader.class);

    private final CheckpointSettings settings;
    private final StoreErrors errors;
    private final Checkpointer checkpointer;
    private final StartPosition otherwise;
    private final Lifecycle lifecycle;
    private final Surroundings surroundings;
    private final TermCheck terms;

    CheckpointLoader(Shared<?> shared, Checkpointer checkpointer) {
        this.settings = shared.settings().checkpoints();
        this.errors = StoreErrors.of(settings);
        this.checkpointer = checkpointer;
        this.otherwise = shared.settings().recovery().startFrom();
        this.lifecycle = shared.lifecycle();
        this.surroundings = shared.surroundings();
        this.terms = new TermCheck(shared.watcher(), shared.fence());
    }

    /** Takes the watcher's place in the store and loads, as long as the policy for the store allows. */
    Optional<Checkpoint> load() throws InterruptedException {
        if (settings.store().isEmpty()) {
            return Optional.empty();
        }
        long begin = surroundings.getAsLong();
        for (int failures = 1; ; failures++) {
            try {
                checkpointer.acquire();
                return loaded(settings.store().get());
            } catch (RuntimeException e) {
                if (e instanceof LeaseLostException) {
                    throw e;
                }
                errors.finalErrorAtFirst(e).ifPresent(CheckpointLoader::rethrow);
                Duration elapsed = Duration.ofNanos(surroundings.getAsLong() - begin);
                waitAfter(e, settings.retry().delayAfter(failures, elapsed, surroundings.random()), failures);
            }
        }
    }

    private Optional<Checkpoint> loaded(ResumeTokenStore store) {
        Optional<Checkpoint> loaded = Objects.requireNonNull(
                store.load(settings.watcher()), "load(...) returned null; it must return an Optional");
        loaded.ifPresent(this::checkScope);
        return loaded.map(checkpoint -> terms.claim(store, checkpoint));
    }

    private static void rethrow(RuntimeException error) {
        throw error;
    }

    private void waitAfter(RuntimeException error, Optional<Duration> delay, int failures) throws InterruptedException {
        if (delay.isEmpty()) {
            throw new StoreException(
                    "Cannot load the checkpoint of watcher '" + settings.watcher()
                            + "': the retry policy gave up (failed attempts: "
                            + failures + "), the last with: " + error.getMessage()
                            + " Mend the store, or choose a retryStore(...) that tries longer.",
                    error);
        }
        errors.logRetry(LOG, "load", failures, delay.get(), error);
        lifecycle.recovering(error);
        lifecycle.pause(delay.get(), surroundings);
    }

    private void checkScope(Checkpoint checkpoint) {
        String madeFor = checkpoint.fingerprint().scope();
        String mine = settings.fingerprint().scope();
        if (!madeFor.equals(mine)) {
            throw FailureMessages.otherScope(settings.watcher(), madeFor, mine).refusal();
        }
    }

    /** The place of a checkpoint of this stream, or where to begin without one. */
    Place place(Optional<Checkpoint> loaded) {
        if (loaded.isEmpty()) {
            return Place.at(otherwise);
        }
        Checkpoint checkpoint = loaded.get();
        Position position = new Position(checkpoint.token(), checkpoint.clusterTime());
        LOG.info(
                "[{}] Resuming after cluster time {}/{}, saved at {}.",
                settings.watcher(),
                position.clusterTime().getTime(),
                position.clusterTime().getInc(),
                checkpoint.savedAt());
        if (checkpoint.fingerprint().pipeline().equals(settings.fingerprint().pipeline())) {
            return Place.after(position);
        }
        LOG.warn(
                "[{}] The pipeline or an option changed since the checkpoint was saved: resuming by cluster time, leaving out "
                        + "what was handled. Events the old pipeline held back before that are not seen again.",
                settings.watcher());
        return Place.throughTimeOf(position);
    }
}
