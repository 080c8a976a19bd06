package io.changewatch.pipeline;

/**
 * What a change did to a document's {@link Membership}.
 *
 * <p>Thread-safe.
 */
public enum Transition {
    /** It did not fulfil the condition, or did not exist, and does now. */
    ENTER,
    /** It fulfilled the condition and still does. */
    UPDATE,
    /** It fulfilled the condition, exists on, and does not fulfil it any more. */
    EXIT,
    /** It fulfilled the condition and was deleted. */
    DELETE,
    /** It fulfilled the condition neither before nor after. */
    NONE,
    /** The event does not tell: an image is missing. */
    UNKNOWN
}
