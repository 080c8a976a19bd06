package io.changewatch.internal.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.mongodb.MongoSocketReadException;
import com.mongodb.ServerAddress;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.bson.BsonDocument;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
final class CommandChangeCursorTest {
    private static final Duration SHORT = Duration.ofMillis(20);
    private static final Duration LONG = Duration.ofMinutes(5);

    private final ScriptedSession session = new ScriptedSession();
    private Watchdog watchdog = new Watchdog(LONG, LONG);

    @Test
    void asksForTheNextBatchBeforeItHandsOneOut() throws InterruptedException {
        ChangeCursor cursor = cursor();
        assertThat(session.sent).isEmpty();

        assertThat(cursor.next().size()).isZero();
        assertThat(session.sent).containsExactly(getMore());

        session.inFlight.complete(ScriptedSession.batch(77, "{\"_id\": 1}"));
        assertThat(cursor.next().size()).isEqualTo(1);
        assertThat(session.sent).containsExactly(getMore(), getMore());
    }

    @Test
    void asksForTheNextBatchAsSoonAsOneComesThatTheWatcherWaitsFor() throws Exception {
        ChangeCursor cursor = cursor();
        cursor.next();
        Waiter watcher = Waiter.on(cursor);

        session.inFlight.complete(ScriptedSession.batch(77, "{\"_id\": 1}"));
        assertThat(session.sent)
                .as("asked on the thread that brought the batch")
                .hasSize(2);
        assertThat(watcher.batch().get(60, TimeUnit.SECONDS).size()).isEqualTo(1);
        watcher.thread().join();

        session.inFlight.complete(ScriptedSession.batch(77, "{\"_id\": 2}"));
        assertThat(session.sent).as("nobody waits: one batch is read ahead").hasSize(2);
        assertThat(cursor.next().size()).isEqualTo(1);
        assertThat(session.sent).hasSize(3);
    }

    @Test
    void asksForNothingOnceItIsClosed() throws Exception {
        ChangeCursor cursor = cursor();
        cursor.next();
        Waiter watcher = Waiter.on(cursor);
        cursor.close();
        session.inFlight.complete(ScriptedSession.batch(77, "{\"_id\": 1}"));
        watcher.thread().join();

        assertThat(session.sent).hasSize(1);
    }

    @Test
    void handsAReplyThatIsNoneToTheWatcher() throws InterruptedException {
        ChangeCursor cursor = cursor();
        cursor.next();
        session.inFlight.complete(ScriptedSession.reply("{\"ok\": 1.0}"));

        assertThatThrownBy(cursor::next).isInstanceOf(MalformedReplyException.class);
    }

    @Test
    void asksForNothingAfterTheServerClosedTheCursor() throws InterruptedException {
        ChangeCursor cursor = cursor();
        cursor.next();
        session.inFlight.complete(ScriptedSession.batch(0, "{\"_id\": 1}"));
        assertThat(cursor.isExhausted()).isFalse();

        assertThat(cursor.next().size()).isEqualTo(1);
        assertThat(cursor.isExhausted()).isTrue();
        assertThat(session.sent).hasSize(1);
        assertThatThrownBy(cursor::next)
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("The server closed the cursor with the last batch. Open another after its position.");

        cursor.close();
        assertThat(session.kills).isEmpty();
        assertThat(session.released).hasValue(1);
    }

    @Test
    void handsOutABatchBeforeTheErrorThatFollowedIt() throws InterruptedException {
        ChangeCursor cursor = cursor();
        MongoSocketReadException reset = new MongoSocketReadException("reset", new ServerAddress());
        cursor.next();
        session.inFlight.complete(ScriptedSession.batch(77, "{\"_id\": 1}"));
        assertThat(cursor.next().size()).isEqualTo(1);
        session.inFlight.completeExceptionally(reset);

        assertThatThrownBy(cursor::next).isSameAs(reset);
    }

    @Test
    void killsTheCursorOnceHoweverOftenItIsClosed() {
        ChangeCursor cursor = cursor();
        cursor.close();
        cursor.close();

        assertThat(session.kills)
                .containsExactly(BsonDocument.parse("{killCursors: 'orders', cursors: [{$numberLong: '77'}]}"));
        assertThat(session.released).hasValue(1);
        assertThatThrownBy(cursor::next).isInstanceOf(CursorClosedException.class);
    }

    @Test
    void closingWakesWhoeverWaits() throws Exception {
        ChangeCursor cursor = cursor();
        cursor.next();
        Waiter watcher = Waiter.on(cursor);
        cursor.close();

        assertThatThrownBy(() -> watcher.batch().get(60, TimeUnit.SECONDS))
                .isInstanceOf(ExecutionException.class)
                .hasCauseInstanceOf(CursorClosedException.class);
        watcher.thread().join();
    }

