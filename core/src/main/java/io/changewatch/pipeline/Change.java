package io.changewatch.pipeline;

import com.mongodb.client.model.changestream.FullDocument;
import io.changewatch.event.DocumentEvent;
import io.changewatch.event.OperationType;
import java.util.Objects;
import java.util.Optional;
import org.bson.BsonDocument;
import org.bson.BsonValue;
import org.jspecify.annotations.Nullable;

/**
 * A change of one document as two states of it, before and after, as far as the event tells them.
 *
 * {@snippet class="io.changewatch.examples.OpenOrders" region="status"}
 *
 * <p>What is known:
 *
 * <ul>
 *   <li>The document <b>after</b>: of an insert or replace; of an update only with {@code fullDocument(WHEN_AVAILABLE)} or
 *       {@code REQUIRED}. What {@code UPDATE_LOOKUP} brings was looked up later and may hold later changes, so it is not
 *       used; {@link io.changewatch.event.Update#document()} has it.
 *   <li>The document <b>before</b>: the pre-image, asked for with {@code fullDocumentBeforeChange}, or what {@link #withBefore}
 *       is given. An update description has no old values, so nothing can be computed back from it.
 *   <li>A <b>field</b> that the description does not touch is the same before and after: one side tells the other. Of
 *       one that it touches, it tells the value after, if it names the field or a document that it is in. A dotted name may
 *       be the name of one field; so it counts only where {@code disambiguatedPaths} came with the event, which servers from 6.1
 *       send with {@code showExpandedEvents()}.
 * </ul>
 *
 * <p>All this is about the event as it came through the pipeline: a field that it drops from a document is missing there, and
 * one that it drops from the description seems untouched.
 *
 * <p>Immutable and thread-safe. It shares the bytes of its event.
 */
public final class Change {

    private static final State<BsonDocument> NOT_THERE = new State.Missing<>(Evidence.OPERATION);
    private static final State<BsonDocument> UNKNOWN = new State.Unknown<>();

    private final BsonDocument event;
    private final State<BsonDocument> before;
    private final State<BsonDocument> after;

    private Change(BsonDocument event, State<BsonDocument> before, State<BsonDocument> after) {
        this.event = event;
        this.before = before;
        this.after = after;
    }

    /**
     * The change that an event tells of.
     *
     * @param asked what the watcher was given as {@code fullDocument(..)}, which the event itself does not say
     */
    public static Change of(DocumentEvent<?> event, FullDocument asked) {
        return of(event.raw(), asked);
    }

    /**
     * {@link #of(DocumentEvent, FullDocument)} of an event as the server sent it.
     *
     * @throws IllegalArgumentException if it is no insert, update, replace or delete
     */
    public static Change of(BsonDocument rawEvent, FullDocument asked) {
        Objects.requireNonNull(rawEvent, "rawEvent");
        Objects.requireNonNull(asked, "asked");
        boolean showsUpdates = asked == FullDocument.WHEN_AVAILABLE || asked == FullDocument.REQUIRED;
        State<BsonDocument> before = image(rawEvent, Readings.DOCUMENT_BEFORE);
        State<BsonDocument> after = image(rawEvent, Readings.DOCUMENT);
        return switch (operation(rawEvent)) {
            case INSERT -> new Change(rawEvent, NOT_THERE, after);
            case REPLACE -> new Change(rawEvent, before, after);
            case UPDATE -> new Change(rawEvent, before, showsUpdates ? after : UNKNOWN);
            case DELETE -> new Change(rawEvent, before, NOT_THERE);
            default ->
                throw new IllegalArgumentException("An event of the type " + rawEvent.get("operationType")
                        + " changes no document. Ask for the change of a DocumentEvent only.");
        };
    }

    private static OperationType operation(BsonDocument event) {
        return event.isString("operationType")
                ? OperationType.of(event.getString("operationType").getValue()).orElse(OperationType.OTHER)
                : OperationType.OTHER;
    }

    private static State<BsonDocument> image(BsonDocument event, String field) {
        return event.get(field) instanceof BsonDocument document
                ? new State.Present<>(document, Evidence.IMAGE)
                : UNKNOWN;
    }

    /**
     * The same with a state of the document that the application kept, if {@link #before()} is not known otherwise. It must
     * be the state that the event before this one of the same document led to.
     */
    public Change withBefore(BsonDocument document) {
        Objects.requireNonNull(document, "document");
        return before.isKnown() ? this : new Change(event, new State.Present<>(document, Evidence.APPLICATION), after);
    }

    /** The document right before the change; missing before an insert. */
    public State<BsonDocument> before() {
        return before;
    }

    /** The document right after the change; missing after a delete. */
    public State<BsonDocument> after() {
        return after;
    }

    /**
     * What the change did to a field of the document. The path goes into an array by an index; a name in its place gathers the
     * values in all elements into an array.
     *
     * @throws IllegalArgumentException if the path has an empty part
     */
    public FieldChange field(String path) {
        FieldPath.checked(path);
        Optional<UpdateDelta> delta = delta();
        boolean isTouched =
                delta.map(update -> update.touches(Changed.of(path))).orElse(true);
        State<BsonValue> inBefore = within(before, path);
        State<BsonValue> inAfter = within(after, path);
        if (isTouched) {
            State<BsonValue> told =
                    delta.<State<BsonValue>>map(update -> update.after(path)).orElse(inAfter);
            return new FieldChange(path, true, inBefore, firstKnown(inAfter, told));
        }
        return new FieldChange(
                path,
                false,
                firstKnown(inBefore, withEvidence(inAfter, Evidence.UNTOUCHED)),
                firstKnown(inAfter, withEvidence(inBefore, Evidence.UNTOUCHED)));
    }

    /**
     * {@link #field(String)} by an accessor, such as {@code Order::status}.
     *
     * @throws IllegalArgumentException if the reference is not a reference to an accessor of a stored property
     */
    public <T> FieldChange field(PropertyReference<T, ?> property) {
        return field(FieldPath.of(property).path());
    }

    /** What an update did; empty for other operations. */
    Optional<UpdateDelta> delta() {
        return Updates.isUpdate(event) ? Optional.of(new UpdateDelta(event)) : Optional.empty();
    }

    /** The event, with {@code document} as its only image, as if that were the document after. */
    BsonDocument showing(BsonDocument document) {
        BsonDocument shown = new BsonDocument(Readings.DOCUMENT, document);
        for (String field : Membership.STABLE_FIELDS) {
            BsonValue value = event.get(field);
            if (value != null) {
                shown.append(field, value);
            }
        }
        return shown;
    }

    private static State<BsonValue> within(State<BsonDocument> document, String path) {
        if (document instanceof State.Present<BsonDocument> image) {
            return found(
                    DocumentPath.find(image.present(), FieldPath.parts(path)).orElse(null), image.evidence());
        }
        return document instanceof State.Missing<BsonDocument> missing
                ? new State.Missing<>(missing.evidence())
                : new State.Unknown<>();
    }

    static State<BsonValue> found(@Nullable BsonValue value, Evidence evidence) {
        return value == null ? new State.Missing<>(evidence) : new State.Present<>(value, evidence);
    }

    private static State<BsonValue> firstKnown(State<BsonValue> first, State<BsonValue> second) {
        return first.isKnown() ? first : second;
    }

    private static State<BsonValue> withEvidence(State<BsonValue> state, Evidence evidence) {
        return state.isKnown() ? found(state.value().orElse(null), evidence) : state;
    }
}
