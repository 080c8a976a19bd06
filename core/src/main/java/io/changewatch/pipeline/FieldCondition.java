package io.changewatch.pipeline;

import java.util.List;
import java.util.Set;
import org.bson.BsonDocument;
import org.bson.BsonString;
import org.bson.BsonValue;

/**
 * A test of the values at a path.
 *
 * @param parts the path, split at its dots; empty for an array's element itself
 */
record FieldCondition(String path, List<String> parts, FieldTest test) implements Node {

    static FieldCondition of(String path, FieldTest test) {
        return new FieldCondition(path, path.isEmpty() ? List.of() : FieldPath.parts(path), test);
    }

    boolean asksTheElementItself() {
        return parts.isEmpty();
    }

    @Override
    public boolean matches(BsonValue root) {
        requirePath();
        return new PathWalk(parts, test.entersLastArray(), test::accepts).findsIn(root);
    }

    @Override
    public BsonDocument toBson() {
        requirePath();
        return new BsonDocument(path, test.operator());
    }

    BsonDocument toNegatedBson() {
        requirePath();
        return new BsonDocument(path, test.negatedOperator());
    }

    @Override
    public Outcome outcome(String operation, String document) {
        if (path.equals("operationType")) {
            return Outcome.of(test.accepts(new BsonString(operation)));
        }
        boolean reads = path.equals(document) || path.startsWith(document + '.');
        return Outcome.unknown(reads ? Set.of(path) : Set.of());
    }

    private void requirePath() {
        if (asksTheElementItself()) {
            throw new IllegalArgumentException("element() is the element of an array and has a meaning inside"
                    + " elemMatch(..) only, there alone or joined by and. Use document(..) or field(..) here.");
        }
    }
}
