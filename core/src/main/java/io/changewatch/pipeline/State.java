package io.changewatch.pipeline;

import java.util.Objects;
import java.util.Optional;
import org.bson.BsonValue;

/**
 * What is known of a document or a field on one side of a change: it is there, it is not, or nothing tells.
 *
 * <p>Immutable; thread-safe as far as the value is.
 *
 * @param <V> the kind of value
 */
public sealed interface State<V extends BsonValue> {

    /** Whether something tells the state. */
    default boolean isKnown() {
        return !(this instanceof Unknown);
    }

    /** The value; empty where there is none, and where that is not known: {@link #isKnown()} tells the two apart. */
    default Optional<V> value() {
        return Optional.empty();
    }

    /** It is there. */
    record Present<V extends BsonValue>(V present, Evidence evidence) implements State<V> {
        /** A value that {@code evidence} tells. */
        public Present {
            Objects.requireNonNull(present, "present");
            Objects.requireNonNull(evidence, "evidence");
        }

        @Override
        public Optional<V> value() {
            return Optional.of(present);
        }
    }

    /** There is no such document, or it has no such field. */
    record Missing<V extends BsonValue>(Evidence evidence) implements State<V> {
        /** An absence that {@code evidence} tells. */
        public Missing {
            Objects.requireNonNull(evidence, "evidence");
        }
    }

    /** Nothing tells. */
    record Unknown<V extends BsonValue>() implements State<V> {}
}
