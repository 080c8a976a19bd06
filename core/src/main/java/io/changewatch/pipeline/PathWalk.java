package io.changewatch.pipeline;

import java.util.List;
import java.util.function.Predicate;
import org.bson.BsonArray;
import org.bson.BsonDocument;
import org.bson.BsonValue;
import org.jspecify.annotations.Nullable;

/**
 * The values that the server finds at a dotted path, offered one by one until a test accepts one.
 *
 * <p>Through documents there is one value, or one "missing" ({@code null} here) where the path ends early. An array on
 * the way offers what the rest of the path finds in each of its documents, and, if the next part of the path is the index
 * of an element, what the rest after that finds in it; its scalars offer nothing, not even "missing". An array at the end
 * of the path offers each element and then itself, unless {@code entersLastArray} is off; but one that is reached by an
 * index only offers itself. The source is {@code BSONElementIterator} in the server; {@code ConditionServerIT} compares
 * the two.
 */
final class PathWalk {

    private final List<String> parts;
    private final boolean entersLastArray;
    private final Predicate<@Nullable BsonValue> test;

    PathWalk(List<String> parts, boolean entersLastArray, Predicate<@Nullable BsonValue> test) {
        this.parts = parts;
        this.entersLastArray = entersLastArray;
        this.test = test;
    }

    /** Whether the test accepts a value. An array as {@code root} counts as a document whose names are the indexes. */
    boolean findsIn(BsonValue root) {
        return findsFrom(root, 0);
    }

    private boolean findsFrom(BsonValue container, int part) {
        BsonValue value = child(container, parts.get(part));
        if (value instanceof BsonArray array) {
            return findsInArray(array, part + 1);
        }
        if (isLast(part)) {
            return test.test(value);
        }
        return value instanceof BsonDocument ? findsFrom(value, part + 1) : test.test(null);
    }

    private boolean findsInArray(BsonArray array, int part) {
        if (part == parts.size()) {
            return (entersLastArray && array.stream().anyMatch(test)) || test.test(array);
        }
        int index = 0;
        for (BsonValue element : array) {
            boolean found = element instanceof BsonDocument && findsFrom(element, part);
            if (found || (isIndex(parts.get(part), index) && findsInElement(element, part))) {
                return true;
            }
            index++;
        }
        return false;
    }

    private boolean findsInElement(BsonValue element, int part) {
        if (isLast(part)) {
            return test.test(element);
        }
        if (element instanceof BsonArray array) {
            return findsInArray(array, part + 1);
        }
        return element instanceof BsonDocument && findsFrom(element, part + 1);
    }

    private boolean isLast(int part) {
        return part == parts.size() - 1;
    }

    private static @Nullable BsonValue child(BsonValue container, String name) {
        if (container instanceof BsonDocument document) {
            return document.get(name);
        }
        BsonArray array = container.asArray();
        for (int index = 0; index < array.size(); index++) {
            if (isIndex(name, index)) {
                return array.get(index);
            }
        }
        return null;
    }

    private static boolean isIndex(String name, int index) {
        return Character.isDigit(name.charAt(0)) && name.equals(Integer.toString(index));
    }
}
