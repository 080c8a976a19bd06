package io.changewatch.pipeline;

import java.io.Serializable;
import org.jspecify.annotations.Nullable;

/**
 * A reference to an accessor, such as {@code Order::userId}, that names a field for {@link Condition}.
 *
 * <p>Write it as a method reference: a lambda has no name to read. Thread-safe.
 *
 * @param <T> the document's type
 * @param <R> the property's type
 */
@FunctionalInterface
public interface PropertyReference<T, R extends @Nullable Object> extends Serializable {

    /** The value of the property; never called by this library, which reads the method's name only. */
    R of(T owner);
}
