package io.changewatch.internal.decode;

import org.jspecify.annotations.Nullable;

/**
 * Makes a value of the application from the BSON value where a walk stands, equal to what the driver's codec would make of it.
 * The walk then stands behind the value; which field it was, it no longer knows.
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
    Object read(Walk at);

    /** The same, where a BSON null is a Java null. */
    default @Nullable Object readNullable(Walk at) {
        return at.isNull() ? null : read(at);
    }
}
