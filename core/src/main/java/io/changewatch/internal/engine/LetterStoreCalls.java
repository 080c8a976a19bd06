package io.changewatch.internal.engine;

import io.changewatch.ConfigurationException;
import io.changewatch.resume.StoreException;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Calls a watcher's store of letters until that works, by the policy for stores; the watcher is {@code RECOVERING} meanwhile.
 *
 * <p>Thread-safe: each thread that handles events waits for its own call.
 */
final class LetterStoreCalls {
    private static final Logger LOG = LoggerFactory.getLogger(LetterStoreCalls.class);

    private final String watcher;
    private final ParkingSettings settings;
    private final Lifecycle lifecycle;
    private final Surroundings surroundings;
    private volatile boolean hasWorked;

    LetterStoreCalls(String watcher, ParkingSettings settings, Lifecycle lifecycle, Surroundings surroundings) {
        this.watcher = watcher;
        this.settings = settings;
        this.lifecycle = lifecycle;
        this.surroundings = surroundings;
    }

    /**
     * The result of {@code call}, sooner or later.
     *
     * @param what the call does, such as {@code park an event}
     * @throws StoreException if the policy gives up, or the store has a mistake that stays
     * @throws StoppedException if the watcher is to stop
     */
    <V> V call(String what, Supplier<V> call) throws InterruptedException {
        long firstFailure = 0;
        @Nullable RuntimeException last = null;
        for (int failures = 0; ; failures++) {
            try {
                V result = call.get();
                hasWorked = true;
                goOn(what, failures, last);
                return result;
            } catch (StoppedException e) {
                throw e;
            } catch (RuntimeException e) {
                last = e;
                firstFailure = failures == 0 ? surroundings.getAsLong() : firstFailure;
                throwIfFinal(what, e);
                waitAfter(what, failures + 1, Duration.ofNanos(surroundings.getAsLong() - firstFailure), e);
            }
        }
    }

    private void goOn(String what, int failures, @Nullable RuntimeException last) {
        if (last != null) {
            LOG.info("[{}] Could {} at last (failed attempts before: {}).", watcher, what, failures);
            lifecycle.recovered(last);
        }
    }

    private void throwIfFinal(String what, RuntimeException error) {
        if (error instanceof ConfigurationException) {
            throw error;
        }
        if (!hasWorked && isMistake(error)) {
            throw new StoreException(
                    "Cannot " + what + " of watcher '" + watcher + "': " + storeName() + " failed with " + error
                            + ", which is a mistake in the program and not tried again. Nothing is lost: the event comes again at"
                            + " the next start. Mend the store; for a failure that may pass, let it throw a StoreException.",
                    error);
        }
    }

    private static boolean isMistake(RuntimeException error) {
        return error instanceof NullPointerException
                || error instanceof IllegalArgumentException
                || error instanceof ClassCastException
                || error instanceof IndexOutOfBoundsException
                || error instanceof UnsupportedOperationException;
    }

    private void waitAfter(String what, int failures, Duration elapsed, RuntimeException cause)
            throws InterruptedException {
        Optional<Duration> delay = settings.retry().delayAfter(failures, elapsed, surroundings.random());
        if (delay.isEmpty()) {
            throw new StoreException(
                    "Cannot " + what + " of watcher '" + watcher + "' in " + storeName()
                            + ": the retry policy gave up (failed attempts: " + failures + "), the last with: "
                            + cause.getMessage()
                            + " Nothing is lost: the event comes again at the next start. Mend the store, or choose a"
                            + " retryStore(...) that tries longer.",
                    cause);
        }
        logRetry(what, failures, delay.get(), cause);
        lifecycle.recoveringUnlessPaused(cause); // what was handed out before goes on to its end meanwhile
        lifecycle.pause(delay.get(), surroundings);
    }

    /** The stack of an outage is worth one look, not one at each attempt. */
    private void logRetry(String what, int failures, Duration delay, RuntimeException cause) {
        String text = "[" + watcher + "] Cannot " + what + " (attempt " + failures + "), trying again in "
                + delay.toMillis() + " ms; the events behind it wait";
        if (failures == 1) {
            LOG.warn("{}.", text, cause);
        } else {
            LOG.warn("{}: {}", text, cause.toString());
        }
    }

    private String storeName() {
        return settings.store().getClass().getSimpleName();
    }
}
