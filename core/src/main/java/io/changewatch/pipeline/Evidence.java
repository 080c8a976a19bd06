package io.changewatch.pipeline;

/**
 * What tells a {@link State}.
 *
 * <p>Thread-safe.
 */
public enum Evidence {
    /** The image that the server sent with the event: the pre-image, the post-image, or the document of an insert or replace. */
    IMAGE,
    /** The update description, which names the field's new value or its removal. */
    DESCRIPTION,
    /** The update description, which does not name the field: so it is on this side as it is on the other. */
    UNTOUCHED,
    /** The operation: before an insert and after a delete there is no document. */
    OPERATION,
    /** The application, by {@link Change#withBefore}. */
    APPLICATION
}
