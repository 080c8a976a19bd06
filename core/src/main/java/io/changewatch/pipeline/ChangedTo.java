package io.changewatch.pipeline;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.bson.BsonArray;
import org.bson.BsonDocument;
import org.bson.BsonString;
import org.bson.BsonValue;
import org.jspecify.annotations.Nullable;

/**
 * An update that set a path, or a parent of it, to a value.
 *
 * <p>Setting {@code address.city} is described by that dotted name, setting {@code address} by this name and a document;
 * so each beginning of the path is looked up as a name, and the rest inside its value. The dots in the names need
 * {@code $getField} and so {@code $expr}; a path without a dot is also asked plainly, which the server can push down.
 */
record ChangedTo(List<String> parts, BsonValue value) implements Node {

    private static final String UPDATED_FIELDS = "updateDescription.updatedFields";

    static ChangedTo of(String path, BsonValue value) {
        return new ChangedTo(FieldPath.parts(path), value);
    }

    @Override
    public boolean matches(BsonValue root) {
        BsonDocument event = root.asDocument();
        return Updates.isUpdate(event)
                && IntStream.rangeClosed(1, parts.size()).anyMatch(named -> isSet(Updates.updatedFields(event), named));
    }

    private boolean isSet(BsonDocument updatedFields, int named) {
        BsonValue found = updatedFields.get(name(named));
        for (String part : parts.subList(named, parts.size())) {
            found = child(found, part);
        }
        return found != null && BsonOrder.compare(found, value) == 0;
    }

    private static @Nullable BsonValue child(@Nullable BsonValue parent, String name) {
        return parent instanceof BsonDocument document ? document.get(name) : null;
    }

    @Override
    public BsonDocument toBson() {
        BsonDocument body = Updates.onlyUpdates();
        if (parts.size() == 1) {
            body.append(UPDATED_FIELDS + '.' + name(1), new BsonDocument("$eq", value));
        }
        return body.append("$expr", new BsonDocument("$or", new BsonArray(alternatives())));
    }

    private List<BsonDocument> alternatives() {
        return IntStream.rangeClosed(1, parts.size()).mapToObj(this::isSet).toList();
    }

    private BsonDocument isSet(int named) {
        BsonValue parent = new BsonString('$' + UPDATED_FIELDS);
        BsonValue found = getField(parent, name(named));
        for (String part : parts.subList(named, parts.size())) {
            parent = found;
            found = getField(parent, part);
        }
        return operator("$and", isDocument(parent), operator("$eq", found, new BsonDocument("$literal", value)));
    }

    /** {@code $getField} of null is null, not missing. */
    private static BsonDocument isDocument(BsonValue expression) {
        return operator("$eq", new BsonDocument("$type", expression), new BsonString("object"));
    }

    private static BsonDocument getField(BsonValue parent, String name) {
        return new BsonDocument(
                "$getField",
                new BsonDocument("field", new BsonDocument("$literal", new BsonString(name))).append("input", parent));
    }

    private static BsonDocument operator(String name, BsonValue... operands) {
        return new BsonDocument(name, new BsonArray(Arrays.asList(operands)));
    }

    private String name(int length) {
        return String.join(".", parts.subList(0, length));
    }

    @Override
    public Outcome outcome(String operation, String document) {
        return Updates.outcome(operation);
    }
}
