package io.changewatch.pipeline;

import io.changewatch.event.Namespace;
import io.changewatch.event.OperationType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import org.bson.BsonDocument;
import org.jspecify.annotations.Nullable;

/**
 * What an event must be like: for the server as a {@code $match}, and in process by {@link #matches}.
 *
 * {@snippet class="io.changewatch.examples.Conditions" region="conditions"}
 *
 * <p>Both evaluations follow the rules of the server: numbers compare across their types, ranges compare within one type,
 * an array is looked into, null is equal to missing. Three things stay the server's: a collation
 * ({@code builder.collation(..)}) does not apply in process, regular expressions are PCRE there and {@code Pattern} here,
 * and the deprecated type undefined is told apart from null.
 *
 * <p>Immutable and thread-safe.
 */
public final class Condition {

    private static final String OPERATION_TYPE = "operationType";
    private static final String DATABASE = "ns.db";
    private static final String COLLECTION = "ns.coll";

    private final Node node;

    private Condition(Node node) {
        this.node = node;
    }

    static Condition of(Node node) {
        return new Condition(node);
    }

    /**
     * One of these operations.
     *
     * @throws IllegalArgumentException if there is none, or {@code GAP} or {@code OTHER}, which no server sends
     */
    public static Condition operation(OperationType... types) {
        requireSome(types.length, "operation", "OperationType.INSERT");
        return field(OPERATION_TYPE)
                .in(Arrays.stream(types).map(Condition::sent).toList());
    }

    private static String sent(OperationType type) {
        if (type == OperationType.GAP || type == OperationType.OTHER) {
            throw new IllegalArgumentException(type + " is not an operation of the server. Leave it out; for operations"
                    + " that this version does not know, use field(\"operationType\").eq(..) with the server's name.");
        }
        return type.value();
    }

    /**
     * A change of one of these collections, whichever database they are in.
     *
     * @throws IllegalArgumentException if there is none
     */
    public static Condition namespace(String... collections) {
        requireSome(collections.length, "namespace", "\"orders\"");
        return field(COLLECTION).in(List.of(collections));
    }

    /**
     * A change of one of these collections or databases.
     *
     * @throws IllegalArgumentException if there is none
     */
    public static Condition namespace(Namespace... namespaces) {
        requireSome(namespaces.length, "namespace", "Namespace.of(\"shop\", \"orders\")");
        Map<String, List<Namespace>> byDatabase = new LinkedHashMap<>();
        for (Namespace namespace : namespaces) {
            byDatabase
                    .computeIfAbsent(namespace.database(), name -> new ArrayList<>())
                    .add(namespace);
        }
        return byDatabase.entrySet().stream()
                .map(entry -> inDatabase(entry.getKey(), entry.getValue()))
                .reduce(Condition::or)
                .orElseThrow();
    }

    private static Condition inDatabase(String database, List<Namespace> namespaces) {
        Condition anywhere = field(DATABASE).in(database);
        List<String> collections =
                namespaces.stream().flatMap(name -> name.collection().stream()).toList();
        return collections.size() < namespaces.size()
                ? anywhere
                : anywhere.and(field(COLLECTION).in(collections));
    }

    private static void requireSome(int given, String name, String example) {
        if (given == 0) {
            throw new IllegalArgumentException(
                    name + "() accepts nothing. Name at least one, such as " + name + "(" + example + ").");
        }
    }

    /**
     * A field of the document, {@code fullDocument}. Inserts and replaces carry it; updates only with
     * {@code fullDocument(FullDocument.UPDATE_LOOKUP)} or the like; deletes never, so no value is equal to theirs.
     */
    public static FieldPath document(String path) {
        return FieldPath.of("fullDocument").field(path);
    }

    /**
     * {@link #document(String)} by an accessor, such as {@code Order::userId}: the field in which the driver's record codec
     * or POJO codec, with its default conventions, stores the property.
     *
     * @throws IllegalArgumentException if the reference is not a reference to an accessor of a stored property
     */
    public static <T> FieldPath document(PropertyReference<T, ?> property) {
        return FieldPath.of("fullDocument").field(property);
    }

    /**
     * A field of the document before the change, {@code fullDocumentBeforeChange}. Updates, replaces and deletes carry it
     * with {@code fullDocumentBeforeChange(..)} where the collection keeps pre-images.
     */
    public static FieldPath documentBefore(String path) {
        return FieldPath.of("fullDocumentBeforeChange").field(path);
    }

