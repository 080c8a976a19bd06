package io.changewatch.internal.checkpoint;

import io.changewatch.ConfigurationException;
import io.changewatch.resume.CorruptCheckpointException;
import io.changewatch.resume.ResumeTokenStore;
import io.changewatch.resume.StaleCheckpointException;
import io.changewatch.resume.StoreException;
import io.changewatch.resume.StoreLockedException;
import java.time.Duration;
import java.util.Optional;
import org.slf4j.Logger;

/**
 * What the exceptions of one watcher's store mean: the table of {@link ResumeTokenStore}.
 *
 * <p>Immutable and thread-safe.
 *
 * @param store the name of the store's class
 */
public record StoreErrors(String watcher, String store) {

    /** For the watcher and the store of {@code settings}. */
    public static StoreErrors of(CheckpointSettings settings) {
        return new StoreErrors(
                settings.watcher(), settings.store().map(NamedStore::of).orElse("no store"));
    }

    /** What ends the watcher without another attempt; empty where another one may work. */
    Optional<RuntimeException> finalError(RuntimeException error) {
        if (error instanceof CorruptCheckpointException corrupt) {
            return Optional.of(withRemedy(corrupt));
        }
        boolean isRefusal = error instanceof StaleCheckpointException
                || error instanceof StoreLockedException
                || error instanceof ConfigurationException;
        return isRefusal ? Optional.of(error) : Optional.empty();
    }

    /** The same for a store that has not worked for this watcher yet: what looks like a mistake in it will stay one. */
    public Optional<RuntimeException> finalErrorAtFirst(RuntimeException error) {
        return finalError(error).or(() -> isMistake(error) ? Optional.of(mistake(error)) : Optional.empty());
    }

    /** The stack of an outage is worth one look, not one at each attempt. */
    public void logRetry(Logger log, String what, int failures, Duration delay, RuntimeException cause) {
        String text = "[" + watcher + "] Cannot " + what + " the checkpoint (attempt " + failures
                + "), trying again in " + delay.toMillis() + " ms";
        if (failures == 1) {
            log.warn("{}.", text, cause);
        } else {
            log.warn("{}: {}", text, cause.toString());
        }
    }

    /** Not {@link IllegalStateException} and others that drivers throw for what passes. */
    private static boolean isMistake(RuntimeException error) {
        return error instanceof NullPointerException
                || error instanceof IllegalArgumentException
                || error instanceof ClassCastException
                || error instanceof IndexOutOfBoundsException
                || error instanceof UnsupportedOperationException
                || error instanceof ArithmeticException;
    }

    private StoreException mistake(RuntimeException error) {
        return new StoreException(
                "The store " + store + " failed for watcher '" + watcher + "' with " + error
                        + ", which is a mistake in the program and not tried again. Mend the store; for a failure that may pass,"
                        + " let it throw a StoreException.",
                error);
    }

    /** A store may pass on what {@code Checkpoint} says, which knows neither the watcher nor what to do. */
    private CorruptCheckpointException withRemedy(CorruptCheckpointException error) {
        String message = String.valueOf(error.getMessage());
        return message.contains("'" + watcher + "'")
                ? error
                : new CorruptCheckpointException(
                        "Cannot use the checkpoint of watcher '" + watcher + "' in " + store + ": " + message
                                + " Restore it from a backup, or delete it with store.delete(\"" + watcher
                                + "\") and choose startFrom(...), which leaves out what happened since.",
                        error);
    }
}