    @Test
    void closingNeverFailsAndDoesNotWaitForAnAnswerThatNeverComes() {
        session.kill = new CompletableFuture<>();
        cursor().close();
        assertThat(session.released).hasValue(1);
    }

    @Test
    void closingNeverFailsWhenTheServerIsGone() {
        session.kill = CompletableFuture.failedFuture(new MongoSocketReadException("reset", new ServerAddress()));
        cursor().close();
        assertThat(session.released).hasValue(1);
    }

    @Test
    void closingKeepsAnInterrupt() {
        session.kill = new CompletableFuture<>();
        Thread.currentThread().interrupt();
        cursor().close();
        assertThat(Thread.interrupted()).isTrue();
    }

    @Test
    void givesAGetMoreUpThatIsNotAnswered() throws InterruptedException {
        watchdog = new Watchdog(SHORT, SHORT);
        ChangeCursor cursor = cursor();
        cursor.next();

        assertThatThrownBy(cursor::next)
                .isInstanceOf(StalledStreamException.class)
                .hasMessageStartingWith("A getMore on shop.orders at db1:27017 was not answered within PT0.04S. ");
        assertThat(session.kills).hasSize(1);
        assertThat(session.released).hasValue(1);
        assertThat(watchdog.stuckCommands()).isEqualTo(1);
        assertThat(watchdog.getMoreLimit()).as("the first getMore of a cursor").isEqualTo(SHORT.multipliedBy(3));
    }

    @Test
    void aLaterGetMoreThatIsNotAnsweredEnlargesTheMarginAsWell() throws InterruptedException {
        watchdog = new Watchdog(SHORT, SHORT);
        ChangeCursor cursor = cursor();
        cursor.next();
        session.inFlight.complete(ScriptedSession.batch(77, ""));
        cursor.next();

        assertThatThrownBy(cursor::next).isInstanceOf(StalledStreamException.class);
        assertThat(watchdog.getMoreLimit()).isEqualTo(SHORT.multipliedBy(3));
    }

    @Test
    void aSecondBatchThatNeedsLongerThanTheFirstMarginComesInTheEnd() throws InterruptedException {
        watchdog = new Watchdog(SHORT, SHORT);
        for (int attempt = 0; attempt < 3; attempt++) {
            ChangeCursor cursor = cursor();
            cursor.next();
            session.inFlight.complete(fragment());
            cursor.next();

            assertThatThrownBy(cursor::next).isInstanceOf(StalledStreamException.class);
        }
        assertThat(watchdog.getMoreLimit()).isEqualTo(SHORT.multipliedBy(9));
    }

    /** What comes first each time, at the same place, before the server falls silent. */
    private static ServerReply fragment() {
        return ScriptedSession.reply("""
                {"cursor": {"nextBatch": [{"_id": {"_data": "8205"}}], "postBatchResumeToken": {"_data": "8205"},
                 "id": {"$numberLong": "77"}, "ns": "shop.orders"}, "ok": 1.0}""");
    }

    @Test
    void anInterruptedWaitCanGoOn() throws InterruptedException {
        ChangeCursor cursor = cursor();
        cursor.next();
        Thread.currentThread().interrupt();
        assertThatThrownBy(cursor::next).isInstanceOf(InterruptedException.class);

        session.inFlight.complete(ScriptedSession.batch(77, "{\"_id\": 1}"));
        assertThat(cursor.next().size()).isEqualTo(1);
    }

    private ChangeCursor cursor() {
        StreamCommands commands = new StreamCommands(StreamCommandsTest.settings());
        return new CommandChangeCursor(session, commands, watchdog, ScriptedSession.batch(77, ""));
    }

    private static BsonDocument getMore() {
        return BsonDocument.parse(
                "{getMore: {$numberLong: '77'}, collection: 'orders', maxTimeMS: {$numberLong: '1000'}, batchSize: 500}");
    }

    /** Waits for the next batch on a thread of its own. */
    private record Waiter(Thread thread, CompletableFuture<RawBatch> batch) {

        /** Returns when it waits. */
        static Waiter on(ChangeCursor cursor) {
            CompletableFuture<RawBatch> batch = new CompletableFuture<>();
            Thread thread = new Thread(() -> complete(batch, cursor), "watcher");
            thread.start();
            while (thread.getState() != Thread.State.TIMED_WAITING) {
                Thread.onSpinWait();
            }
            return new Waiter(thread, batch);
        }

        private static void complete(CompletableFuture<RawBatch> batch, ChangeCursor cursor) {
            try {
                batch.complete(cursor.next());
            } catch (InterruptedException | RuntimeException failure) {
                batch.completeExceptionally(failure);
            }
        }
    }
}