    /**
     * {@link #documentBefore(String)} by an accessor.
     *
     * @throws IllegalArgumentException if the reference is not a reference to an accessor of a stored property
     */
    public static <T> FieldPath documentBefore(PropertyReference<T, ?> property) {
        return FieldPath.of("fullDocumentBeforeChange").field(property);
    }

    /** A field of the document's key: {@code _id}, and the shard key in a sharded collection. */
    public static FieldPath documentKey(String path) {
        return FieldPath.of("documentKey").field(path);
    }

    /**
     * {@link #documentKey(String)} by an accessor.
     *
     * @throws IllegalArgumentException if the reference is not a reference to an accessor of a stored property
     */
    public static <T> FieldPath documentKey(PropertyReference<T, ?> property) {
        return FieldPath.of("documentKey").field(property);
    }

    /** A field of the event itself, such as {@code wallTime}; inside {@link FieldPath#elemMatch}, of the element. */
    public static FieldPath field(String path) {
        return FieldPath.of(path);
    }

    /**
     * A field of an array's element by an accessor, inside {@link FieldPath#elemMatch}.
     *
     * @throws IllegalArgumentException if the reference is not a reference to an accessor of a stored property
     */
    public static <T> FieldPath field(PropertyReference<T, ?> property) {
        return FieldPath.of(property);
    }

    /** The element of an array itself, inside {@link FieldPath#elemMatch}. */
    public static FieldPath element() {
        return FieldPath.element();
    }

    /**
     * An update that touched the field, a part of it, or a document or array it is in. Array indexes may be left out:
     * {@code items.sku} is touched by an update of {@code items.3.sku}. Of a replace the server does not say what changed.
     */
    public static Condition changed(String path) {
        return of(Changed.of(FieldPath.checked(path)));
    }

    /**
     * {@link #changed(String)} by an accessor.
     *
     * @throws IllegalArgumentException if the reference is not a reference to an accessor of a stored property
     */
    public static <T> Condition changed(PropertyReference<T, ?> property) {
        return changed(FieldPath.of(property).path());
    }

    /**
     * An update that set the field, or a document it is in, so that it now has exactly this value; arrays are not looked
     * into. It may have had the value before.
     */
    public static Condition changedTo(String path, @Nullable Object value) {
        return of(ChangedTo.of(FieldPath.checked(path), BsonValues.of(value)));
    }

    /**
     * {@link #changedTo(String, Object)} by an accessor.
     *
     * @throws IllegalArgumentException if the reference is not a reference to an accessor of a stored property
     */
    public static <T> Condition changedTo(PropertyReference<T, ?> property, @Nullable Object value) {
        return changedTo(FieldPath.of(property).path(), value);
    }

    /** An update that removed the field or a document it was in. A parent that was set anew without it is not seen. */
    public static Condition removed(String path) {
        List<String> parts = FieldPath.parts(FieldPath.checked(path));
        List<String> removals = IntStream.rangeClosed(1, parts.size())
                .mapToObj(length -> String.join(".", parts.subList(0, length)))
                .toList();
        return operation(OperationType.UPDATE)
                .and(field("updateDescription.removedFields").in(removals));
    }

    /**
     * {@link #removed(String)} by an accessor.
     *
     * @throws IllegalArgumentException if the reference is not a reference to an accessor of a stored property
     */
    public static <T> Condition removed(PropertyReference<T, ?> property) {
        return removed(FieldPath.of(property).path());
    }

    /** Whatever does not fulfil the condition. Events without the field in question, a drop for instance, are among them. */
    public static Condition not(Condition condition) {
        return of(Node.Not.of(condition.node));
    }

    /** Both. */
    public Condition and(Condition other) {
        return of(Node.All.of(node, other.node));
    }

    /** At least one of the two. */
    public Condition or(Condition other) {
        return of(Node.Any.of(node, other.node));
    }

    /** Whether an event, as the server sent it, fulfils the condition. */
    public boolean matches(BsonDocument rawEvent) {
        Objects.requireNonNull(rawEvent, "rawEvent");
        return node.matches(rawEvent);
    }

    /** The body of the {@code $match}. */
    public BsonDocument toBson() {
        return node.toBson().clone();
    }

    Node node() {
        return node;
    }

    @Override
    public String toString() {
        return toBson().toJson();
    }
}
