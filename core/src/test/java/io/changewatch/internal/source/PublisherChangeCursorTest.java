package io.changewatch.internal.source;

import static io.changewatch.internal.Eventually.eventually;
import static io.changewatch.internal.source.ScriptedDoor.event;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.mongodb.MongoException;
import com.mongodb.MongoSocketReadException;
import com.mongodb.ServerAddress;
import com.mongodb.client.model.changestream.FullDocument;
import com.mongodb.client.model.changestream.FullDocumentBeforeChange;
import io.changewatch.StartPosition;
import io.changewatch.event.Namespace;
import io.changewatch.event.ResumeToken;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.bson.BsonDocument;
import org.bson.BsonTimestamp;
import org.bson.RawBsonDocument;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
final class PublisherChangeCursorTest {
    private static final Duration AT_ONCE = Duration.ofMillis(1);
    private static final Duration SHORT = Duration.ofMillis(20);
    private static final Duration LONG = Duration.ofMinutes(5);
    private static final int BATCH = 3;
    private final MongoSocketReadException reset = new MongoSocketReadException("reset", new ServerAddress());

    private final ScriptedDoor door = new ScriptedDoor();
    private List<BsonDocument> pipeline = List.of();
    private final ReplyWaiter opened = new ReplyWaiter();
    private Watchdog watchdog = new Watchdog(LONG, LONG);

    private PublisherChangeCursor cursor(Duration maxAwait) throws InterruptedException {
        return cursor(maxAwait, System::nanoTime);
    }

    private PublisherChangeCursor cursor(Duration maxAwait, LongSupplier nanos) throws InterruptedException {
        SourceSettings settings = new SourceSettings(
                Optional.of(Namespace.of("shop", "orders")),
                pipeline,
                FullDocument.UPDATE_LOOKUP,
                FullDocumentBeforeChange.DEFAULT,
                false,
                BATCH,
                maxAwait,
                LONG,
                Optional.empty(),
                Optional.empty());
        PublisherChangeCursor cursor =
                new PublisherChangeCursor(door, watchdog, settings, StartPosition.now(), answer(77, "10", ""), nanos);
        cursor.begin(opened);
        assertThat(cursor.next().size()).as("the opening").isZero();
        return cursor;
    }

    private static CursorReply answer(long cursorId, String token, String events) {
        return CursorReply.read(
                ScriptedSession.reply(
                        "{\"cursor\": {\"firstBatch\": [" + events + "], \"postBatchResumeToken\": "
                                + "{\"_data\": \"" + token + "\"}, \"id\": {\"$numberLong\": \"" + cursorId
                                + "\"}, \"ns\": \"shop.orders\"}, \"ok\": 1.0, \"operationTime\": {\"$timestamp\": {\"t\": 5, \"i\": 6}}}"));
    }

    private static RawBsonDocument insert(String token) {
        return event("{_id: {_data: '" + token + "'}, operationType: 'insert'}");
    }

    private static ResumeToken token(String data) {
        return ResumeToken.fromJson("{\"_data\": \"" + data + "\"}");
    }

    private static List<String> tokens(RawBatch batch) {
        return Arrays.stream(batch.offsets())
                .mapToObj(offset -> new RawBsonDocument(
                        batch.bytes(),
                        offset,
                        ByteBuffer.wrap(batch.bytes())
                                .order(ByteOrder.LITTLE_ENDIAN)
                                .getInt(offset)))
                .map(event -> event.getDocument("_id").getString("_data").getValue())
                .toList();
    }

    private static CompletableFuture<RawBatch> reading(ChangeCursor cursor) {
        return CompletableFuture.supplyAsync(() -> {
            try {
                return cursor.next();
            } catch (InterruptedException e) {
                throw new CompletionException(e);
            }
        });
    }

    @Test
    void beginsWhereTheLookAtTheOpeningHasSeenThePresent() throws InterruptedException {
        cursor(LONG);

        assertThat(door.openings).containsExactly(StartPosition.after(token("10")));
    }

