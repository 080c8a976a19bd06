package io.changewatch.push;

import io.changewatch.HistoryLostException;
import io.changewatch.InvalidResumeTokenException;
import io.changewatch.event.ChangeEvent;
import io.changewatch.event.ResumeToken;
import io.changewatch.push.ClientMessages.Verdict;
import io.changewatch.push.Standing.Place;
import java.util.Objects;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One client: the way it goes through the stream, from where it begins to its end.
 *
 * <p>Its life:
 *
 * <pre>
 * WAITING    for a catch-up cursor, as its position lies before the ring     → FETCHING, CLOSING
 * FETCHING   through a catch-up cursor, until the ring's floor is reached     → REPLAYING, PARKED (its queue is full), CLOSING
 * PARKED     until its queue is half empty                                    → WAITING, CLOSING
 * REPLAYING  from the ring, until its end is reached                          → LIVE, WAITING (the ring let go of it), CLOSING
 * LIVE       is offered every event by the hub                                → CLOSING
 * CLOSING    sends what is left and says goodbye                              → CLOSED
 * CLOSED     from every state, when the connection is gone
 * </pre>
 *
 * <p>The lock is never held while the client, the application or the hub is called; the hub holds its own when it calls
 * {@link #join}. Thread-safe.
 */
final class Connection<T> implements FeedSession, Sender.Source {
    private static final Logger LOG = LoggerFactory.getLogger(Connection.class);

    private static final int MOST_PULLS = 16;

    /** See {@link Connection}. */
    enum Stage {
        WAITING,
        FETCHING,
        PARKED,
        REPLAYING,
        LIVE,
        CLOSING,
        CLOSED
    }

    private final FeedContext<T> feed;
    private final ClientRequest request;
    private final FeedClient client;
    private final Payload<T> payload;
    private final boolean resumed;

    private final Sender sender;

    private final ReentrantLock lock = new ReentrantLock();
    // All guarded by the lock.
    private final OutboundQueue queue;
    private final ClientMessages incoming;
    private final Standing standing;
    private Stage stage;
    private @Nullable Message inFlight;
    private long inFlightSince;
    private boolean isAsked; // it was sent a ping, to which it can be expected to answer
    private long lastHeard;
    private @Nullable CatchUp<T> catchUp;
    private int closeCode;
    private String closeReason = "";

    Connection(FeedContext<T> feed, ClientRequest request, FeedClient client, Payload<T> payload, Place place) {
        this.feed = feed;
        this.request = request;
        this.client = client;
        this.payload = payload;
        this.resumed = place.resumed();
        this.sender = new Sender(feed.name(), client, feed.senders(), this);
        this.queue = new OutboundQueue(feed.options().queues());
        this.incoming = new ClientMessages(feed.options().clients(), feed.nanos());
        this.standing = new Standing(place);
        this.stage = place.sequence() < 0 ? Stage.WAITING : Stage.REPLAYING;
        this.lastHeard = feed.nanos();
    }

    ClientRequest request() {
        return request;
    }

    /** Queues what the client is told first: before anyone else knows of it, or a heartbeat may come before. */
    void greet(@Nullable GapReason gap) {
        lock.lock();
        try {
            queue.add(feed.encoder().ready(standing.reached(), resumed, request.transport()));
            if (gap != null) {
                feed.figures().gaps.increment();
                queue.add(feed.encoder().gap(standing.reached(), gap, 0, request.transport()));
            }
        } finally {
            lock.unlock();
        }
    }

    /** Begins to send. */
    void begin() {
        awaitCursor(locked(() -> stage == Stage.WAITING ? standing.reached() : null));
        sender.wake();
    }

    // The live flow: the watcher's thread.

    /** An event that passes the client's filter. */
    void offer(long number, Encoded<T> encoded) {
        if (has(encoded.event().resumeToken()) || !permits(encoded.event())) {
            return;
        }
        Message message = encoded.message(payload, request.transport());
        boolean tooSlow = locked(() -> {
            if (stage != Stage.LIVE) {
                return false;
            }
            standing.considered(number);
            return !enqueue(message);
        });
        if (tooSlow) {
            endSlow();
        } else {
            sender.wake();
        }
    }

    private boolean has(ResumeToken event) {
        return locked(() -> standing.has(event));
    }

    private boolean permits(ChangeEvent<T> event) {
        try {
            return feed.options().authorization().permits(request.principal(), event);
        } catch (RuntimeException | Error e) { // the application's; other clients and the watcher go on
            LOG.warn("[{}] authorize(...) failed; its client is closed and sees nothing.", feed.name(), e);
            endUndecided();
            return false;
        }
    }

    /** Nobody can say whether it is to see an event. */
    void endUndecided() {
        end(CloseCodes.INTERNAL_ERROR, "The server could not decide what you may see.", true);
    }

    /** Whether the message, or what the policy puts in its place, could be queued. */
    private boolean enqueue(Message message) {
        if (queue.forgetOlder(message)) { // messages name their document only where they are conflated
            feed.figures().conflated.increment();
        }
        if (!queue.hasRoomFor(message)) {
            if (feed.options().queues().whenSlow() != SlowClientPolicy.DROP) {
                return false;
            }
            feed.figures().dropped.add(queue.dropEvents());
            boolean isFirst = queue.addGap(
                    dropped -> feed.encoder().gap(standing.queuedUpTo(), GapReason.SLOW, dropped, request.transport()));
            feed.figures().gaps.add(isFirst ? 1 : 0);
        }
        queue.addReplaceable(message);
        if (message.position() != null) {
            standing.queued(message.position());
        }
        return true;
    }

    private void endSlow() {
        feed.figures().slow.increment();
        LOG.debug("[{}] A client was too slow; its connection ends.", feed.name());
        end(CloseCodes.TRY_AGAIN_LATER, "Too slow: too much waited to be sent. Come again with your position.", true);
    }

    /** Events are missing from the stream itself; the client goes on behind them. */
    void gap(Progress behind) {
        goOn(behind, GapReason.STREAM, null);
    }

    /** With {@code cursor} the client goes on only if it still reads from that. */
    private void goOn(Progress behind, GapReason reason, @Nullable CatchUp<T> cursor) {
        CatchUp<T> left;
        lock.lock();
        try {
            if (isEnding() || (cursor != null && catchUp != cursor)) {
                return;
            }
            if (standing.goOnBehind(behind)) {
                feed.figures().gaps.increment();
                queue.add(feed.encoder().gap(behind.position(), reason, 0, request.transport()));
            }
            stage = stage == Stage.LIVE ? Stage.LIVE : Stage.REPLAYING;
            left = takeCatchUp();
        } finally {
            lock.unlock();
        }
        stop(left);
        sender.wake();
    }

    // Coming again: the sender's thread, and the catch-up cursor's.

    /** The hub asks, under its lock, whether the client is to be offered events from now on. */
    boolean join() {
        lock.lock();
        try {
            if (stage != Stage.REPLAYING) {
                return false;
            }
            stage = Stage.LIVE;
            if (resumed) {
                queue.add(feed.encoder().live(standing.queuedUpTo(), request.transport()));
            }
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** Takes the next events from the ring, or joins the live flow behind the last one. */
    private void pull() {
        Hub.Pulled<T> pulled = feed.hub().pull(this, locked(standing::sequence));
        if (pulled instanceof Hub.Pulled.Events<T> next) {
            next.events().forEach(this::replay);
        } else if (pulled instanceof Hub.Pulled.Evicted<T>) {
            fetchAgain();
        }
    }

    private void replay(FeedEvent<T> event) {
        Message message = messageFor(event.event());
        lock.lock();
        try {
            if (stage != Stage.REPLAYING || event.sequence() <= standing.sequence()) {
                return; // a gap has moved the client on
            }
            standing.considered(event.sequence());
            queueReplayed(event.token(), message, feed.figures().replayedFromBuffer);
        } finally {
            lock.unlock();
        }
    }

    /** The lock is held. */
    private void queueReplayed(ResumeToken passed, @Nullable Message message, LongAdder count) {
        standing.queued(passed);
        if (message != null) {
            count.increment();
            queue.add(message.replayed());
        }
    }

    private @Nullable Message messageFor(ChangeEvent<T> event) {
        boolean wanted = request.condition()
                .map(condition -> condition.matches(event.raw()))
                .orElse(true);
        return wanted && !has(event.resumeToken()) && permits(event)
                ? feed.encoder().event(event, payload, request.transport())
                : null;
    }

    private void fetchAgain() {
        awaitCursor(locked(() -> stage == Stage.REPLAYING ? waitWhereItIs() : null));
    }

    /** Where the client is to be caught up from. The lock is held. */
    private ResumeToken waitWhereItIs() {
        stage = Stage.WAITING;
        catchUp = null;
        return standing.queuedUpTo();
    }

    /** The lock is not held. */
    private void awaitCursor(@Nullable ResumeToken from) {
        if (from != null) {
            feed.catchUps().await(this, from);
        }
    }

    /** A cursor is free for this client; returns whether it still wants it. */
    boolean fetchWith(CatchUp<T> cursor) {
        return locked(() -> {
            if (stage != Stage.WAITING) {
                return false;
            }
            stage = Stage.FETCHING;
            catchUp = cursor;
            standing.skipWhatItHas(); // the cursor may begin before, for others
            return true;
        });
    }

    /** An event from the catch-up cursor that the client wants; returns whether it reads on from that cursor. */
    boolean fetched(CatchUp<T> cursor, Encoded<T> encoded) {
        ResumeToken token = encoded.event().resumeToken();
        boolean isFetching = locked(() -> isFetchingWith(cursor));
        if (!isFetching || has(token) || !permits(encoded.event())) {
            return isFetching;
        }
        Message message = encoded.message(payload, request.transport());
        boolean taken = locked(() -> {
            if (!isFetchingWith(cursor)) {
                return false;
            }
            if (!queue.hasRoomFor(message)) {
                stage = Stage.PARKED;
                catchUp = null;
                return false;
            }
            queueReplayed(token, message, feed.figures().replayedFromServer);
            return true;
        });
        sender.wake();
        return taken;
    }

    /** The lock is held. */
    private boolean isFetchingWith(CatchUp<T> cursor) {
        return stage == Stage.FETCHING && catchUp == cursor;
    }

    /** The cursor has reached what the ring holds; nothing lies between its last event and the floor. */
    void continueFromRing(CatchUp<T> cursor, ResumeToken floor) {
        ResumeToken queued = locked(standing::queuedUpTo);
        ResumeToken from = queued.isBefore(floor) ? floor : queued;
        long at = feed.hub().sequenceAt(from);
        lock.lock();
        try {
            if (!isFetchingWith(cursor)) {
                return;
            }
            stage = Stage.REPLAYING;
            catchUp = null;
            standing.goOnFrom(at, from);
        } finally {
            lock.unlock();
        }
        sender.wake();
    }

    /** The cursor cannot go on from {@code at}. Who is further needs another one; for who is not, nothing can be read. */
    void fetchFailed(CatchUp<T> cursor, ResumeToken at, Throwable failure) {
        ResumeToken further =
                locked(() -> isFetchingWith(cursor) && at.isBefore(standing.queuedUpTo()) ? waitWhereItIs() : null);
        if (further != null) {
            awaitCursor(further);
        } else if (failure instanceof HistoryLostException) {
            goOn(feed.hub().progress(), GapReason.HISTORY_LOST, cursor);
        } else if (failure instanceof InvalidResumeTokenException) {
            goOn(feed.hub().progress(), GapReason.POSITION_INVALID, cursor);
        } else if (locked(() -> isFetchingWith(cursor))) {
            LOG.warn("[{}] A client could not be caught up; its connection ends.", feed.name(), failure);
            end(CloseCodes.INTERNAL_ERROR, "What you missed could not be read. Come again with your position.", false);
        }
    }

    // The sender's questions.

    @Override
    public @Nullable Message next() {
        for (int pulls = 0; pulls < MOST_PULLS; pulls++) {
            Stage now;
            lock.lock();
            try {
                now = stage;
                Message message = now == Stage.CLOSED ? null : queue.poll();
                if (message != null) {
                    inFlight = message;
                    inFlightSince = feed.nanos();
                    return message;
                }
            } finally {
                lock.unlock();
            }
            if (now == Stage.CLOSING) {
                finish();
            }
            if (now != Stage.REPLAYING) {
                return null;
            }
            pull();
        }
        return null; // others want their turn; hasMore() brings it back
    }

    @Override
    public boolean hasMore() {
        return locked(() ->
                stage != Stage.CLOSED && (!queue.isEmpty() || stage == Stage.REPLAYING || stage == Stage.CLOSING));
    }

    @Override
    public boolean sent(Message message, @Nullable Throwable failure) {
        if (failure != null) {
            LOG.debug("[{}] A send failed; the connection ends.", feed.name(), failure);
            endDead("A message could not be sent.");
            return false;
        }
        feed.figures().sent(message);
        awaitCursor(locked(() -> {
            inFlight = null;
            standing.sent(message, queue.isEmpty());
            return stage == Stage.PARKED && queue.isHalfEmpty() ? waitWhereItIs() : null;
        }));
        return true;
    }

    @Override
    public void broken(Throwable failure) {
        if (failure instanceof RejectedExecutionException) { // the feed has ended
            abandon();
            return;
        }
        LOG.error("[{}] A client's connection ends, because it could not be served.", feed.name(), failure);
        if (close()) {
            tellClosed(CloseCodes.INTERNAL_ERROR, "The server failed. Come again with your position.");
        }
    }

    // Heartbeats.

    /** Sends a sign of life, and looks for one. */
    void beat(long nanos) {
        long deadNanos = feed.options().deadAfter().toNanos();
        boolean dead;
        boolean leaving;
        lock.lock();
        try {
            boolean stuck = inFlight != null && nanos - inFlightSince > deadNanos;
            boolean silent = isAsked && nanos - lastHeard > deadNanos;
            leaving = isEnding();
            dead = stage != Stage.CLOSED && (stuck || silent);
        } finally {
            lock.unlock();
        }
        if (dead) {
            endDead("Nothing was heard of you for " + feed.options().deadAfter().toSeconds() + " s.");
        } else if (!leaving) {
            ping();
            sendHeartbeat();
        }
    }

    private void ping() {
        try {
            boolean asked = client.ping();
            lock.lock();
            try {
                isAsked |= asked;
            } finally {
                lock.unlock();
            }
        } catch (RuntimeException | Error e) { // the adapter's; the next send tells whether the client is gone
            LOG.debug("[{}] A ping failed.", feed.name(), e);
        }
    }

    /** A busy client learns its position from events. */
    private void sendHeartbeat() {
        Progress now = feed.hub().progress(); // read before the lock: everything up to it was offered
        String state = feed.state();
        lock.lock();
        try {
            if (isEnding() || inFlight != null || !queue.isEmpty()) {
                return;
            }
            if (stage == Stage.LIVE) {
                standing.catchUpWith(now);
            }
            queue.add(feed.encoder().heartbeat(standing.queuedUpTo(), feed.now(), state, request.transport()));
        } finally {
            lock.unlock();
        }
        sender.wake();
    }

    // What the client says.

    @Override
    public void received(String text) {
        Objects.requireNonNull(text, "text");
        Verdict verdict = locked(() -> {
            lastHeard = feed.nanos();
            return incoming.judge(text, lastHeard);
        });
        if (verdict instanceof Verdict.Unacceptable unacceptable) {
            end(unacceptable.closeCode(), unacceptable.reason(), true);
        } else {
            answer(
                    verdict instanceof Verdict.Misunderstood misunderstood
                            ? feed.encoder().error(misunderstood.message(), request.transport())
                            : feed.encoder().pong(request.transport()));
        }
    }

    /** Where there is no room the answer is left out: a client that is being caught up may ask all the same. */
    private void answer(Message answer) {
        lock.lock();
        try {
            if (!isEnding() && queue.hasRoomFor(answer)) {
                queue.add(answer);
            }
        } finally {
            lock.unlock();
        }
        sender.wake();
    }

    @Override
    public void receivedBinary() {
        end(CloseCodes.UNSUPPORTED_DATA, "Binary messages are not accepted.", true);
    }

    @Override
    public void pong() {
        lock.lock();
        try {
            lastHeard = feed.nanos();
        } finally {
            lock.unlock();
        }
    }

    // The end.

    /** Says goodbye after what waits, or instead of it, and closes. */
    void end(int code, String why, boolean instead) {
        CatchUp<T> cursor;
        lock.lock();
        try {
            if (isEnding()) {
                return;
            }
            stage = Stage.CLOSING;
            closeCode = code;
            closeReason = why;
            if (instead) {
                feed.figures().dropped.add(queue.clear());
            }
            ResumeToken at = instead ? whereInFlight() : standing.queuedUpTo();
            queue.add(feed.encoder().closing(at, code, why, request.transport()));
            cursor = takeCatchUp();
        } finally {
            lock.unlock();
        }
        feed.hub().leave(this);
        stop(cursor);
        sender.wake();
    }

    /** Where the client is when it has taken what is being sent. The lock is held. */
    private ResumeToken whereInFlight() {
        return inFlight != null && inFlight.position() != null ? inFlight.position() : standing.reached();
    }

    /** Everything is sent: the connection is closed. */
    private void finish() {
        if (close()) {
            tellClosed(closeCode, closeReason);
        }
    }

    private void endDead(String why) {
        if (close()) {
            feed.figures().dead.increment();
            tellClosed(CloseCodes.GOING_AWAY, why);
        }
    }

    /** The deadline of a shutdown is over. */
    void abandon() {
        if (close()) {
            tellClosed(CloseCodes.SERVICE_RESTART, "The service restarts.");
        }
    }

    @Override
    public void closed() {
        close();
    }

    /** Returns whether it was open. */
    private boolean close() {
        CatchUp<T> cursor;
        lock.lock();
        try {
            if (stage == Stage.CLOSED) {
                return false;
            }
            stage = Stage.CLOSED;
            queue.clear();
            cursor = takeCatchUp();
        } finally {
            lock.unlock();
        }
        feed.gone(this);
        stop(cursor);
        return true;
    }

    private @Nullable CatchUp<T> takeCatchUp() {
        CatchUp<T> cursor = catchUp;
        catchUp = null;
        return cursor;
    }

    private void stop(@Nullable CatchUp<T> cursor) {
        feed.catchUps().forget(this);
        if (cursor != null) {
            cursor.leave(this);
        }
    }

    private void tellClosed(int code, String reason) {
        try {
            client.close(code, Texts.reason(reason));
        } catch (RuntimeException | Error e) { // the adapter's; nothing can be done for this client any more
            LOG.debug("[{}] A connection could not be closed.", feed.name(), e);
        }
    }

    /** The lock is held. */
    private boolean isEnding() {
        return stage == Stage.CLOSING || stage == Stage.CLOSED;
    }

    Stage stage() {
        return locked(() -> stage);
    }

    /** How much waits: messages and bytes. */
    long[] waiting() {
        return locked(() -> new long[] {queue.size(), queue.bytes()});
    }

    private <V extends @Nullable Object> V locked(Supplier<V> question) {
        lock.lock();
        try {
            return question.get();
        } finally {
            lock.unlock();
        }
    }
}
