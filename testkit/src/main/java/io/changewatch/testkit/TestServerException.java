package io.changewatch.testkit;

import org.jspecify.annotations.Nullable;

/**
 * Says that a test server could not be found, started or reached, and what to do about it.
 *
 * <p>A missing server fails a test; it never skips one.
 *
 * <p>Thread-safe.
 */
public final class TestServerException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    TestServerException(String message) {
        this(message, null);
    }

    TestServerException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
