package io.changewatch.pipeline;

import static io.changewatch.event.OperationType.DELETE;
import static io.changewatch.event.OperationType.INSERT;
import static io.changewatch.event.OperationType.REPLACE;
import static io.changewatch.event.OperationType.UPDATE;
import static io.changewatch.pipeline.Condition.field;
import static io.changewatch.pipeline.Condition.not;
import static io.changewatch.pipeline.Condition.operation;

import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.bson.BsonDocument;

/**
 * The documents that fulfil a condition, and which change lets one of them in or out.
 *
 * {@snippet class="io.changewatch.examples.OpenOrders" region="watch"}
 *
 * <p>{@link Pipeline#transitionsOf} has the server send only what may be a transition; {@link #transition} says in process which
 * one it is. Both follow the server's rules, see {@link Condition}.
 *
 * <p>Immutable and thread-safe.
 */
public final class Membership {

    /** Beside the document, what a condition may ask: the same before and after. */
    static final List<String> STABLE_FIELDS = List.of("ns", "documentKey");

    private final Condition after;
    private final Condition before;
    private final List<Changed> fieldsRead;

    private Membership(Condition after, Condition before, List<Changed> fieldsRead) {
        this.after = after;
        this.before = before;
        this.fieldsRead = fieldsRead;
    }

    /**
     * The documents that fulfil the condition.
     *
     * @throws IllegalArgumentException if the condition is about anything but {@link Condition#document(String) document(..)},
     *     {@link Condition#documentKey(String) documentKey(..)} and {@link Condition#namespace(String...) namespace(..)}
     */
    public static Membership of(Condition condition) {
        Objects.requireNonNull(condition, "condition");
        condition.toBson(); // What has no meaning is refused here.
        Set<String> fields = new TreeSet<>();
        Node before = new BeforeSide(fields).of(condition.node());
        return new Membership(
                condition,
                Condition.of(before),
                fields.stream().map(Changed::of).toList());
    }

    /** What the change did to the document's membership. */
    public Transition transition(Change change) {
        Objects.requireNonNull(change, "change");
        Optional<Boolean> was = isMember(change, change.before());
        Optional<Boolean> is = isMember(change, change.after());
        if (was.isPresent() && is.isPresent()) {
            return transition(was.get(), is.get(), change.after() instanceof State.Missing);
        }
        return isUntouched(change)
                ? was.or(() -> is)
                        .map(member -> member ? Transition.UPDATE : Transition.NONE)
                        .orElse(Transition.UNKNOWN)
                : Transition.UNKNOWN;
    }

    private static Transition transition(boolean was, boolean is, boolean isDeleted) {
        if (was) {
            return is ? Transition.UPDATE : isDeleted ? Transition.DELETE : Transition.EXIT;
        }
        return is ? Transition.ENTER : Transition.NONE;
    }

    /** Empty if not known. */
    private Optional<Boolean> isMember(Change change, State<BsonDocument> document) {
        return document.isKnown()
                ? Optional.of(document.value()
                        .map(change::showing)
                        .filter(after::matches)
                        .isPresent())
                : Optional.empty();
    }

    /** Whether it is an update that leaves alone what the condition is about. */
    private boolean isUntouched(Change change) {
        return change.delta()
                .map(update -> fieldsRead.stream().noneMatch(update::touches))
                .orElse(false);
    }

    /** What the server has to send: transitions, what may be one as an image is missing, and what is no change of a document. */
    Condition mayHaveChanged() {
        Condition changed = operation(UPDATE, REPLACE)
                .and(after.or(before).or(isMissing(Readings.DOCUMENT)).or(isMissing(Readings.DOCUMENT_BEFORE)));
        return operation(INSERT)
                .and(after)
                .or(changed)
                .or(operation(DELETE).and(before.or(isMissing(Readings.DOCUMENT_BEFORE))))
                .or(not(operation(INSERT, UPDATE, REPLACE, DELETE)));
    }

    private static Condition isMissing(String image) {
        return field(image).eq(null);
    }

    @Override
    public String toString() {
        return after.toString();
    }
}
