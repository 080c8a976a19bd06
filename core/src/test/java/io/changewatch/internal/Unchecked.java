package io.changewatch.internal;

/** Throws what a test has prepared. */
public final class Unchecked {
    private Unchecked() {}

    /** Returns {@code failure} to be thrown, or throws it if it is an error. */
    public static RuntimeException unchecked(Throwable failure) {
        if (failure instanceof RuntimeException exception) {
            return exception;
        }
        if (failure instanceof Error error) {
            throw error;
        }
        return new IllegalStateException("A script may throw exceptions and errors that need no declaration.", failure);
    }
}
