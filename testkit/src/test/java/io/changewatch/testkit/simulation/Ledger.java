package io.changewatch.testkit.simulation;

import com.mongodb.MongoException;
import io.changewatch.HandlerFailedException;
import io.changewatch.HistoryLostException;
import io.changewatch.HistoryLostPolicy;
import io.changewatch.InvalidatedPolicy;
import io.changewatch.StartPosition;
import io.changewatch.event.ChangeEvent;
import io.changewatch.event.Gap;
import io.changewatch.testkit.model.Reply;
import io.changewatch.testkit.model.StreamPlace;
import io.changewatch.testkit.model.TokenText;
import io.changewatch.testkit.simulation.Plan.Fault;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.bson.BsonDocument;
import org.bson.BsonTimestamp;

/**
 * Holds what is seen of a watcher from outside against what the replica set has: what its handler got, what its store was given,
 * what the server was asked.
 *
 * <p>In one life the handler gets exactly what is shown after the position that was loaded, one after the other; a checkpoint
 * never covers what is not handled. So nothing is lost, in order, without a duplicate but the replay after a crash.
 */
final class Ledger {
    /** The back-off is to keep it far below. */
    private static final int MOST_OPENS_IN_A_SECOND = 25;

    /** How the life before ended. */
    enum Ending {
        NONE,
        CLEAN,
        UNCLEAN,
        CRASH
    }

    private record Range(StreamPlace after, StreamPlace through) {}

    private final World world;
    private final Shown shown;

    // Over all lives.
    private final Set<StreamPlace> everHandled = new HashSet<>();
    private final List<Range> lost = new ArrayList<>();
    private StreamPlace first;
    private StreamPlace durable;
    private StreamPlace farthestSighted;
    private StreamPlace abandoned;

    // Of the present life.
    private Ending before = Ending.NONE;
    private StreamPlace sighted;
    private StreamPlace handled;
    private StreamPlace handledBefore;
    private StreamPlace completed;
    private Reply lastBatch;
    private boolean lossKnown;
    private boolean exhausted;
    private final Deque<Long> opens = new ArrayDeque<>();

    Ledger(World world) {
        this.world = world;
        this.shown = new Shown(world);
    }

    void lifeBegins(Ending endingBefore) {
        before = endingBefore;
        handledBefore = handled;
        sighted = null;
        handled = null;
        completed = null;
        lastBatch = null;
        lossKnown = false;
        exhausted = false;
        opens.clear();
    }

    // What the store sees.

    void loaded(Optional<BsonDocument> token) {
        world.history.note(() ->
                "loaded " + token.map(TokenText::read).map(Object::toString).orElse("nothing"));
        if (token.isEmpty()) {
            return;
        }
        StreamPlace place = TokenText.read(token.get()).whole();
        sighted = place;
        handled = place;
        int allowed = before == Ending.CLEAN ? 0 : world.plan.maxUnsaved();
        StreamPlace farthest = before == Ending.CLEAN ? handledBefore : farthestSighted;
        long again = shown.countBetween(place, farthest);
        check(
                again <= allowed,
                () -> again + " events come again after " + place + ", allowed after an ending " + before + " are "
                        + allowed);
    }

    void saved(BsonDocument token, BsonTimestamp clusterTime) {
        StreamPlace place = TokenText.read(token);
        world.history.note(() -> "saved " + place);
        check(
                durable == null || place.compareTo(durable) >= 0,
                () -> "the checkpoint goes back from " + durable + " to " + place);
        check(clusterTime.compareTo(place.time()) <= 0, () -> "the checkpoint's time is after " + place);
        check(isWhole(place), () -> "a fragment is saved: " + place);
        check(handled != null, () -> "saved before anything is known: " + place);
        check(
                shown.countBetween(handled, place.whole()) == 0,
                () -> "checkpoint " + place + " covers " + shown.firstAfter(handled) + ", handled is only " + handled);
        durable = place;
        first = first == null ? place : first;
    }

    /** The token of a fragment is a position only if it is the last. */
    private boolean isWhole(StreamPlace place) {
        return place.fragment() == 0
                || world.servers.oplog().committed().stream()
                        .filter(entry -> StreamPlace.of(entry).equals(place.whole()))
                        .allMatch(entry -> entry.change().fragments() == place.fragment());
    }

    // What the server sees.

    void opening(StartPosition start) {
        world.history.note(() -> "open " + describe(start));
        countOpening();
        if (start instanceof StartPosition.After after) {
            StreamPlace place = TokenText.read(after.token().value());
            check(isWhole(place), () -> "opened after a fragment: " + place);
            check(
                    completed == null || place.whole().compareTo(completed) >= 0,
                    () -> "opened at " + place + ", though the server has told " + completed);
        } else if (start instanceof StartPosition.Now) {
            check(handled == null || lossKnown, () -> "opened now, though " + handled + " is known");
        }
    }

    private static String describe(StartPosition start) {
        if (start instanceof StartPosition.After after) {
            return "after " + TokenText.read(after.token().value());
        }
        return start instanceof StartPosition.At at ? "at " + at.clusterTime().getTime() : "now";
    }

