package io.changewatch.deadletter;

import io.changewatch.resume.StoreException;
import org.jspecify.annotations.Nullable;

/**
 * A stored letter is damaged, or was not written by ChangeWatch. It is never taken for absent: somebody has to restore or drop it.
 *
 * <p>Thread-safe.
 */
public final class CorruptLetterException extends StoreException {
    private static final long serialVersionUID = 1L;

    private final String id;

    /** An exception about the letter {@code id}, with a message that names the store, the letter and the remedy. */
    public CorruptLetterException(String id, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.id = id;
    }

    /** Which letter; empty where a store does not know it. */
    public String id() {
        return id;
    }
}
