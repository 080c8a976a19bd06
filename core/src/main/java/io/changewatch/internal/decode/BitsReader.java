package io.changewatch.internal.decode;

/**
 * As {@link ValueReader}, for a component of a primitive type: without an object for each value.
 *
 * <p>Stateless and thread-safe.
 */
@FunctionalInterface
interface BitsReader {

    /**
     * The value in the low bits; a floating-point number by its bits.
     *
     * @throws StepAside if only the codec knows what to do with it
     */
    long read(Elements at);
}
