package io.changewatch.push;

import io.changewatch.HistoryLostException;
import io.changewatch.InvalidResumeTokenException;
import io.changewatch.event.ChangeEvent;
import io.changewatch.event.ResumeToken;
import io.changewatch.push.FeedOptions.Clients;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One client: its place in the stream, its queue, and the one text that is being sent.
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
 * <p>{@link #run} is the sender: it is in the executor, or waits for a send, exactly while {@code scheduled}. The lock is never
 * held while the client, the application or the hub is called. Thread-safe.
 */
final class Connection<T> implements FeedSession, Runnable {
    private static final Logger LOG = LoggerFactory.getLogger(Connection.class);
    private static final int BURST = 32;

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

    private final ReentrantLock lock = new ReentrantLock();
    // All guarded by the lock.
    private final OutboundQueue queue;
    private final RateLimit incoming;
    private Stage stage;
    private boolean scheduled;
    private @Nullable Message inFlight;
    private long inFlightSince;
    private long lastHeard;
    private long sequence; // of the last event that was considered
    private ResumeToken reached; // where the client is, by what was sent
    private ResumeToken queuedUpTo; // where it will be when the queue is empty
    private @Nullable ResumeToken skipThrough; // the client has these already, from a feed that was ahead of this one
    private @Nullable CatchUp<T> catchUp;
    private int closeCode;
    private String closeReason = "";

    Connection(FeedContext<T> feed, ClientRequest request, FeedClient client, Payload<T> payload, Place place) {
        this.feed = feed;
        this.request = request;
        this.client = client;
        this.payload = payload;
        this.resumed = place.resumed();
        this.queue = new OutboundQueue(feed.options().queues());
        this.incoming = new RateLimit(feed.options().clients().maxIncomingPerSecond(), feed.nanos());
        this.stage = place.sequence() < 0 ? Stage.WAITING : Stage.REPLAYING;
        this.lastHeard = feed.nanos();
        this.sequence = place.sequence();
        this.reached = place.position();
        this.queuedUpTo = place.position();
        this.skipThrough = place.resumed() ? place.position() : null;
    }

    /**
     * Where a client begins.
     *
     * @param sequence the last event it has; -1 if the ring does not reach back to it
     * @param position where that is
     * @param resumed whether the client named it
     */
    record Place(long sequence, ResumeToken position, boolean resumed) {}

    ClientRequest request() {
        return request;
    }

    /** Queues what the client is told first: before anyone else knows of it, or a heartbeat may come before. */
    void greet(@Nullable GapReason gap) {
        lock.lock();
        try {
            queue.add(feed.encoder().ready(reached, resumed, request.transport()));
            if (gap != null) {
                feed.figures().gaps.increment();
                queue.add(feed.encoder().gap(reached, gap, 0, request.transport()));
            }
        } finally {
            lock.unlock();
        }
    }

    /** Begins to send. */
    void begin() {
        if (stage() == Stage.WAITING) {
            feed.catchUps().await(this, reached);
        }
        wake();
    }

    // The live flow: the watcher's thread.

    /** An event that passes the client's filter. */
    void offer(long number, Encoded<T> encoded) {
        if (isKnown(encoded.event().resumeToken()) || !permits(encoded.event())) {
            return;
        }
        Message message = encoded.message(payload, request.transport());
        boolean tooSlow;
        lock.lock();
        try {
            if (stage != Stage.LIVE) {
                return;
            }
            sequence = number;
            tooSlow = !enqueue(message);
        } finally {
            lock.unlock();
        }
        if (tooSlow) {
            endSlow();
        } else {
            wake();
        }
    }

    /** Whether the client had it before it came here. */
    private boolean isKnown(ResumeToken token) {
        lock.lock();
        try {
            if (skipThrough == null) {
                return false;
            }
            if (!skipThrough.isBefore(token)) {
                return true;
            }
            skipThrough = null;
            return false;
        } finally {
            lock.unlock();
        }
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
        SlowClientPolicy policy = feed.options().queues().whenSlow();
        if (policy == SlowClientPolicy.CONFLATE && queue.forgetOlder(message)) {
            feed.figures().conflated.increment();
        }
        if (!queue.hasRoomFor(message)) {
            if (policy != SlowClientPolicy.DROP) {
                return false;
            }
            int dropped = queue.dropEvents();
            feed.figures().dropped.add(dropped);
            feed.figures().gaps.increment();
            queue.add(feed.encoder().gap(queuedUpTo, GapReason.SLOW, dropped, request.transport()));
        }
        if (policy == SlowClientPolicy.CONFLATE) {
            queue.addReplaceable(message);
        } else {
            queue.add(message);
        }
        if (message.position() != null) {
            queuedUpTo = message.position();
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
            feed.figures().gaps.increment();
            queue.add(feed.encoder().gap(behind.position(), reason, 0, request.transport()));
            skipThrough = null;
            sequence = Math.max(sequence, behind.sequence());
            queuedUpTo = behind.position();
            stage = stage == Stage.LIVE ? Stage.LIVE : Stage.REPLAYING;
            left = takeCatchUp();
        } finally {
            lock.unlock();
        }
        stop(left);
        wake();
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
                queue.add(feed.encoder().live(queuedUpTo, request.transport()));
            }
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** Takes the next events from the ring, or joins the live flow behind the last one. */
    private void pull() {
        Hub.Pulled<T> pulled = feed.hub().pull(this, currentSequence());
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
            if (stage != Stage.REPLAYING || event.sequence() <= sequence) {
                return; // a gap has moved the client on
            }
            sequence = event.sequence();
            queueReplayed(event.token(), message, feed.figures().replayedFromBuffer);
        } finally {
            lock.unlock();
        }
    }

    /** The lock is held. A client that comes from a feed that was ahead stays at its own position until this one reaches it. */
    private void queueReplayed(ResumeToken passed, @Nullable Message message, LongAdder count) {
        if (queuedUpTo.isBefore(passed)) {
            queuedUpTo = passed.copy();
        }
        if (message != null) {
            count.increment();
            queue.add(message.replayed());
        }
    }

    private @Nullable Message messageFor(ChangeEvent<T> event) {
        boolean wanted = request.condition()
                .map(condition -> condition.matches(event.raw()))
                .orElse(true);
        return wanted && !isKnown(event.resumeToken()) && permits(event)
                ? feed.encoder().event(event, payload, request.transport())
                : null;
    }

    private void fetchAgain() {
        ResumeToken from;
        lock.lock();
        try {
            if (stage != Stage.REPLAYING) {
                return;
            }
            stage = Stage.WAITING;
            from = queuedUpTo;
        } finally {
            lock.unlock();
        }
        feed.catchUps().await(this, from);
    }

    /** A cursor is free for this client; returns whether it still wants it. */
    boolean fetchWith(CatchUp<T> cursor) {
        lock.lock();
        try {
            if (stage != Stage.WAITING) {
                return false;
            }
            stage = Stage.FETCHING;
            catchUp = cursor;
            skipThrough = queuedUpTo; // the cursor may begin before, for others
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** An event from the catch-up cursor that the client wants; returns whether it reads on from that cursor. */
    boolean fetched(CatchUp<T> cursor, Encoded<T> encoded) {
        if (isKnown(encoded.event().resumeToken()) || !permits(encoded.event())) {
            return true;
        }
        Message message = encoded.message(payload, request.transport());
        lock.lock();
        try {
            if (catchUp != cursor || stage != Stage.FETCHING) {
                return false;
            }
            if (!queue.hasRoomFor(message)) {
                stage = Stage.PARKED;
                catchUp = null;
                return false;
            }
            queueReplayed(encoded.event().resumeToken(), message, feed.figures().replayedFromServer);
        } finally {
            lock.unlock();
        }
        wake();
        return true;
    }

    /** The cursor has reached what the ring holds; nothing lies between its last event and the floor. */
    void continueFromRing(CatchUp<T> cursor, ResumeToken floor) {
        ResumeToken from = furthest(floor);
        long at = feed.hub().sequenceAt(from);
        lock.lock();
        try {
            if (catchUp != cursor || stage != Stage.FETCHING) {
                return;
            }
            stage = Stage.REPLAYING;
            catchUp = null;
            sequence = at;
            queuedUpTo = from;
        } finally {
            lock.unlock();
        }
        wake();
    }

    private ResumeToken furthest(ResumeToken floor) {
        lock.lock();
        try {
            return queuedUpTo.isBefore(floor) ? floor.copy() : queuedUpTo;
        } finally {
            lock.unlock();
        }
    }

    /** The cursor cannot go on. */
    void fetchFailed(CatchUp<T> cursor, Throwable failure) {
        if (failure instanceof HistoryLostException) {
            goOn(feed.hub().progress(), GapReason.HISTORY_LOST, cursor);
        } else if (failure instanceof InvalidResumeTokenException) {
            goOn(feed.hub().progress(), GapReason.POSITION_INVALID, cursor);
        } else {
            LOG.warn("[{}] A client could not be caught up; its connection ends.", feed.name(), failure);
            end(CloseCodes.INTERNAL_ERROR, "What you missed could not be read. Come again with your position.", false);
        }
    }

    private long currentSequence() {
        lock.lock();
        try {
            return sequence;
        } finally {
            lock.unlock();
        }
    }

    // The sender.

    /** Sees to it that the sender runs. */
    private void wake() {
        lock.lock();
        try {
            if (scheduled || stage == Stage.CLOSED) {
                return;
            }
            scheduled = true;
        } finally {
            lock.unlock();
        }
        schedule();
    }

    private void schedule() {
        try {
            feed.senders().execute(this);
        } catch (RejectedExecutionException e) { // the feed has ended
            abandon();
        }
    }

    /** Sends what waits, one text after the other, until there is nothing or a send takes its time. */
    @Override
    public void run() {
        try {
            sendSome();
        } catch (RuntimeException | Error e) { // or the client would wait for ever
            LOG.error("[{}] A client's connection ends, because it could not be served.", feed.name(), e);
            if (close()) {
                tellClosed(CloseCodes.INTERNAL_ERROR, "The server failed. Come again with your position.");
            }
        }
    }

    private void sendSome() {
        for (int sent = 0; sent < BURST; sent++) {
            Message next = next();
            if (next == null) {
                return;
            }
            CompletableFuture<?> sending = send(next);
            if (!sending.isDone()) {
                CompletableFuture<?> unused = sending.whenComplete((done, failure) -> goOn(next, failure));
                return;
            }
            if (!noteSent(next, sending.isCompletedExceptionally() ? new IllegalStateException("send failed") : null)) {
                return;
            }
        }
        schedule(); // others want their turn
    }

    private void goOn(Message sent, @Nullable Throwable failure) {
        if (noteSent(sent, failure)) {
            schedule();
        }
    }

    /** What is to be sent next; null if there is nothing for now, in which case the sender rests. */
    private @Nullable Message next() {
        while (true) {
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
                if (now != Stage.REPLAYING && now != Stage.CLOSING) {
                    scheduled = false;
                    return null;
                }
            } finally {
                lock.unlock();
            }
            if (now == Stage.CLOSING) {
                finish();
                return null;
            }
            pull();
        }
    }

    private CompletableFuture<?> send(Message message) {
        try {
            CompletionStage<?> sending = client.send(message.text());
            return sending.toCompletableFuture();
        } catch (RuntimeException | Error e) { // the adapter's; it ends this client only
            return CompletableFuture.failedFuture(e);
        }
    }

    /** Returns whether the sender goes on. */
    private boolean noteSent(Message message, @Nullable Throwable failure) {
        if (failure != null) {
            LOG.debug("[{}] A send failed; the connection ends.", feed.name(), failure);
            endDead("A message could not be sent.");
            return false;
        }
        feed.figures().sent(message);
        ResumeToken parkedAt = null;
        lock.lock();
        try {
            inFlight = null;
            lastHeard = request.transport() == Transport.SERVER_SENT_EVENTS ? feed.nanos() : lastHeard;
            if (message.position() != null) {
                reached = queue.isEmpty() ? queuedUpTo : message.position();
            }
            if (stage == Stage.PARKED && queue.isHalfEmpty()) {
                stage = Stage.WAITING;
                parkedAt = queuedUpTo;
            }
        } finally {
            lock.unlock();
        }
        if (parkedAt != null) {
            feed.catchUps().await(this, parkedAt);
        }
        return true;
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
            boolean silent = request.transport() == Transport.WEB_SOCKET && nanos - lastHeard > deadNanos;
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
            client.ping();
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
            boolean ahead = skipThrough != null && !skipThrough.isBefore(now.position());
            if (stage == Stage.LIVE && now.sequence() >= sequence && !ahead) {
                queuedUpTo = now.position();
            }
            queue.add(feed.encoder().heartbeat(queuedUpTo, feed.now(), state, request.transport()));
        } finally {
            lock.unlock();
        }
        wake();
    }

    // What the client says.

    @Override
    public void received(String text) {
        Clients limits = feed.options().clients();
        if (!heard()) {
            end(
                    CloseCodes.POLICY_VIOLATION,
                    "More than " + limits.maxIncomingPerSecond() + " messages a second are not accepted.",
                    true);
        } else if (text.length() > limits.maxIncomingBytes() || Texts.utf8Length(text) > limits.maxIncomingBytes()) {
            end(
                    CloseCodes.MESSAGE_TOO_BIG,
                    "Messages of more than " + limits.maxIncomingBytes() + " bytes are not accepted.",
                    true);
        } else {
            answer(text);
        }
    }

    private void answer(String text) {
        boolean ping = text.replaceAll("\\s", "").equals("{\"type\":\"ping\"}");
        Message answer = ping
                ? feed.encoder().pong(request.transport())
                : feed.encoder()
                        .error(
                                "This feed takes no messages but {\"type\":\"ping\"}. To filter otherwise, connect again"
                                        + " with other parameters.",
                                request.transport());
        boolean tooSlow;
        lock.lock();
        try {
            if (isEnding()) {
                return;
            }
            tooSlow = !queue.hasRoomFor(answer);
            if (!tooSlow) {
                queue.add(answer);
            }
        } finally {
            lock.unlock();
        }
        if (tooSlow) {
            endSlow();
        } else {
            wake();
        }
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

    /** Returns whether the client may say more. */
    private boolean heard() {
        lock.lock();
        try {
            lastHeard = feed.nanos();
            return incoming.permits(lastHeard);
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
            ResumeToken at = queuedUpTo;
            if (instead) {
                feed.figures().dropped.add(queue.clear());
                at = inFlight != null && inFlight.position() != null ? inFlight.position() : reached;
            }
            queue.add(feed.encoder().closing(at, code, why, request.transport()));
            cursor = takeCatchUp();
        } finally {
            lock.unlock();
        }
        feed.hub().leave(this);
        stop(cursor);
        wake();
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
        lock.lock();
        try {
            return stage;
        } finally {
            lock.unlock();
        }
    }

    /** How much waits: messages and bytes. */
    long[] waiting() {
        lock.lock();
        try {
            return new long[] {queue.size(), queue.bytes()};
        } finally {
            lock.unlock();
        }
    }
}
