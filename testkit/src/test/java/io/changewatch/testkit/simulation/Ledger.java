package io.changewatch.testkit.simulation;

import com.mongodb.MongoException;
import io.changewatch.HandlerFailedException;
import io.changewatch.HistoryLostDecision.HistoryLost;
import io.changewatch.HistoryLostException;
import io.changewatch.HistoryLostPolicy;
import io.changewatch.InvalidatedPolicy;
import io.changewatch.StartPosition;
import io.changewatch.UndeliverableEventException;
import io.changewatch.UndeliverablePolicy;
import io.changewatch.event.ChangeEvent;
import io.changewatch.event.Gap;
import io.changewatch.event.ResumeToken;
import io.changewatch.resume.StaleCheckpointException;
import io.changewatch.resume.StoreLockedException;
import io.changewatch.testkit.model.Reply;
import io.changewatch.testkit.model.StreamPlace;
import io.changewatch.testkit.model.TokenText;
import io.changewatch.testkit.simulation.Delivery.Kind;
import io.changewatch.testkit.simulation.Plan.Fault;
import io.changewatch.testkit.simulation.Plan.Losing;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.bson.BsonDocument;
import org.bson.BsonTimestamp;

/**
 * Holds what is seen of a watcher from outside against what the replica set has: what its handler got, what its store was given,
 * what the server was asked.
 *
 * <p>In one life the deliverer gets exactly what is shown after the position that was loaded, one after the other, and handlers get
 * the events of a document so; a checkpoint never covers what is not handled. So nothing is lost, in order, without a duplicate but the
 * replay after a crash.
 */
final class Ledger {
    /** A search looks at 1, 10 and 100 candidates and halves them; simulated oplogs have no more. */
    private static final int MOST_PROBES_OF_A_SEARCH = 20;

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
    private final Set<StreamPlace> everTold = new HashSet<>();
    private boolean operatorSkips;

    // Of the present life.
    private Ending before = Ending.NONE;
    private OpenEvents open;
    private boolean delivering;
    private boolean deliveryEnds;
    private StreamPlace handedOut;
    private StreamPlace handedOutBefore;
    private StreamPlace positionBefore;
    private boolean isPaused;
    private StreamPlace handled;
    private StreamPlace handledBefore;
    private StreamPlace completed;
    private Reply lastBatch;
    private boolean lossKnown;
    private boolean exhausted;
    private StreamPlace position;
    private StreamPlace opened;
    private StartPosition asked;
    private StartPosition lostAt;
    private BsonTimestamp oldest;
    private HistoryLostPolicy decided;
    private int probes;
    private final Set<StreamPlace> told = new HashSet<>();
    private final OpeningRate rate = new OpeningRate();

    Ledger(World world) {
        this.world = world;
        this.shown = new Shown(world);
    }

    void lifeBegins(Ending endingBefore) {
        before = endingBefore;
        handledBefore = handled;
        open = new OpenEvents(world.plan.delivery());
        delivering = false;
        isPaused = false;
        deliveryEnds = false;
        handedOut = null;
        handled = null;
        completed = null;
        lastBatch = null;
        lossKnown = false;
        exhausted = false;
        position = null;
        opened = null;
        asked = null;
        lostAt = null;
        oldest = null;
        decided = null;
        probes = 0;
        told.clear();
        rate.begin();
    }

    // What the store sees.

    void loaded(Optional<BsonDocument> token) {
        world.history.note(() ->
                "loaded " + token.map(TokenText::read).map(Object::toString).orElse("nothing"));
        if (token.isEmpty()) {
            return;
        }
        StreamPlace place = TokenText.read(token.get()).whole();
        handedOut = place;
        handled = place;
        position = place;
        int unsaved = world.plan.maxUnsaved() + world.plan.delivery().mostBehindOldest();
        int allowed = before == Ending.CLEAN ? mostAfterCleanEnd() : unsaved;
        StreamPlace farthest = before == Ending.CLEAN ? handledBefore : farthestSighted;
        long again = shown.countBetween(place, farthest, everTold);
        check(
                again <= allowed,
                () -> again + " events come again after " + place + ", allowed after an ending " + before + " are "
                        + allowed);
    }

