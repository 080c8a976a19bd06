package io.changewatch.internal.engine;

/** What an error of the source asks for: the rows of the failure table in docs/ARCHITECTURE.md. */
enum FailureKind {
    /** Open again after the last position, with back-off. */
    TRANSIENT,
    /** The oplog ran over the open cursor: open again, once; then the history is lost. */
    OVERRUN,
    /** The oplog no longer holds the position. */
    HISTORY_LOST,
    /** The position is not in this stream, for instance because its pipeline is another now: open by cluster time. */
    TOKEN_NOT_FOUND,
    /** The server cannot read the token. */
    INVALID_TOKEN,
    /** One event is larger than 16 MB, or a field of it is, so that it cannot be split either. */
    OVERSIZE,
    /** One event lacks an image that is required. */
    UNDELIVERABLE,
    /** It fails again until something is changed. */
    MISCONFIGURED,
    /** The application closed the client under the watcher. */
    CLIENT_CLOSED,
    /** Not known: worth a retry for a bounded time. */
    UNKNOWN
}