    private void countOpening() {
        long now = world.scheduler.now();
        opens.add(now);
        while (opens.peek() < now - World.seconds(1)) {
            opens.remove();
        }
        check(opens.size() <= MOST_OPENS_IN_A_SECOND, () -> "busy loop: " + opens.size() + " openings in a second");
    }

    void opened(BsonDocument position) {
        StreamPlace place = TokenText.read(position);
        world.history.note(() -> "opened, at " + place);
        if (handled == null) {
            sighted = place;
            handled = place;
            if (abandoned != null) {
                lost.add(new Range(abandoned, place));
                abandoned = null;
            }
        }
    }

    void batch(Reply reply) {
        lastBatch = reply;
        exhausted = reply.isExhausted();
        world.history.note(() -> "batch of " + reply.events().size() + " up to " + TokenText.read(reply.positionAfter())
                + (reply.isExhausted() ? ", the last" : ""));
    }

    /** The batch before has been handed out: the position behind it must not be forgotten. */
    void batchDone() {
        if (lastBatch != null) {
            StreamPlace place = TokenText.read(lastBatch.positionAfter());
            completed = isWhole(place) ? place.whole() : completed;
            lastBatch = null;
        }
    }

    void failed(MongoException error) {
        world.history.note(
                () -> "error " + error.getCode() + " " + error.getClass().getSimpleName());
        boolean overrun = error.getCode() == 136
                && handled != null
                && world.servers.isForgotten(later(completed, handled).time());
        if (error.getCode() == 286 || overrun) {
            lossKnown = true;
        }
    }

    // What the handler sees.

    void sighted(ChangeEvent<?> event) {
        StreamPlace place = TokenText.read(event.resumeToken().value()).whole();
        world.history.note(() -> "handler gets " + event.operationType().value() + " " + place);
        check(durable != null, () -> "handed out before the first position was saved: " + place);
        if (event instanceof Gap<?> gap) {
            sighted(gap, place);
            return;
        }
        if (place.equals(sighted) && !place.equals(handled)) {
            return; // another attempt
        }
        StreamPlace expected = shown.firstAfter(sighted);
        check(
                place.equals(expected),
                () -> "the handler got " + place + ", but after " + sighted + " comes " + expected);
        sighted = place;
        farthestSighted = later(farthestSighted, place);
    }

    private void sighted(Gap<?> gap, StreamPlace place) {
        if (place.equals(sighted)) {
            return; // another attempt
        }
        check(lossKnown, () -> "a gap at " + place + ", though nothing is lost");
        StreamPlace missing = shown.firstAfter(handled);
        check(
                missing == null || gap.from().compareTo(missing.time()) <= 0,
                () -> "the gap begins at " + gap.from() + ", but missing is already " + missing);
        check(gap.to().equals(place.time()), () -> "the gap ends at " + gap.to() + ", the stream goes on at " + place);
        lossKnown = false;
        lost.add(new Range(handled, place));
        sighted = place;
    }

    void handled(BsonDocument token) {
        StreamPlace place = TokenText.read(token).whole();
        handled = place;
        everHandled.add(place);
    }

    private static StreamPlace later(StreamPlace one, StreamPlace other) {
        return one == null || one.compareTo(other) < 0 ? other : one;
    }

    // What the operator sees.

    /** The application accepts that its history is lost and begins anew. */
    void checkpointDeleted() {
        abandoned = durable;
        durable = null;
        farthestSighted = null;
        handled = null;
    }

    void stopped(boolean asked) {
        boolean invalidated = world.plan.whenInvalidated() == InvalidatedPolicy.STOP && exhausted;
        check(asked || invalidated, () -> "stopped, though nobody asked");
    }

    void failedWith(Throwable failure) {
        boolean byHistory = failure instanceof HistoryLostException
                && lossKnown
                && world.plan.whenHistoryLost() == HistoryLostPolicy.FAIL;
        boolean byHandler = failure instanceof HandlerFailedException && world.plan.has(Fault.FAILING_HANDLER);
        if (!byHistory && !byHandler) {
            world.scheduler.fail(new AssertionError("failed without need: " + failure, failure));
        }
    }

    boolean isCaughtUp() {
        List<StreamPlace> all = shown.all();
        return handled != null
                && !lossKnown
                && (all.isEmpty() || all.get(all.size() - 1).compareTo(handled) <= 0);
    }

    /** All has been handled in some life, but what was announced as lost. */
    void checkEverything() {
        for (StreamPlace item : shown.all()) {
            boolean owed = first != null && item.compareTo(first) > 0;
            boolean excused = lost.stream().anyMatch(range -> Shown.isBetween(range.after(), item, range.through()));
            check(!owed || excused || everHandled.contains(item), () -> "lost: " + item);
        }
    }

    private void check(boolean holds, Supplier<String> violation) {
        if (!holds) {
            world.scheduler.fail(violation.get());
        }
    }
}
