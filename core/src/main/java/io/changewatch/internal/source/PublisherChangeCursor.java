package io.changewatch.internal.source;

import com.mongodb.MongoException;
import com.mongodb.MongoNodeIsRecoveringException;
import com.mongodb.MongoNotPrimaryException;
import com.mongodb.MongoSocketException;
import io.changewatch.StartPosition;
import io.changewatch.event.ResumeToken;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;
import org.bson.BsonDocument;
import org.bson.BsonString;
import org.bson.BsonValue;
import org.bson.RawBsonDocument;
import org.bson.codecs.BsonDocumentCodec;
import org.jspecify.annotations.Nullable;

/**
 * A cursor that the driver reads, and short looks beside it, as the driver tells neither the position of a quiet stream nor
 * that its server has fallen silent.
 *
 * <p>A look opens another cursor behind the last position, with the same pipeline. Its first answer says
 * <pre>
 * nothing, and nothing came here meanwhile   its post-batch token is the position of this stream, too
 * an event                                   it must come here as well, within the watchdog's limit
 * </pre>
 * The first is safe whichever server answers: the order of the events and what a majority has committed are the cluster's, not a
 * server's. So nothing that this stream will bring lies between the last position and that token; an event that comes
 * meanwhile lies behind it. Only where the pipeline decides by documents that are looked up, another server may have left out
 * what this stream still brings: there looks go on from that token, but the position stays.
 *
 * <p>A look may meet a server that this stream does not use, so one that breaks off at once does not end the stream, unless the
 * one before did as well.
 *
 * <p>Called on the watcher's thread only, except {@link #wake()}.
 */
final class PublisherChangeCursor implements ChangeCursor {
    private static final Duration AT_ONCE = Duration.ofSeconds(1);
    /** The server's own await time, and a moment for the killCursors after it. */
    private static final Duration GET_MORE_IN_FLIGHT = Duration.ofMillis(1_300);

    private static final Duration PATIENCE_WITH_KILLS = Duration.ofSeconds(1);

    private final StreamDoor door;
    private final Watchdog watchdog;
    private final Duration maxAwait;
    private final boolean isFilteredByLookUps;
    private final EventQueue queue;
    private final ProbeSchedule schedule;
    private final ReplyWaiter waiter = new ReplyWaiter();
    private final AtomicBoolean ended = new AtomicBoolean();

    private @Nullable RawBatch opening;
    private boolean answered;
    private StartPosition place;
    private @Nullable ResumeToken position;
    private boolean hasBrokenOff;
    private volatile long endedNanos;
    private volatile boolean exhausted;

    /** A cursor that is opened by {@link #begin} at {@code place}, where a look was answered with {@code opening}. */
    PublisherChangeCursor(
            StreamDoor door, Watchdog watchdog, SourceSettings settings, StartPosition place, CursorReply opening) {
        this(door, watchdog, settings, place, opening, System::nanoTime);
    }

    /** The same with a clock by which looks become due. */
    PublisherChangeCursor(
            StreamDoor door,
            Watchdog watchdog,
            SourceSettings settings,
            StartPosition place,
            CursorReply opening,
            LongSupplier nanos) {
        this.door = door;
        this.watchdog = watchdog;
        this.maxAwait = settings.maxAwait();
        this.isFilteredByLookUps = settings.isFilteredByLookUps();
        this.queue = new EventQueue(settings.batchSize());
        this.schedule = new ProbeSchedule(settings.maxAwait(), nanos);
        this.opening = opening.batch();
        this.place = place;
        this.position = opening.batch().positionAfter();
    }

    /**
     * Where the present was asked for, the look has told where that is: nothing between its answer and the opening is missed.
     *
     * <p>First the look's cursor is killed: the driver takes the server with the fewest commands in flight, and one that has
     * fallen silent has no more than one that is just asked to kill.
     *
     * @param opened waits for that, until the source is closed
     */
    PublisherChangeCursor begin(ReplyWaiter opened) throws InterruptedException {
        awaitKills(opened);
        ResumeToken told = position;
        if (told != null && !(place instanceof StartPosition.After || place instanceof StartPosition.At)) {
            place = StartPosition.after(told);
        }
        door.events(place).subscribe(queue);
        moveTo(told);
        return this;
    }

    /** The first batch is that of the look at the opening: empty, it tells the position. */
    @Override
    public RawBatch next() throws InterruptedException {
        if (exhausted) {
            throw new IllegalStateException(
                    "The server closed the cursor with the last batch. Open another after its position.");
        }
        RawBatch first = opening;
        if (first != null) {
            opening = null;
            return first;
        }
        try {
            return read();
        } catch (MongoException | ClientClosedException failure) {
            throw waiter.isClosed() ? new CursorClosedException() : failure;
        }
    }

    private RawBatch read() throws InterruptedException {
        long begin = System.nanoTime();
        RawBatch batch = await();
        if (batch.isNothingYet()) {
            return batch;
        }
        if (answered) { // the first is that of the aggregate, and shows nothing about a getMore
            watchdog.gotBatch(batch, Duration.ofNanos(System.nanoTime() - begin));
        }
        answered = true;
        return batch;
    }

    private RawBatch await() throws InterruptedException {
        if (arrives(maxAwait)) {
            return received();
        }
        return schedule.isDue() ? look() : RawBatch.NOTHING_YET;
    }

    private boolean arrives(Duration within) throws InterruptedException {
        try {
            return waiter.await(queue.arrival(), within);
        } catch (TimeoutException quiet) {
            return false;
        }
    }

