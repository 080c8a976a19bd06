package io.changewatch.deadletter;

/**
 * Why an event is parked.
 *
 * <p>Immutable and thread-safe.
 */
public enum ParkingReason {

    /** A handler or a validation threw, as often as the policy tries. */
    FAILED,

    /** It could not be turned into the application's type, so no handler has seen it. */
    UNDECODABLE,

    /** An older letter of its document was there: no handler has seen it. Only with {@link ParkingOrder#BLOCK_KEY}. */
    BLOCKED
}
