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

    private CompletableFuture<ServerReply> awaited;
    private boolean opened;
    private @Nullable ResumeToken position;
    private volatile boolean exhausted;

    CommandChangeCursor(CommandSession session, StreamCommands commands, Watchdog watchdog, ServerReply opening) {
        this.session = session;
        this.commands = commands;
        this.watchdog = watchdog;
        this.opening = CursorReply.read(opening);
        this.awaited = CompletableFuture.completedFuture(opening);
    }

    /** The first batch is the reply to the opening: empty, it tells the position. */
    @Override
    public RawBatch next() throws InterruptedException {
        if (exhausted) {
            throw new IllegalStateException(
                    "The server closed the cursor with the last batch. Open another after its position.");
        }
        long begin = System.nanoTime();
        CursorReply reply = CursorReply.read(awaitReply());
        if (opened) {
            watchdog.gotBatch(reply.batch(), Duration.ofNanos(System.nanoTime() - begin));
        }
        opened = true;
        position = reply.batch().positionAfter();
        exhausted = reply.isLast();
        if (!exhausted) {
            awaited = session.send(commands.getMore(reply));
        }
        return reply.batch();
    }

    private ServerReply awaitReply() throws InterruptedException {
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
