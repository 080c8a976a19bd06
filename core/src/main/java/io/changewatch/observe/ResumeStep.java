package io.changewatch.observe;

/**
 * Where a stream was opened: the steps of the ladder that a watcher goes down while the server does not accept its position.
 *
 * <p>Thread-safe.
 */
public enum ResumeStep {
    /** After the last position, by its resume token: nothing is lost, nothing comes twice. */
    AFTER_TOKEN,
    /** The same, and large events come in fragments, because the token may be a fragment's or an event was too large. */
    AFTER_TOKEN_WITH_SPLIT_EVENTS,
    /** By cluster time, leaving out what was handled, because the pipeline changed or the server does not find the token; or because the application named a time. */
    AT_CLUSTER_TIME,
    /** At the oldest entry of the oplog, because the history was lost: a {@link io.changewatch.event.Gap} comes first. */
    AT_OLDEST_ENTRY,
    /** At the present: a first start, or after a loss, and then a {@link io.changewatch.event.Gap} comes first. */
    NOW
}