    /** A batch that fails is handed out event by event, and comes again as a whole if it ends before the last. */
    private int mostAfterCleanEnd() {
        boolean mayFail =
                world.plan.has(Fault.FAILING_HANDLER) && world.plan.delivery().kind() == Kind.IN_BATCHES;
        return mayFail ? world.plan.delivery().most() : 0;
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
                shown.countBetween(handled, place.whole(), told) == 0,
                () -> "checkpoint " + place + " covers " + shown.firstAfter(handled, told) + ", handled is only "
                        + handled);
        check(!everTold.contains(place), () -> "the checkpoint is an event that cannot be delivered: " + place);
        durable = place;
        abandoned = null;
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
        check(!isPaused, () -> "opened while it is paused");
        forgetABatchThatWasLeft();
        check(rate.allows(world.scheduler.now()), () -> "busy loop: more than five openings at once, or two a second");
        check(
                start instanceof StartPosition.Now || !start.equals(lostAt),
                () -> "opened at a lost place again: " + describe(start));
        asked = start;
        probes = 0;
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

    /**
     * The search for an undeliverable event opens streams of its own. They are not the watcher's and do not count as its openings:
     * a search ends by itself, comes after an opening of the watcher's, and would take a minute if each probe waited half
     * a second.
     */
    void probing(StartPosition start) {
        world.history.note(() -> "probe " + describe(start));
        probes++;
        check(probes <= MOST_PROBES_OF_A_SEARCH, () -> "busy loop: " + probes + " probes after one opening");
        boolean isBehindInvalidate = start instanceof StartPosition.After after
                && TokenText.read(after.token().value()).isInvalidate();
        check(
                start instanceof StartPosition.At || isBehindInvalidate,
                () -> "a probe is opened by token: " + describe(start));
    }

    void probed(Reply reply) {
        world.history.note(() -> "the probe finds " + described(reply));
    }

    private static String described(Reply reply) {
        return reply.events().size() + " up to " + TokenText.read(reply.positionAfter())
                + (reply.isExhausted() ? ", the last" : "");
    }

    void opened(BsonDocument token) {
        StreamPlace place = TokenText.read(token);
        world.history.note(() -> "opened, at " + place);
        opened = place;
        if (handled == null) {
            handedOut = place;
            handled = place;
            position = place;
            if (abandoned != null) {
                lost.add(new Range(abandoned, place)); // again, if it crashes before the place is saved
            }
        }
    }

    void toldOldest(BsonTimestamp time) {
        oldest = time;
    }

    void batch(Reply reply) {
        check(!isPaused, () -> "read while it is paused");
        lastBatch = reply;
        exhausted = reply.isExhausted();
        world.history.note(() -> "batch of " + described(reply));
    }

    /** The batch before has been handed out: the position behind it must not be forgotten. */
    void batchDone() {
        if (lastBatch != null) {
            StreamPlace place = TokenText.read(lastBatch.positionAfter());
            completed = isWhole(place) ? place.whole() : completed;
            position = lossKnown ? position : later(later(position, completed), handedOut);
            lastBatch = null;
        }
    }

    void failed(MongoException error) {
        world.history.note(
                () -> "error " + error.getCode() + " " + error.getClass().getSimpleName());
        boolean overrun = error.getCode() == 136
                && handled != null
                && world.servers.isForgotten(later(completed, handedOut).time());
        if (error.getCode() == 286 || overrun) {
            lossKnown = true;
            lostAt =
                    overrun ? lostAt : asked; // a cursor that was overrun does not tell that its place cannot be opened
        }
    }

    /** The application is asked what to do about a loss. */
    void decided(HistoryLost loss, HistoryLostPolicy policy) {
        check(lossKnown, () -> "history is said to be lost, and is not");
        check(
                loss.position().map(time -> time.equals(position.time())).orElse(position == null),
                () -> "the loss begins at " + loss.position() + ", but complete is " + position);
        check(
                loss.oldest().equals(Optional.ofNullable(oldest)),
                () -> "the oldest entry is said to be " + loss.oldest() + ", the server has told " + oldest);
        decided = policy;
    }