    /** What the driver has brought; more is asked for before it is handed out. */
    private RawBatch received() throws InterruptedException {
        List<RawBsonDocument> events = queue.take();
        if (events.isEmpty()) {
            return endWithoutAWord();
        }
        schedule.heard();
        RawBsonDocument last = events.get(events.size() - 1);
        moveTo(tokenOf(last));
        exhausted = isInvalidate(last);
        if (!exhausted) {
            queue.requestMore();
        }
        return RawBatch.of(events, position);
    }

    /** A copy, so that whoever keeps the position does not keep the whole event. */
    private static @Nullable ResumeToken tokenOf(RawBsonDocument event) {
        return event.get("_id") instanceof RawBsonDocument token
                ? new ResumeToken(token.decode(new BsonDocumentCodec()))
                : null;
    }

    private static boolean isInvalidate(BsonDocument event) {
        BsonValue type = event.get("operationType");
        return type instanceof BsonString name && name.getValue().equals("invalidate");
    }

    /** The server has ended the stream with an invalidate that the pipeline leaves out. A look tells the place behind it. */
    private RawBatch endWithoutAWord() throws InterruptedException {
        CompletableFuture<CursorReply> look = door.look(place, 1, watchdog.getMoreLimit());
        CursorReply reply = await(look, look);
        exhausted = true;
        moveTo(tokenOf(reply));
        return quiet(reply);
    }

    private RawBatch look() throws InterruptedException {
        long begin = System.nanoTime();
        try {
            RawBatch batch = lookOnce();
            hasBrokenOff = false;
            return batch;
        } catch (MongoSocketException | MongoNotPrimaryException | MongoNodeIsRecoveringException brokenOff) {
            Duration silence = Duration.ofNanos(System.nanoTime() - begin);
            if (hasBrokenOff || queue.hasArrived() || silence.compareTo(AT_ONCE) > 0) {
                throw brokenOff;
            }
            hasBrokenOff = true;
            schedule.looked(door.strays());
            return RawBatch.NOTHING_YET;
        }
    }

    private RawBatch lookOnce() throws InterruptedException {
        CompletableFuture<CursorReply> look = door.look(place, 1, watchdog.getMoreLimit());
        await(CompletableFuture.anyOf(queue.arrival(), look.handle((reply, failure) -> true)), look);
        schedule.looked(door.strays());
        if (queue.hasArrived()) {
            return received();
        }
        CursorReply reply = await(look, look);
        if (reply.batch().size() > 0) {
            return awaitSeen();
        }
        exhausted = reply.isLast();
        if (isFilteredByLookUps) {
            lookFrom(tokenOf(reply));
        } else {
            moveTo(tokenOf(reply));
        }
        return quiet(reply);
    }

    /** Gives {@code look} up after the time of a getMore: a server may need as long for it, if it scans its oplog. */
    private <T> T await(CompletableFuture<T> signal, CompletableFuture<?> look) throws InterruptedException {
        Duration limit = watchdog.getMoreLimit();
        try {
            return waiter.await(signal, limit, Patience.onceTrue(door::knowsServer));
        } catch (TimeoutException silent) {
            watchdog.getMoreStalled(position);
            throw watchdog.giveUp(look, "A look at the quiet stream of " + door.description(), limit);
        }
    }

    /** The look has seen an event. It may have been written just now. */
    private RawBatch awaitSeen() throws InterruptedException {
        Duration limit = watchdog.getMoreLimit();
        if (!arrives(limit)) {
            watchdog.getMoreStalled(position);
            throw watchdog.isBehind("The next event of " + door.description(), limit);
        }
        return received();
    }

    /** Up to where a look has seen no event. */
    private static @Nullable ResumeToken tokenOf(CursorReply look) {
        return look.batch().size() > 0 ? null : look.batch().positionAfter();
    }

    private RawBatch quiet(CursorReply look) {
        return RawBatch.of(List.of(), position).at(look.batch().operationTime());
    }

    private void moveTo(@Nullable ResumeToken token) {
        if (token != null) {
            position = token;
            lookFrom(token);
        }
    }

    private void lookFrom(@Nullable ResumeToken token) {
        if (token != null) {
            place = StartPosition.after(token);
        }
    }

    @Override
    public boolean isExhausted() {
        return exhausted;
    }

    /**
     * Whoever closes may close the client next. So it waits for the end of the looks' cursors, and looks for a connection that
     * answers: a client says good-bye to its server, and on a half-open connection it would wait for the answer for ever.
     */
    @Override
    public void close() {
        wake();
        try {
            if (door.answers(PATIENCE_WITH_KILLS)) {
                awaitKills(new ReplyWaiter());
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void awaitKills(ReplyWaiter waiting) throws InterruptedException {
        try {
            waiting.await(door.tidied(), PATIENCE_WITH_KILLS);
        } catch (TimeoutException unreachable) {
            // The attempts go on; if all fail, the cursor ends with its session.
        }
    }

    /** Waits for as long as the driver may need to end its cursor after {@link #wake()}; not on a connection that may be dead. */
    void awaitEnd() throws InterruptedException {
        if (ended.get() && door.answers(PATIENCE_WITH_KILLS)) {
            long left = GET_MORE_IN_FLIGHT.toNanos() - (System.nanoTime() - endedNanos);
            TimeUnit.NANOSECONDS.sleep(Math.max(0, left));
        }
    }

    /** The driver ends its cursor when the getMore in flight has been answered, after a second at most. */
    @Override
    public void wake() {
        if (ended.compareAndSet(false, true)) {
            endedNanos = System.nanoTime();
            waiter.close();
            queue.cancel();
        }
    }
}
