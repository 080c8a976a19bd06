package io.changewatch.pipeline;

import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.bson.BsonArray;
import org.bson.BsonDocument;
import org.bson.BsonString;
import org.bson.BsonValue;
import org.jspecify.annotations.Nullable;

/**
 * An update that touched a path, a parent of it or a child.
 *
 * <p>The server describes an update by dotted paths: the names of {@code updatedFields}, the texts in
 * {@code removedFields}, the {@code field} of each of {@code truncatedArrays}. One regular expression decides for all
 * three, here as there: it accepts the path's parents (the text ends early), the path, and its children (the text goes
 * on), and skips array indexes that the path does not name, so that {@code items.sku} is touched by {@code items.3.sku}.
 * The names of {@code updatedFields} hold dots, which a path of {@code $match} cannot reach; hence {@code $expr}.
 */
record Changed(String regex, Pattern pattern) implements Node {

    private static final String DESCRIPTION = "updateDescription";

    static Changed of(String path) {
        String regex = regex(FieldPath.parts(path));
        return new Changed(regex, Pattern.compile(regex));
    }

    private static String regex(List<String> parts) {
        StringBuilder regex = new StringBuilder("^").append(quote(parts.get(0)));
        for (String part : parts.subList(1, parts.size())) {
            regex.append(isIndex(part) ? "" : "(?:\\.[0-9]+)*")
                    .append("(?:$|\\.")
                    .append(quote(part));
        }
        return regex.append("(?:$|\\.)").append(")".repeat(parts.size() - 1)).toString();
    }

    static boolean isIndex(String part) {
        return part.chars().allMatch(character -> character >= '0' && character <= '9');
    }

    private static String quote(String text) {
        return text.chars()
                .mapToObj(unit -> "\\^$.|?*+()[]{}".indexOf(unit) < 0 ? Character.toString(unit) : "\\" + (char) unit)
                .collect(Collectors.joining());
    }

    @Override
    public boolean matches(BsonValue root) {
        BsonDocument event = root.asDocument();
        return Updates.isUpdate(event)
                && (Updates.updatedFields(event).keySet().stream().anyMatch(this::touches)
                        || new PathWalk(List.of(DESCRIPTION, "removedFields"), true, this::touches).findsIn(event)
                        || new PathWalk(List.of(DESCRIPTION, "truncatedArrays", "field"), true, this::touches)
                                .findsIn(event));
    }

    private boolean touches(@Nullable BsonValue path) {
        return path instanceof BsonString string && touches(string.getValue());
    }

    private boolean touches(String path) {
        return pattern.matcher(path).find();
    }

    @Override
    public BsonDocument toBson() {
        BsonDocument text = new BsonDocument("$regex", new BsonString(regex));
        return Updates.onlyUpdates()
                .append(
                        "$or",
                        new BsonArray(List.of(
                                new BsonDocument(DESCRIPTION + ".removedFields", text),
                                new BsonDocument(DESCRIPTION + ".truncatedArrays.field", text),
                                new BsonDocument("$expr", someNameMatches()))));
    }

    private BsonDocument someNameMatches() {
        BsonDocument matches = BsonDocument.parse("{$regexMatch: {input: '$$this.k'}}");
        matches.getDocument("$regexMatch").append("regex", new BsonString(regex));
        BsonDocument map =
                BsonDocument.parse("{input: {$objectToArray: {$ifNull: ['$updateDescription.updatedFields', {}]}}}");
        return new BsonDocument("$anyElementTrue", new BsonDocument("$map", map.append("in", matches)));
    }

    @Override
    public Outcome outcome(String operation, String document) {
        return Updates.outcome(operation);
    }
}
