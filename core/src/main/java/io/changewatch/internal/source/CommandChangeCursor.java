package io.changewatch.internal.source;

import com.mongodb.MongoException;
import io.changewatch.event.ResumeToken;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * A cursor read with getMore commands, of which one is always in flight: it is sent before the batch before it is handed out.
 *
 * <p>Whoever is first sends it. Where the watcher waits when a reply comes, the driver's thread that brings it also asks for the
 * next one, while the watcher wakes up and hands out the first event. Where the watcher is busy, it asks itself when it comes
 * back, so that never more than one reply is read ahead:
 *
 * <pre>
 * watcher's thread   … waits ────────────┐ takes the reply, hands out its events …
 * driver's thread        a reply comes ──┴─ the next getMore
 * </pre>
 *
 * <p>Called on the watcher's thread only, except {@link #wake()}.
 */
final class CommandChangeCursor implements ChangeCursor {
    private static final Duration PATIENCE_WHEN_CLOSING = Duration.ofSeconds(1);

    private final CommandSession session;
    private final StreamCommands commands;
    private final Watchdog watchdog;
    private final CursorReply opening;
    private final ReplyWaiter waiter = new ReplyWaiter();
    private final AtomicBoolean ended = new AtomicBoolean();
    /** Completed when nobody needs to wait for the end of the cursor on the server. */
    private final CompletableFuture<Boolean> gone = new CompletableFuture<>();

    /** Set while the watcher waits; whoever unsets it asks for the reply after the awaited one. */
    private final AtomicBoolean isWaiting = new AtomicBoolean();

    private CompletableFuture<Answer> awaited;
    private boolean opened;
    private @Nullable ResumeToken position;
    private volatile boolean exhausted;

    CommandChangeCursor(CommandSession session, StreamCommands commands, Watchdog watchdog, ServerReply opening) {
        this.session = session;
        this.commands = commands;
        this.watchdog = watchdog;
        this.opening = CursorReply.read(opening);
        this.awaited = CompletableFuture.completedFuture(new Answer(this.opening, null));
    }

    /**
     * What a getMore brought.
     *
     * @param following the answer to the next one, if that is sent already
     */
    private record Answer(CursorReply reply, @Nullable CompletableFuture<Answer> following) {}

    /** The first batch is the reply to the opening: empty, it tells the position. */
    @Override
    public RawBatch next() throws InterruptedException {
        if (exhausted) {
            throw new IllegalStateException(
                    "The server closed the cursor with the last batch. Open another after its position.");
        }
        long begin = System.nanoTime();
        Answer answer = awaitAnswer();
        CursorReply reply = answer.reply();
        if (opened) {
            watchdog.gotBatch(reply.batch(), Duration.ofNanos(System.nanoTime() - begin));
        }
        opened = true;
        position = reply.batch().positionAfter();
        exhausted = reply.isLast();
        if (!exhausted) {
            awaited = answer.following() == null ? ask(reply) : answer.following();
        }
        return reply.batch();
    }

    private CompletableFuture<Answer> ask(CursorReply reply) {
        CompletableFuture<Answer> next = new CompletableFuture<>();
        ask(reply, next);
        return next;
    }

    private void ask(CursorReply reply, CompletableFuture<Answer> next) {
        try {
            CompletableFuture<?> unused = session.send(commands.getMore(reply))
                    .whenComplete((bytes, failure) -> arrived(next, bytes, failure));
        } catch (Throwable e) { // the watcher's to meet, on its thread
            next.completeExceptionally(e);
        }
    }

    /** Called on a thread of the driver. */
    private void arrived(CompletableFuture<Answer> next, @Nullable ServerReply bytes, @Nullable Throwable failure) {
        if (bytes == null) {
            next.completeExceptionally(failure);
            return;
        }
        try {
            arrived(next, CursorReply.read(bytes));
        } catch (Throwable malformed) { // else the watcher would wait for a batch that has come
            next.completeExceptionally(malformed);
        }
    }

    /** The watcher is woken first: its event has waited for longest. */
    private void arrived(CompletableFuture<Answer> next, CursorReply reply) {
        if (!reply.isLast() && !ended.get() && isWaiting.compareAndSet(true, false)) {
            CompletableFuture<Answer> following = new CompletableFuture<>();
            next.complete(new Answer(reply, following));
            ask(reply, following);
        } else {
            next.complete(new Answer(reply, null));
        }
    }

    private Answer awaitAnswer() throws InterruptedException {
        isWaiting.set(!awaited.isDone());
        try {
            return awaitReply();
        } finally {
            isWaiting.set(false);
        }
    }

    private Answer awaitReply() throws InterruptedException {
        Duration limit = watchdog.getMoreLimit();
        try {
            return waiter.await(awaited, limit);
        } catch (TimeoutException silent) {
            throw giveUp(limit);
        } catch (MongoException | ClientClosedException failure) {
            throw waiter.isClosed() ? new CursorClosedException() : failure;
        }
    }

    private StalledStreamException giveUp(Duration limit) {
        watchdog.getMoreStalled(position);
        StalledStreamException stalled =
                watchdog.giveUp(awaited, "A getMore on " + commands.target() + " at " + session.server(), limit);
        gone.complete(false); // the answer may take as long as the getMore's
        wake();
        return stalled;
    }

    @Override
    public boolean isExhausted() {
        return exhausted;
    }

    /** Waits also where another thread has begun to end it: whoever closes may close the client next. */
    @Override
    public void close() {
        wake();
        try {
            new ReplyWaiter().await(gone, PATIENCE_WHEN_CLOSING);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        } catch (TimeoutException unreachable) {
            // The attempts go on; if all fail, the cursor ends with its session on the server, after half an hour.
        }
    }

    /** The getMore in flight would answer only when its await time ends, so nobody waits for that. */
    @Override
    public void wake() {
        if (!ended.compareAndSet(false, true)) {
            return;
        }
        waiter.close();
        if (exhausted) {
            gone.complete(true);
        } else {
            kill();
        }
        session.release();
    }

    private void kill() {
        if (!session.knowsServer()) {
            gone.complete(false);
        }
        CompletableFuture<?> unused = session.kill(commands.killCursors(opening))
                .whenComplete((reply, failure) -> gone.complete(failure == null));
    }
}
