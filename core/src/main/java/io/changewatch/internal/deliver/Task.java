package io.changewatch.internal.deliver;

import io.changewatch.event.ChangeEvent;
import io.changewatch.internal.deliver.LowWatermark.Entry;
import java.util.concurrent.CompletionStage;
import org.bson.RawBsonDocument;
import org.jspecify.annotations.Nullable;

/**
 * An event on its way through {@link InFlight}.
 *
 * <p>Its places in chains and queues are guarded by the lock of {@link InFlight}; the rest is of whoever handles it.
 */
final class Task<T> {
    private static final long NEVER = Long.MIN_VALUE;

    final ChangeEvent<T> event;
    final Object key;
    /** The length of the raw event. */
    final int bytes;

    // Guarded by the lock of InFlight.
    long number;

    @Nullable
    Entry entry;

    @Nullable
    Task<T> next;

    long dueNanos;
    long beganNanos;
    boolean isTimed;
    boolean toldSlow;
    boolean timedOut;
    /** How often it was told of since then. */
    int toldStuck;

    @Nullable
    Thread worker;

    @Nullable
    CompletionStage<?> stage;

    /** Of who handles it. */
    final Handling.HandlersDone handlersDone = new Handling.HandlersDone();

    /** Of who handles it, and then of the worker that takes it: handed on through the lock. */
    private @Nullable Exception failure;

    private int failures;
    private long firstFailureNanos;
    private long firstBeganNanos = NEVER;

    Task(ChangeEvent<T> event, Object key) {
        this.event = event;
        this.key = key;
        this.bytes = event.raw() instanceof RawBsonDocument raw ? raw.getByteLength() : 0;
    }

    /** An attempt has failed on another thread; a worker answers that. */
    void failed(Exception cause) {
        failure = cause;
    }

    /** With what it has failed since it was asked last. */
    @Nullable
    Exception takeFailure() {
        Exception cause = failure;
        failure = null;
        return cause;
    }

    /** An attempt begins. */
    void begins(long nanos) {
        beganNanos = nanos;
        isTimed = false;
        toldSlow = false;
        timedOut = false;
        toldStuck = 0;
        stage = null;
        firstBeganNanos = firstBeganNanos == NEVER ? nanos : firstBeganNanos;
    }

    /** When the first attempt began. */
    long firstBeganNanos() {
        return firstBeganNanos;
    }

    /** An attempt has failed; returns how many have. */
    int fails(long nanos) {
        firstFailureNanos = failures == 0 ? nanos : firstFailureNanos;
        return ++failures;
    }

    /** When the first attempt failed. */
    long firstFailureNanos() {
        return firstFailureNanos;
    }
}