    boolean skipsUndeliverable() {
        return operatorSkips || world.plan.whenUndeliverable() == UndeliverablePolicy.SKIP;
    }

    /** The listener is told of an event that is left out: the next one, or one behind a gap that is still to come. */
    void undeliverable(BsonDocument token) {
        StreamPlace place = TokenText.read(token).whole();
        check(skipsUndeliverable(), () -> "left out without leave: " + place);
        check(!told.contains(place), () -> "told twice of " + place);
        check(shown.isUndeliverable(place), () -> "left out, though the server can deliver it: " + place);
        StreamPlace expected = shown.firstAfter(handedOut, told);
        check(
                lossKnown || place.equals(expected) || isFilteredOtherwise(place, expected),
                () -> "left out is " + place + ", but after " + handedOut + " comes " + expected);
        told.add(place);
        everTold.add(place);
    }

    // What the deliverer gets.

    void handedOut(ChangeEvent<?> event) {
        StreamPlace place = place(event);
        check(durable != null, () -> "handed out before the first position was saved: " + place);
        open.handedOut(place, event);
        handedOutBefore = handedOut;
        positionBefore = position;
        delivering = true;
        if (event instanceof Gap<?> gap) {
            handedOut(gap, place);
            return;
        }
        StreamPlace expected = shown.firstAfter(handedOut, told);
        check(
                place.equals(expected),
                () -> "the handler got " + place + ", but after " + handedOut + " comes " + expected);
        handedOut = place;
    }

    /** A watcher that is called away from an event between two attempts gets it again. */
    void letGo(ChangeEvent<?> event) {
        if (!world.plan.isSteered() || deliveryEnds) {
            return;
        }
        open.letGo(place(event));
        handedOut = handedOutBefore;
        position = positionBefore;
        if (event instanceof Gap) {
            lost.remove(lost.size() - 1);
            lossKnown = true;
        }
    }

    /** The engine goes on behind it. */
    void passed(ResumeToken token) {
        position = lossKnown
                ? position
                : later(position, TokenText.read(token.value()).whole());
    }

    // What somebody does who pauses it.

    /** From now on nothing is read. */
    void paused() {
        world.history.note(() -> "is paused");
        isPaused = true;
    }

    /** What is to be done about a loss may not have been decided before the pause: then the server is asked once more. */
    void goesOn() {
        isPaused = false;
        lostAt = null;
    }

    /** Who is called away may have handed out half of a batch. */
    private void forgetABatchThatWasLeft() {
        if (world.plan.isSteered() && lastBatch != null) {
            lastBatch = null;
            completed = null;
            position = lossKnown ? position : later(position, handedOut);
        }
    }

    /** The next event may come. */
    void delivered() {
        delivering = false;
    }

    private static StreamPlace place(ChangeEvent<?> event) {
        return TokenText.read(event.resumeToken().value()).whole();
    }

    private void handedOut(Gap<?> gap, StreamPlace place) {
        check(lossKnown, () -> "a gap at " + place + ", though nothing is lost");
        check(
                gap.from().equals(position.time()),
                () -> "the gap begins at " + gap.from() + ", complete is " + position);
        check(gap.to().equals(place.time()), () -> "the gap ends at " + gap.to() + ", the stream goes on at " + place);
        check(place.equals(opened), () -> "the gap ends at " + place + ", the stream was opened at " + opened);
        check(gap.policy() == decided, () -> "the gap tells " + gap.policy() + ", decided was " + decided);
        if (decided == HistoryLostPolicy.RESTART_FROM_OLDEST) {
            check(
                    shown.countBetween(StreamPlace.before(oldest), place, told) == 0,
                    () -> "the gap ends at " + place + ", and leaves out what the oplog held from " + oldest + " on");
        }
        lossKnown = false;
        lostAt = null;
        lost.add(new Range(handedOut, place));
        handedOut = place;
        position = place;
    }

    /** It is stopped, or has failed: what no handler has begun may be left. */
    void deliveryEnds() {
        deliveryEnds = true;
    }