    /** The driver opens it on the server with the fewest commands, and a frozen one has few. */
    @Test
    void opensWhenTheCursorOfTheLookIsKilled() throws Exception {
        door.tidied = new CompletableFuture<>();
        CompletableFuture<PublisherChangeCursor> opening = CompletableFuture.supplyAsync(() -> {
            try {
                return cursor(LONG);
            } catch (InterruptedException e) {
                throw new CompletionException(e);
            }
        });
        door.tidying.get(10, TimeUnit.SECONDS);
        assertThat(door.openings).isEmpty();
        door.tidied.complete(true);

        opening.get(10, TimeUnit.SECONDS);
        assertThat(door.openings).hasSize(1);
    }

    @Test
    void opensAMomentLaterWhereTheCursorOfTheLookIsNotFound() throws InterruptedException {
        door.tidied = new CompletableFuture<>();
        cursor(LONG);

        assertThat(door.openings).hasSize(1);
    }

    @Test
    void opensNothingWhenItsSourceIsClosedMeanwhile() {
        door.tidied = new CompletableFuture<>();
        opened.close();

        assertThatThrownBy(() -> cursor(LONG)).isInstanceOf(CursorClosedException.class);
        assertThat(door.openings).isEmpty();
    }

    @Test
    void handsOutWhatIsThereWithTheTokenOfTheLastAndAsksForMore() throws InterruptedException {
        ChangeCursor cursor = cursor(LONG);
        assertThat(door.requested).hasValue(1);
        door.events.onNext(insert("11"));
        door.events.onNext(insert("12"));
        door.events.onNext(insert("13"));
        assertThat(door.requested).as("a batch").hasValue(BATCH);

        RawBatch batch = cursor.next();
        assertThat(tokens(batch)).containsExactly("11", "12", "13");
        assertThat(batch.positionAfter()).isEqualTo(token("13"));
        assertThat(door.requested).hasValue(BATCH + 1);
    }

    @Test
    void throwsAFailureBehindTheEventsThatCameBefore() throws InterruptedException {
        ChangeCursor cursor = cursor(LONG);
        door.events.onNext(insert("11"));
        door.events.onError(reset);

        assertThat(tokens(cursor.next())).containsExactly("11");
        assertThatThrownBy(cursor::next).isSameAs(reset);
    }

    @Test
    void saysThatTheClientIsClosed() throws InterruptedException {
        ChangeCursor cursor = cursor(LONG);
        door.events.onError(new IllegalStateException("state should be: open"));

        assertThatThrownBy(cursor::next).isInstanceOf(ClientClosedException.class);
    }

