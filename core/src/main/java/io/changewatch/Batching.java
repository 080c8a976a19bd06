package io.changewatch;

import java.time.Duration;
import java.util.Objects;

/**
 * How large a batch of {@link ChangeWatcherBuilder#onBatch} becomes, and how long an event waits for others.
 *
 * {@snippet class="io.changewatch.examples.Batches" region="batches"}
 *
 * <p>Immutable and thread-safe.
 *
 * @param events how many events a batch holds at most
 * @param bytes how many bytes of events, as the server sent them, a batch holds at most; a larger event comes alone
 * @param within how long the first event of a batch waits for others at most, as long as the handler is free; zero to wait for
 *     nothing but the handler
 */
public record Batching(int events, long bytes, Duration within) {

    /** Checks that the numbers are positive, and the time is not negative. */
    public Batching {
        Objects.requireNonNull(within, "within");
        if (events < 1) {
            throw new IllegalArgumentException("upTo(" + events + "): a batch holds at least 1 event.");
        }
        if (bytes < 1) {
            throw new IllegalArgumentException("ofBytes(" + bytes + "): a batch holds at least 1 byte.");
        }
        if (within.isNegative()) {
            throw new IllegalArgumentException("within(" + within + "): a time that is not negative is needed.");
        }
    }

    /** Up to 1,000 events or 16 MiB, or what came within 100 ms. The default. */
    public static Batching standard() {
        return new Batching(1_000, 16 << 20, Duration.ofMillis(100));
    }

    /**
     * Up to {@code events} events; the rest as {@link #standard()}.
     *
     * @throws IllegalArgumentException if {@code events} is less than 1
     */
    public static Batching upTo(int events) {
        return new Batching(events, standard().bytes, standard().within);
    }

    /**
     * The same, but up to {@code bytes} bytes.
     *
     * @throws IllegalArgumentException if {@code bytes} is less than 1
     */
    public Batching ofBytes(long bytes) {
        return new Batching(events, bytes, within);
    }

    /**
     * The same, but after {@code time} a batch is handed out that is not full.
     *
     * @throws IllegalArgumentException if {@code time} is negative
     */
    public Batching within(Duration time) {
        return new Batching(events, bytes, time);
    }
}