    /** Whether events wait for a handler or are with one. */
    boolean isAnyUndone() {
        return !deliveryEnds && open.isAnyUndone();
    }

    /** Whether the watcher waits to hand out more. */
    boolean isDelivering() {
        return !deliveryEnds && delivering;
    }

    // What the handlers see.

    void begins(List<? extends ChangeEvent<?>> events) {
        world.history.note(() -> "handler gets " + described(events));
        check(open.begins(events.stream().map(Ledger::place).toList()));
        for (ChangeEvent<?> event : events) {
            farthestSighted = event instanceof Gap ? farthestSighted : later(farthestSighted, place(event));
        }
    }

    private String described(List<? extends ChangeEvent<?>> events) {
        String all = events.stream()
                .map(event -> event.operationType().value() + " " + place(event))
                .collect(Collectors.joining(" and "));
        return open.running() == 0 ? all : all + " beside " + open.running();
    }

    void failed(List<? extends ChangeEvent<?>> events) {
        events.forEach(event -> open.failed(place(event)));
    }

    void handled(BsonDocument token) {
        StreamPlace place = TokenText.read(token).whole();
        world.history.note(() -> "handled " + place);
        check(open.handled(place));
        handled = open.settle().orElse(handled);
        everHandled.add(place);
    }

    /** A condition on its image would have left it out, but the image has expired. */
    private boolean isFilteredOtherwise(StreamPlace place, StreamPlace expected) {
        return !shown.all().contains(place)
                && place.compareTo(handedOut) > 0
                && (expected == null || place.compareTo(expected) < 0);
    }

    private static StreamPlace later(StreamPlace one, StreamPlace other) {
        return one == null || (other != null && one.compareTo(other) < 0) ? other : one;
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
        world.history.note(() -> "failed: " + failure.getClass().getSimpleName() + ": " + failure.getMessage());
        boolean byHistory = failure instanceof HistoryLostException && lossKnown && decided == HistoryLostPolicy.FAIL;
        boolean undecided =
                failure instanceof IllegalStateException && lossKnown && world.plan.whenHistoryLost() == Losing.DECIDE;
        boolean byHandler = failure instanceof HandlerFailedException && world.plan.has(Fault.FAILING_HANDLER);
        boolean byStore = (failure instanceof StaleCheckpointException || failure instanceof StoreLockedException)
                && world.plan.has(Fault.TAKEN_OVER);
        if (!byHistory && !undecided && !byHandler && !byStore && !isByUndeliverable(failure)) {
            world.scheduler.fail(new AssertionError("failed without need: " + failure, failure));
        }
    }

    /** It names the next event; the operator then says that such events may be left out. */
    private boolean isByUndeliverable(Throwable failure) {
        if (skipsUndeliverable() || !(failure instanceof UndeliverableEventException named)) {
            return false;
        }
        operatorSkips = true;
        StreamPlace from = lossKnown ? opened : handedOut;
        StreamPlace next = shown.firstAfter(from, told);
        return named.clusterTime()
                .filter(time -> time.compareTo(from.time()) >= 0)
                .filter(time -> next == null || time.compareTo(next.time()) <= 0)
                .filter(shown::hasUndeliverableAt)
                .isPresent();
    }

    /** All that was begun has ended, and nobody was given up. */
    void endedInPeace() {
        check(open.left());
    }

    boolean isCaughtUp() {
        return handled != null && !lossKnown && shown.firstAfter(handled, told) == null;
    }

    /** All has been handled in some life, but what was announced as lost. */
    void checkEverything() {
        for (StreamPlace item : shown.all()) {
            boolean owed = first != null && item.compareTo(first) > 0;
            boolean excused = lost.stream().anyMatch(range -> Shown.isBetween(range.after(), item, range.through()));
            check(!owed || excused || everHandled.contains(item) || everTold.contains(item), () -> "lost: " + item);
        }
    }

    private void check(Optional<String> violation) {
        violation.ifPresent(world.scheduler::fail);
    }

    private void check(boolean holds, Supplier<String> violation) {
        if (!holds) {
            world.scheduler.fail(violation.get());
        }
    }
}
