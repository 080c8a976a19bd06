package io.changewatch.pipeline;

import java.util.List;
import java.util.stream.Stream;
import org.bson.BsonArray;
import org.bson.BsonDocument;
import org.bson.BsonValue;

/** A part of a condition: a test of a field, a question about an update, or parts joined by and, or, not. */
sealed interface Node permits FieldCondition, Changed, ChangedTo, Node.All, Node.Any, Node.Not {

    /** Whether an event (or an array's element) fulfils this part. */
    boolean matches(BsonValue root);

    /** This part for the server. */
    BsonDocument toBson();

    /**
     * What is known when only the operation is.
     *
     * @param operation the server's name of the operation
     * @param document the event's field whose reading is asked about, such as {@code fullDocument}
     */
    Outcome outcome(String operation, String document);

    /** Every part is fulfilled. */
    record All(List<Node> parts) implements Node {
        static All of(Node left, Node right) {
            return new All(Stream.of(left, right)
                    .flatMap(node -> node instanceof All all ? all.parts.stream() : Stream.of(node))
                    .toList());
        }

        @Override
        public boolean matches(BsonValue root) {
            return parts.stream().allMatch(part -> part.matches(root));
        }

        @Override
        public BsonDocument toBson() {
            return new BsonDocument("$and", bodies(parts));
        }

        @Override
        public Outcome outcome(String operation, String document) {
            return Outcome.all(outcomes(parts, operation, document));
        }
    }

    /** At least one part is fulfilled. */
    record Any(List<Node> parts) implements Node {
        static Any of(Node left, Node right) {
            return new Any(Stream.of(left, right)
                    .flatMap(node -> node instanceof Any any ? any.parts.stream() : Stream.of(node))
                    .toList());
        }

        @Override
        public boolean matches(BsonValue root) {
            return parts.stream().anyMatch(part -> part.matches(root));
        }

        @Override
        public BsonDocument toBson() {
            return new BsonDocument("$or", bodies(parts));
        }

        @Override
        public Outcome outcome(String operation, String document) {
            return Outcome.any(outcomes(parts, operation, document));
        }
    }

    /** The part is not fulfilled. */
    record Not(Node part) implements Node {
        static Node of(Node part) {
            return part instanceof Not not ? not.part : new Not(part);
        }

        @Override
        public boolean matches(BsonValue root) {
            return !part.matches(root);
        }

        @Override
        public BsonDocument toBson() {
            return part instanceof FieldCondition field
                    ? field.toNegatedBson()
                    : new BsonDocument("$nor", bodies(List.of(part)));
        }

        @Override
        public Outcome outcome(String operation, String document) {
            return part.outcome(operation, document).negated();
        }
    }

    private static BsonArray bodies(List<Node> parts) {
        return new BsonArray(parts.stream().map(Node::toBson).toList());
    }

    private static List<Outcome> outcomes(List<Node> parts, String operation, String document) {
        return parts.stream().map(part -> part.outcome(operation, document)).toList();
    }
}
