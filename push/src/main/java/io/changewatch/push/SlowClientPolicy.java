package io.changewatch.push;

/**
 * What happens to a client whose queue is full.
 *
 * <p>Thread-safe.
 */
public enum SlowClientPolicy {
    /** It is told the position to resume from and closed with 1013. The default: nothing is lost, it comes again. */
    DISCONNECT,
    /**
     * Of each document only the newest message waits, in the place of the older; a queue that is full all the same is
     * answered with {@link #DISCONNECT}. For payloads that carry the whole document, since those in between are not sent.
     */
    CONFLATE,
    /** What waits is dropped, and a {@code gap} message says how much it was. */
    DROP
}
