package io.changewatch.testkit.model;

import io.changewatch.event.Namespace;
import java.util.List;
import java.util.Optional;
import org.bson.BsonDocument;
import org.bson.BsonString;

/**
 * What was done, as an entry of the oplog says it.
 *
 * @param operation the event's {@code operationType}, or {@code noop} for what no stream shows
 * @param fields the event's further fields: {@code documentKey}, {@code fullDocument}, {@code updateDescription}, {@code to}
 * @param before the document before, as a pre-image keeps it
 * @param after the document after, as a post-image keeps it
 * @param fragments in how many pieces the server must send it, because it is larger than 16 MB; 1 for all others, and
 *     {@link #UNSPLITTABLE} where one field alone is too large
 */
public record Change(
        String operation,
        Namespace namespace,
        BsonDocument fields,
        Optional<BsonDocument> before,
        Optional<BsonDocument> after,
        int fragments) {
    /** The server can neither send it whole nor split it. */
    public static final int UNSPLITTABLE = 0;

    private static final List<String> OF_A_DOCUMENT = List.of("insert", "update", "replace", "delete");

    /** A change without images. */
    public static Change of(String operation, Namespace namespace, BsonDocument fields) {
        return new Change(operation, namespace, fields, Optional.empty(), Optional.empty(), 1);
    }

    /** What the server writes every ten seconds when nobody else writes. */
    public static Change noop() {
        return of("noop", Namespace.of("local"), new BsonDocument());
    }

    /** The same as an event larger than 16 MB. */
    public Change inFragments(int number) {
        return new Change(operation, namespace, fields, before, after, number);
    }

    boolean isLarge() {
        return fragments != 1;
    }

    boolean isOfDocument() {
        return OF_A_DOCUMENT.contains(operation);
    }

    /** What names the document in a token. */
    String key() {
        return isOfDocument() ? fields.getDocument("documentKey").toJson() : "";
    }

    /** Whether a stream of {@code scope} shows it; empty for the cluster. */
    boolean isIn(Optional<Namespace> scope) {
        if (operation.equals("noop")) {
            return false;
        }
        return scope.isEmpty() || touches(scope.get());
    }

    private boolean touches(Namespace scope) {
        if (scope.collection().isEmpty()) {
            return namespace.database().equals(scope.database());
        }
        return namespace.equals(scope) || (operation.equals("rename") && target().equals(scope));
    }

    /** Whether it ends the streams of {@code scope} that show it. */
    boolean invalidates(Optional<Namespace> scope) {
        if (scope.isEmpty()) {
            return false;
        }
        return scope.get().collection().isPresent()
                ? operation.equals("drop") || operation.equals("rename")
                : operation.equals("dropDatabase");
    }

    private Namespace target() {
        BsonDocument to = fields.getDocument("to");
        return Namespace.of(to.getString("db").getValue(), to.getString("coll").getValue());
    }

    /** {@code {db, coll}} as events name a place. */
    public static BsonDocument place(Namespace namespace) {
        BsonDocument place = new BsonDocument("db", new BsonString(namespace.database()));
        namespace.collection().ifPresent(name -> place.append("coll", new BsonString(name)));
        return place;
    }
}
