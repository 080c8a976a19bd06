package io.changewatch.internal.decode;

import org.jspecify.annotations.Nullable;

/**
 * Makes a value of the application from the BSON value where a walk stands, equal to what the driver's codec would make of it.
 *
 * <p>Stateless and thread-safe.
 */
@FunctionalInterface
interface ValueReader {

    /**
     * The value at {@code at}, which is not a BSON null.
     *
     * @throws StepAside if only the codec knows what to do with it
     * @throws MalformedBsonException if the bytes are not BSON
     */
    Object read(Elements at);

    /** The same, where a BSON null is a Java null. */
    default @Nullable Object readNullable(Elements at) {
        return at.isNull() ? null : read(at);
    }
}
