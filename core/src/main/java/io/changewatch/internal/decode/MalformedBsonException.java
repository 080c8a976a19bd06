package io.changewatch.internal.decode;

/** Bytes are not BSON. Does not leave this room: it becomes a {@link io.changewatch.DecodeException}. */
final class MalformedBsonException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String path;

    /** {@code path} is that of the document whose bytes are damaged; empty for the outermost. */
    MalformedBsonException(String path, String reason) {
        super(reason);
        this.path = path;
    }

    String path() {
        return path;
    }

    String reason() {
        return String.valueOf(getMessage());
    }
}
