package io.changewatch.pipeline;

import com.mongodb.client.model.changestream.FullDocument;
import com.mongodb.client.model.changestream.FullDocumentBeforeChange;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.bson.BsonArray;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.bson.BsonString;
import org.bson.BsonValue;
import org.bson.conversions.Bson;
import org.jspecify.annotations.Nullable;

/**
 * Which events the server sends, and with which fields.
 *
 * {@snippet class="io.changewatch.examples.OneUsersUpdates" region="pipeline"}
 *
 * <p>Each method returns a pipeline with one stage more; the stages run in the order of the calls. Only what a change
 * stream accepts can be written. The fields that place, name and resume an event are protected: {@code _id} (the resume
 * token), {@code operationType}, {@code clusterTime}, {@code wallTime}, {@code ns}, {@code nsType}, {@code to},
 * {@code documentKey}, {@code updateDescription}, {@code lsid}, {@code txnNumber}, {@code collectionUUID},
 * {@code operationDescription}, {@code stateBeforeChange} and {@code splitEvent}.
 *
 * <p>Immutable and thread-safe.
 */
public final class Pipeline {

    private final List<BsonDocument> stages;
    private final Readings readings;

    private Pipeline(List<BsonDocument> stages, Readings readings) {
        this.stages = List.copyOf(stages);
        this.readings = readings;
    }

    /** No stage: every event as it is. */
    public static Pipeline empty() {
        return new Pipeline(List.of(), Readings.none());
    }

    /**
     * The events that fulfil the condition. To add a condition to a pipeline, use {@link #andMatching}.
     *
     * @throws IllegalArgumentException if the condition is about an {@link Condition#element() element} of no array
     */
    public static Pipeline matching(Condition condition) {
        return empty().andMatching(condition);
    }

    /**
     * Of the events so far, those that fulfil the condition.
     *
     * @throws IllegalArgumentException if the condition is about an {@link Condition#element() element} of no array
     */
    public Pipeline andMatching(Condition condition) {
        Objects.requireNonNull(condition, "condition");
        return with("$match", condition.toBson(), readings.and(condition.node()));
    }

    /**
     * Of inserts, updates, replaces and deletes those whose document fulfils the condition before or after, or may do so as an
     * image is missing; and all other events, such as a drop. {@link Membership#transition} says of each which it is.
     * Needs {@code fullDocument} and {@code fullDocumentBeforeChange}, both {@code WHEN_AVAILABLE} or {@code REQUIRED}. Stages behind
     * it must keep what the condition reads.
     */
    public static Pipeline transitionsOf(Membership membership) {
        Objects.requireNonNull(membership, "membership");
        Condition condition = membership.mayHaveChanged();
        return new Pipeline(
                List.of(new BsonDocument("$match", condition.toBson())),
                Readings.none().and(condition.node()).withImagesCompared());
    }

    /**
     * Leaves out of each event what is not named here; the protected fields stay. An insert or replace needs some of its
     * {@code fullDocument}, so name what you need of it, or leave these operations out with a condition.
     *
     * @param paths paths in the event, such as {@code fullDocument.total}
     * @throws IllegalArgumentException if there is none
     */
    public Pipeline keepFields(String... paths) {
        requireSome(paths.length, "keepFields");
        List<String> kept = Stream.concat(
                        Envelope.FIELDS.stream(), Arrays.stream(paths).map(FieldPath::checked))
                .toList();
        BsonDocument projection = new BsonDocument();
        withoutNested(kept).forEach(path -> projection.append(path, new BsonInt32(1)));
        boolean keepsDocument = kept.stream().anyMatch(path -> Envelope.isAtOrBelow(path, Readings.DOCUMENT));
        return with("$project", projection, keepsDocument ? readings : readings.withoutDocument());
    }

    /** {@link #keepFields(String...)} with paths such as {@code document("total")}. */
    public Pipeline keepFields(FieldPath... paths) {
        return keepFields(strings(paths));
    }

    /**
     * Leaves the fields out of each event. What is dropped of the document is still in {@code updateDescription} when an
     * update sets it: drop {@code "updateDescription.updatedFields.secret"} too, if nobody may see it.
     *
     * @param paths paths in the event, such as {@code fullDocument.secret}
     * @throws IllegalArgumentException if there is none, or one of them is protected
     */
    public Pipeline dropFields(String... paths) {
        requireSome(paths.length, "dropFields");
        for (String path : paths) {
            requireDroppable(FieldPath.checked(path));
        }
        List<BsonString> dropped = withoutNested(Arrays.asList(paths)).stream()
                .map(BsonString::new)
                .toList();
        boolean dropsDocument = Arrays.asList(paths).contains(Readings.DOCUMENT);
        return with("$unset", new BsonArray(dropped), dropsDocument ? readings.withoutDocument() : readings);
    }

    /** {@link #dropFields(String...)} with paths such as {@code document("secret")}. */
    public Pipeline dropFields(FieldPath... paths) {
        return dropFields(strings(paths));
    }

    private static void requireDroppable(String path) {
        if (Envelope.holds(path) && !Envelope.isNewValue(path)) {
            throw new IllegalArgumentException("Cannot drop '" + path + "': an event cannot be placed, named or resumed"
                    + " without it. Drop fields of the document instead, such as document(\"secret\").");
        }
    }