    @Test
    void endsWithAnInvalidate() throws InterruptedException {
        ChangeCursor cursor = cursor(LONG);
        door.events.onNext(event("{_id: {_data: '11'}, operationType: 'invalidate'}"));

        assertThat(tokens(cursor.next())).containsExactly("11");
        assertThat(cursor.isExhausted()).isTrue();
        assertThat(door.looks).isEmpty();
        assertThatThrownBy(cursor::next).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void passesAnInvalidateThatThePipelineLeavesOut() throws InterruptedException {
        ChangeCursor cursor = cursor(LONG);
        door.answer.complete(answer(0, "20", ""));
        door.events.onNext(insert("11"));
        door.events.onComplete();

        assertThat(tokens(cursor.next())).containsExactly("11");
        assertThat(cursor.isExhausted()).isFalse();
        RawBatch end = cursor.next();
        assertThat(end.size()).isZero();
        assertThat(end.positionAfter()).isEqualTo(token("20"));
        assertThat(cursor.isExhausted()).isTrue();
        assertThat(door.looks).containsExactly(StartPosition.after(token("11")));
    }

    @Test
    void wakesAReaderFromAnotherThreadAndCancelsOnce() throws Exception {
        ChangeCursor cursor = cursor(LONG);
        CompletableFuture<RawBatch> reading = reading(cursor);
        cursor.wake();
        cursor.wake();

        assertThatThrownBy(() -> reading.get(10, TimeUnit.SECONDS))
                .isInstanceOf(ExecutionException.class)
                .hasCauseInstanceOf(CursorClosedException.class);
        assertThat(door.cancelled).isTrue();
    }

    @Test
    void closesWithinAMomentWhereNobodyAnswers() throws InterruptedException {
        door.answers = false;
        door.tidied = new CompletableFuture<>();

        cursor(LONG).close();
        assertThat(door.cancelled).isTrue();
    }

    @Nested
    class WhileQuiet {

        @Test
        void takesThePositionOfALookThatSawNothing() throws InterruptedException {
            ChangeCursor cursor = cursor(AT_ONCE);
            door.answer.complete(answer(78, "20", ""));

            RawBatch batch = cursor.next();
            assertThat(batch.size()).isZero();
            assertThat(batch.positionAfter()).isEqualTo(token("20"));
            assertThat(batch.operationTime()).isEqualTo(new BsonTimestamp(5, 6));
            assertThat(cursor.isExhausted()).isFalse();
            assertThat(door.looks).containsExactly(StartPosition.after(token("10")));
        }

        @Test
        void saysNothingOfTheServerUntilTheNextLook() throws InterruptedException {
            AtomicLong clock = new AtomicLong();
            ChangeCursor cursor = cursor(AT_ONCE, clock::get);
            door.answer.complete(answer(78, "20", ""));
            clock.addAndGet(AT_ONCE.toNanos());
            assertThat(cursor.next().isNothingYet()).isFalse();

            assertThat(cursor.next().isNothingYet()).isTrue();
        }

        @Test
        void prefersAnEventThatComesDuringTheLook() throws Exception {
            ChangeCursor cursor = cursor(AT_ONCE);
            CompletableFuture<RawBatch> reading = reading(cursor);
            eventually(() -> door.looks.size() == 1);
            door.events.onNext(insert("11"));

            assertThat(tokens(reading.get(10, TimeUnit.SECONDS))).containsExactly("11");
        }

        /** The look was taken before the event, but its answer is read after it. */
        @Test
        void dropsThePositionOfALookDuringWhichSomethingCame() throws Exception {
            ChangeCursor cursor = cursor(AT_ONCE);
            CompletableFuture<RawBatch> reading = reading(cursor);
            eventually(() -> door.looks.size() == 1);
            door.events.onNext(insert("30"));
            door.answer.complete(answer(78, "20", ""));

            assertThat(reading.get(10, TimeUnit.SECONDS).positionAfter()).isEqualTo(token("30"));
        }

        @Test
        void throwsWhatALookFailsWith() throws InterruptedException {
            ChangeCursor cursor = cursor(AT_ONCE);
            MongoException gone = new MongoException(286, "history lost");
            door.answer.completeExceptionally(gone);

            assertThatThrownBy(cursor::next).isSameAs(gone);
        }

        /** Of a server that another look may not meet, and that this stream does not use. */
        @Test
        void endsWithTheSecondLookInARowThatBreaksOff() throws InterruptedException {
            AtomicLong clock = new AtomicLong();
            ChangeCursor cursor = cursor(AT_ONCE, clock::get);
            CompletableFuture<CursorReply> brokenOff = CompletableFuture.failedFuture(reset);
            for (int i = 0; i < 3; i++) {
                clock.addAndGet(LONG.toNanos());
                door.answer = brokenOff;
                assertThat(cursor.next().isNothingYet()).isTrue();
                clock.addAndGet(LONG.toNanos());
                door.answer = CompletableFuture.completedFuture(answer(78, "2" + i, ""));
                assertThat(cursor.next().positionAfter()).isEqualTo(token("2" + i));
            }
            door.answer = brokenOff;
            clock.addAndGet(LONG.toNanos());
            assertThat(cursor.next().isNothingYet()).isTrue();
            clock.addAndGet(LONG.toNanos());
            assertThatThrownBy(cursor::next).isSameAs(reset);
        }

        /** The look's server may have looked the document up later, and left out what this stream still brings. */
        @Test
        void keepsItsPositionWhereThePipelineDecidesByLookUps() throws InterruptedException {
            pipeline = List.of(BsonDocument.parse("{$match: {'fullDocument.status': 'new'}}"));
            AtomicLong clock = new AtomicLong();
            ChangeCursor cursor = cursor(AT_ONCE, clock::get);
            for (String seen : List.of("20", "30")) {
                clock.addAndGet(LONG.toNanos());
                door.answer = CompletableFuture.completedFuture(answer(78, seen, ""));
                assertThat(cursor.next().positionAfter()).isEqualTo(token("10"));
            }
            assertThat(door.looks).containsExactly(StartPosition.after(token("10")), StartPosition.after(token("20")));

            door.events.onNext(insert("15"));
            assertThat(cursor.next().positionAfter()).isEqualTo(token("15"));
        }

        @Test
        void waitsForTheEventThatALookHasSeen() throws Exception {
            ChangeCursor cursor = cursor(AT_ONCE);
            door.answer.complete(answer(78, "11", "{\"_id\": {\"_data\": \"11\"}}"));
            CompletableFuture<RawBatch> reading = reading(cursor);
            eventually(() -> door.looks.size() == 1);
            assertThat(reading).isNotDone();
            door.events.onNext(insert("11"));

            assertThat(tokens(reading.get(10, TimeUnit.SECONDS))).containsExactly("11");
        }

        @Test
        void givesUpACursorThatDoesNotBringWhatALookHasSeen() throws InterruptedException {
            watchdog = new Watchdog(AT_ONCE, SHORT);
            ChangeCursor cursor = cursor(AT_ONCE);
            door.answer.complete(answer(78, "11", "{\"_id\": {\"_data\": \"11\"}}"));

            assertThatThrownBy(cursor::next)
                    .isInstanceOf(StalledStreamException.class)
                    .hasMessage(
                            "The next event of shop.orders at db1:27017 did not come within PT0.021S, although another "
                                    + "cursor has seen it. The connection may be half-open, or the server is busy or far behind the "
                                    + "others. Open the stream again: it may then take PT0.041S. If this repeats, raise "
                                    + "unresponsiveAfter (PT0.02S).");
            assertThat(watchdog.isSuspicious()).isTrue();
        }

        @Test
        void givesUpWhereALookIsNotAnswered() throws InterruptedException {
            watchdog = new Watchdog(AT_ONCE, SHORT);
            ChangeCursor cursor = cursor(AT_ONCE);

            assertThatThrownBy(cursor::next)
                    .isInstanceOf(StalledStreamException.class)
                    .hasMessageStartingWith(
                            "A look at the quiet stream of shop.orders at db1:27017 was not answered within PT0.021S. ");
            assertThat(watchdog.getMoreLimit()).as("grows").isEqualTo(Duration.ofMillis(41));
            assertThat(watchdog.stuckCommands()).isEqualTo(1);
        }

        @Test
        void isWokenDuringALook() throws Exception {
            ChangeCursor cursor = cursor(AT_ONCE);
            CompletableFuture<RawBatch> reading = reading(cursor);
            eventually(() -> door.looks.size() == 1);
            cursor.wake();

            assertThatThrownBy(() -> reading.get(10, TimeUnit.SECONDS))
                    .isInstanceOf(ExecutionException.class)
                    .hasCauseInstanceOf(CursorClosedException.class);
        }

        @Test
        void throwsAFailureThatComesDuringALook() throws Exception {
            ChangeCursor cursor = cursor(AT_ONCE);
            CompletableFuture<RawBatch> reading = reading(cursor);
            eventually(() -> door.looks.size() == 1);
            door.events.onError(reset);

            assertThatThrownBy(() -> reading.get(10, TimeUnit.SECONDS)).hasRootCause(reset);
        }
    }

    @Test
    void keepsNoEventAliveThroughItsPosition() throws InterruptedException {
        ChangeCursor cursor = cursor(LONG);
        door.events.onNext(insert("11"));

        ResumeToken position = cursor.next().positionAfter();
        assertThat(position).isNotNull();
        assertThat(position.value())
                .isNotInstanceOf(RawBsonDocument.class)
                .isEqualTo(BsonDocument.parse("{_data: '11'}"));
    }
}
