package io.changewatch.pipeline;

import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.bson.BsonArray;
import org.bson.BsonDocument;
import org.bson.BsonValue;
import org.jspecify.annotations.Nullable;

/**
 * The one value at a dotted path: through documents by name, into an array by index. A name goes into the documents of an array
 * and gathers what they have there in an array, as the server's expressions do.
 */
final class DocumentPath {

    private DocumentPath() {}

    static Optional<BsonValue> find(BsonValue root, List<String> parts) {
        return Optional.ofNullable(valueAt(root, parts));
    }

    private static @Nullable BsonValue valueAt(BsonValue root, List<String> parts) {
        if (parts.isEmpty()) {
            return root;
        }
        if (root instanceof BsonArray array) {
            return valueIn(array, parts);
        }
        BsonValue child = root instanceof BsonDocument document ? document.get(parts.get(0)) : null;
        return child == null ? null : valueAt(child, parts.subList(1, parts.size()));
    }

    private static @Nullable BsonValue valueIn(BsonArray array, List<String> parts) {
        if (Changed.isIndex(parts.get(0))) {
            return array.size() > index(parts.get(0))
                    ? valueAt(array.get(index(parts.get(0))), parts.subList(1, parts.size()))
                    : null;
        }
        return new BsonArray(array.stream()
                .map(element -> valueAt(element, parts))
                .filter(Objects::nonNull)
                .toList());
    }

    /** No array has an element at an index of ten digits. */
    private static int index(String part) {
        return part.length() > 9 ? Integer.MAX_VALUE : Integer.parseInt(part);
    }
}
