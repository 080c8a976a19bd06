package io.changewatch.internal.engine;

import io.changewatch.deadletter.DeadLetterStore;
import io.changewatch.deadletter.ParkingOrder;
import io.changewatch.retry.RetryPolicy;

/**
 * Where and how events are kept that are given up.
 *
 * <p>Immutable and thread-safe.
 *
 * @param retry when a call that failed is tried again
 */
public record ParkingSettings(DeadLetterStore store, ParkingOrder order, RetryPolicy retry) {}
