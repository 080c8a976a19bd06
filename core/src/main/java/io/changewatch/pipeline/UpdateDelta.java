package io.changewatch.pipeline;

import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.bson.BsonArray;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.bson.BsonString;
import org.bson.BsonValue;

/**
 * What the description of an update says of a field.
 *
 * <p>It joins names by dots, so a name with a dot in it looks like a path. For "is it touched" that only errs on the safe side: what changes
 * at a path is always described by a text that the path's own text begins with, or the other way round. For "what is
 * its value" a dotted name is believed only where {@code disambiguatedPaths} tells its parts.
 */
final class UpdateDelta {

    private static final String DESCRIPTION = "updateDescription";

    private final BsonDocument event;
    private final BsonDocument description;

    UpdateDelta(BsonDocument update) {
        this.event = update;
        this.description = update.getDocument(DESCRIPTION, new BsonDocument());
    }

    boolean touches(Changed field) {
        return field.matches(event);
    }

    /** The state after, if the description names the field or a document that it is in. */
    State<BsonValue> after(String path) {
        List<String> parts = FieldPath.parts(path);
        return IntStream.rangeClosed(1, parts.size())
                .mapToObj(length -> named(parts, length))
                .flatMap(Optional::stream)
                .findFirst()
                .orElseGet(State.Unknown::new);
    }

    private Optional<State<BsonValue>> named(List<String> parts, int length) {
        String name = String.join(".", parts.subList(0, length));
        if (length > 1 && !means(name, parts.subList(0, length))) {
            return Optional.empty();
        }
        BsonValue set = Updates.updatedFields(event).get(name);
        if (set != null) {
            List<String> rest = parts.subList(length, parts.size());
            return Optional.of(Change.found(DocumentPath.find(set, rest).orElse(null), Evidence.DESCRIPTION));
        }
        return isRemoved(name) ? Optional.of(new State.Missing<>(Evidence.DESCRIPTION)) : Optional.empty();
    }

    private boolean isRemoved(String name) {
        return description.getArray("removedFields", new BsonArray()).contains(new BsonString(name));
    }

    /** Only ambiguous names are listed, with their parts: names as texts, indexes of arrays as numbers. */
    private boolean means(String name, List<String> parts) {
        if (!(description.get("disambiguatedPaths") instanceof BsonDocument ambiguous)) {
            return false;
        }
        BsonArray listed = ambiguous.getArray(name, null);
        return listed == null || listed.stream().map(UpdateDelta::text).toList().equals(parts);
    }

    private static String text(BsonValue part) {
        return part instanceof BsonInt32 index
                ? Integer.toString(index.getValue())
                : part.asString().getValue();
    }
}