    /**
     * Adds a field to each event, or, below {@code fullDocument}, to each event's document where there is one.
     *
     * @param path the field's path in the event, such as {@code source} or {@code fullDocument.source}
     * @param expressionOrValue an aggregation expression, or a plain value; a string with a leading {@code $} is an
     *     expression, {@code new Document("$literal", ..)} makes it a value
     * @throws IllegalArgumentException if the field is protected, or lies deeper in the document than at its top
     */
    public Pipeline addField(String path, @Nullable Object expressionOrValue) {
        requireAddable(FieldPath.checked(path));
        BsonValue value =
                expressionOrValue instanceof Bson bson ? BsonValues.of(bson) : BsonValues.of(expressionOrValue);
        List<String> parts = FieldPath.parts(path);
        BsonDocument added =
                isInDocument(path) ? mergedInto(parts.get(0), parts.get(1), value) : new BsonDocument(path, value);
        return with("$addFields", added, readings);
    }

    /** {@link #addField(String, Object)} with a path such as {@code document("source")}. */
    public Pipeline addField(FieldPath path, @Nullable Object expressionOrValue) {
        return addField(path.path(), expressionOrValue);
    }

    private static void requireAddable(String path) {
        if (Envelope.holds(path)) {
            throw new IllegalArgumentException("Cannot set '" + path + "': an event cannot be placed, named or resumed"
                    + " without the server's value. Choose another name.");
        }
        boolean isDocument = path.equals(Readings.DOCUMENT) || path.equals(Readings.DOCUMENT_BEFORE);
        if (isDocument || (isInDocument(path) && FieldPath.parts(path).size() > 2)) {
            throw new IllegalArgumentException(
                    "Cannot set '" + path + "': a field can be added at the top of a document"
                            + " only, such as document(\"source\"). Use stage(..) with a $set for anything else.");
        }
    }

    private static boolean isInDocument(String path) {
        return path.startsWith(Readings.DOCUMENT + '.') || path.startsWith(Readings.DOCUMENT_BEFORE + '.');
    }

    /** A plain {@code $addFields} would make up a document for the events that have none, deletes for instance. */
    private static BsonDocument mergedInto(String document, String name, BsonValue value) {
        BsonString current = new BsonString('$' + document);
        BsonDocument merged = operator("$mergeObjects", current, new BsonDocument(name, value));
        BsonDocument isDocument = operator("$eq", new BsonDocument("$type", current), new BsonString("object"));
        return new BsonDocument(document, operator("$cond", isDocument, merged, current));
    }

    private static BsonDocument operator(String name, BsonValue... operands) {
        return new BsonDocument(name, new BsonArray(Arrays.asList(operands)));
    }

    /**
     * Adds a stage as it is: {@code $match}, {@code $project}, {@code $addFields}, {@code $set}, {@code $unset},
     * {@code $replaceRoot}, {@code $replaceWith} or {@code $redact}. It must keep the protected fields; this method sees
     * that {@code _id} is not dropped, set or replaced, but not what an expression computes.
     *
     * @throws IllegalArgumentException if a change stream does not accept the stage, or it drops or changes {@code _id}
     */
    public Pipeline stage(Bson stage) {
        BsonDocument checked = RawStage.checked(BsonValues.of(Objects.requireNonNull(stage, "stage")));
        List<BsonDocument> more = new ArrayList<>(stages);
        more.add(checked);
        return new Pipeline(more, readings.and(RawStage.pathsRead(checked)));
    }

    /** The stages as the server receives them. */
    public List<BsonDocument> stages() {
        return stages.stream().map(BsonDocument::clone).toList();
    }

    /** What is wrong with this pipeline for a stream that is asked for these images, each with its remedy; empty if nothing is. */
    public List<String> problems(FullDocument after, FullDocumentBeforeChange before) {
        Objects.requireNonNull(after, "after");
        Objects.requireNonNull(before, "before");
        return readings.problems(after, before);
    }

    /** {@link #problems(FullDocument, FullDocumentBeforeChange)} by whether these images are asked for. */
    List<String> problems(boolean updatesCarryDocument, boolean eventsCarryDocumentBefore) {
        return readings.problems(updatesCarryDocument, eventsCarryDocumentBefore);
    }

    @Override
    public String toString() {
        return stages.stream().map(BsonDocument::toJson).toList().toString();
    }

    private Pipeline with(String operator, BsonValue body, Readings more) {
        List<BsonDocument> extended = new ArrayList<>(stages);
        extended.add(new BsonDocument(operator, body));
        return new Pipeline(extended, more);
    }

    private static void requireSome(int given, String name) {
        if (given == 0) {
            throw new IllegalArgumentException(
                    name + "() names no field. Name at least one, such as " + name + "(document(\"total\")).");
        }
    }

    private static String[] strings(FieldPath... paths) {
        return Arrays.stream(paths).map(FieldPath::path).toArray(String[]::new);
    }

    /** The server refuses a path beside one of its parents. */
    private static List<String> withoutNested(List<String> paths) {
        return paths.stream()
                .distinct()
                .filter(path ->
                        paths.stream().noneMatch(other -> !path.equals(other) && Envelope.isAtOrBelow(path, other)))
                .toList();
    }
}
