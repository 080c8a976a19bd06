package io.changewatch.it;

import static io.changewatch.it.Eventually.LIMIT;
import static io.changewatch.it.Eventually.eventually;
import static io.changewatch.it.ReadEvents.events;
import static io.changewatch.it.ReadEvents.idsOf;
import static io.changewatch.it.ReadEvents.take;
import static io.changewatch.it.ReadEvents.typesOf;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.mongodb.MongoCommandException;
import com.mongodb.client.model.changestream.FullDocument;
import com.mongodb.client.model.changestream.FullDocumentBeforeChange;
import com.mongodb.reactivestreams.client.MongoClient;
import io.changewatch.StartPosition;
import io.changewatch.event.Namespace;
import io.changewatch.event.ResumeToken;
import io.changewatch.internal.source.ChangeCursor;
import io.changewatch.internal.source.ChangeSource;
import io.changewatch.internal.source.CursorClosedException;
import io.changewatch.internal.source.RawBatch;
import io.changewatch.internal.source.SourceSettings;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.bson.BsonDocument;
import org.bson.BsonTimestamp;
import org.bson.Document;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What every {@link ChangeSource} promises; and what the scripted replica set must do as a real server does. */
@Timeout(120)
abstract class ChangeSourceContract {

    private final List<AutoCloseable> opened = new ArrayList<>();
    ServerUnderTest server;

    /** The server that the source reads from. */
    abstract ServerUnderTest startServer();

    /** The implementation under test. */
    abstract ChangeSource source(MongoClient client, SourceSettings settings);

    @BeforeEach
    void connect() {
        server = startServer();
    }

    @AfterEach
    void disconnect() throws Exception {
        for (AutoCloseable toClose : opened) {
            toClose.close();
        }
        server.close();
    }

    @Test
    void startsWithTheNextChange() throws Exception {
        insert("orders", 1);
        ChangeCursor cursor = open(onOrders(), StartPosition.now());
        insert("orders", 2);

        assertThat(idsOf(take(cursor, 1))).containsExactly(2);
    }

    @Test
    void tellsThePositionOfTheOpeningBeforeAnyChange() throws Exception {
        RawBatch first = open(onOrders(), StartPosition.now()).next();
        insert("orders", 1);

        assertThat(first.size()).isZero();
        assertThat(idsOf(take(open(onOrders(), StartPosition.after(position(first))), 1)))
                .containsExactly(1);
    }

    @Test
    void continuesInTheMiddleOfABatch() throws Exception {
        ChangeCursor cursor = open(onOrders(), StartPosition.now());
        server.insert("orders", orders(10));
        BsonDocument third = take(cursor, 10).get(2);

        ChangeCursor second = open(onOrders(), StartPosition.after(new ResumeToken(third.getDocument("_id"))));
        assertThat(idsOf(take(second, 7))).containsExactly(3, 4, 5, 6, 7, 8, 9);
    }

    @Test
    void startsAtAClusterTimeWithTheChangesOfThatTime() throws Exception {
        ChangeCursor cursor = open(onOrders(), StartPosition.now());
        insert("orders", 1);
        insert("orders", 2);
        BsonTimestamp second = take(cursor, 2).get(1).getTimestamp("clusterTime");

        assertThat(idsOf(take(open(onOrders(), StartPosition.at(second)), 1))).containsExactly(2);
    }

    @Test
    void handsOutEveryChangeInOrderWhateverTheBatchSize() throws Exception {
        SourceSettings small = settings(Optional.of(scope())).batchSize(7).build();
        ChangeCursor cursor = open(small, StartPosition.now());
        server.insert("orders", orders(100));

        List<BsonDocument> events = new ArrayList<>();
        while (events.size() < 100) {
            RawBatch batch = cursor.next();
            assertThat(batch.size()).isLessThanOrEqualTo(7);
            events.addAll(events(batch));
        }
        assertThat(idsOf(events))
                .containsExactlyElementsOf(IntStream.range(0, 100).boxed().toList());
    }

    @Test
    void anEmptyBatchMovesThePositionOnWhileOthersWrite() throws Exception {
        ChangeCursor cursor = open(onOrders(), StartPosition.now());
        ResumeToken opening = position(cursor.next());
        insert("foreign", 1);

        RawBatch batch = nextAnswer(cursor);
        for (long end = System.nanoTime() + LIMIT.toNanos();
                !opening.isBefore(position(batch)) && System.nanoTime() < end; ) {
            batch = nextAnswer(cursor);
        }
        assertThat(batch.size()).isZero();
        assertThat(opening.isBefore(position(batch))).isTrue();
    }

    @Test
    void endsWithAnInvalidateAndContinuesAfterIt() throws Exception {
        ChangeCursor cursor = open(onOrders(), StartPosition.now());
        server.drop("orders");
        List<BsonDocument> events = take(cursor, 2);
        assertThat(typesOf(events)).containsExactly("drop", "invalidate");
        assertThat(cursor.isExhausted()).isTrue();

        insert("orders", 5);
        ResumeToken invalidate = new ResumeToken(events.get(1).getDocument("_id"));
        ChangeCursor after = open(onOrders(), StartPosition.after(invalidate));
        assertThat(idsOf(take(after, 1))).containsExactly(5);
        assertThat(after.isExhausted()).isFalse();
    }

    @Test
    void watchesADatabase() throws Exception {
        ChangeCursor cursor =
                open(settings(Optional.of(Namespace.of(server.database()))).build(), StartPosition.now());
        insert("orders", 1);
        insert("others", 2);

        assertThat(idsOf(take(cursor, 2))).containsExactly(1, 2);
    }

    @Test
    void watchesTheWholeCluster() throws Exception {
        BsonDocument mine = BsonDocument.parse("{$match: {'ns.db': '" + server.database() + "'}}");
        ChangeCursor cursor =
                open(settings(Optional.empty()).pipeline(List.of(mine)).build(), StartPosition.now());
        insert("orders", 1);

        assertThat(idsOf(take(cursor, 1))).containsExactly(1);
    }

    @Test
    void asksForTheDocumentAfterAndBefore() throws Exception {
        SourceSettings settings = settings(Optional.of(scope()))
                .fullDocument(FullDocument.REQUIRED)
                .fullDocumentBeforeChange(FullDocumentBeforeChange.REQUIRED)
                .build();
        server.insert("orders", order(1).append("state", "new"));
        ChangeCursor cursor = open(settings, StartPosition.now());
        server.set("orders", 1, new Document("state", "paid"));

        BsonDocument update = take(cursor, 1).get(0);
        assertThat(update.getDocument("fullDocument").getString("state").getValue())
                .isEqualTo("paid");
        assertThat(update.getDocument("fullDocumentBeforeChange")
                        .getString("state")
                        .getValue())
                .isEqualTo("new");
    }

    @Test
    void closingWakesWhoeverWaitsForABatch() throws Exception {
        ChangeCursor cursor = open(onOrders(), StartPosition.now());
        CompletableFuture<Void> reading = CompletableFuture.runAsync(() -> readForEver(cursor));
        eventually(() -> server.openCursors() > 0);
        cursor.close();

        assertThatThrownBy(() -> reading.get(60, TimeUnit.SECONDS))
                .isInstanceOf(ExecutionException.class)
                .hasCauseInstanceOf(CursorClosedException.class);
    }

    @Test
    void aClosedSourceOpensNothing() {
        ChangeSource source = source(server.client(), onOrders());
        source.close();
        source.close();

        assertThatThrownBy(() -> source.open(StartPosition.now())).isInstanceOf(CursorClosedException.class);
        assertThat(server.openCursors()).isZero();
        assertThat(server.sent("aggregate")).isEmpty();
    }

    @Test
    void closingLeavesNoCursorOnTheServer() throws Exception {
        for (int i = 0; i < 5; i++) {
            ChangeCursor cursor = open(onOrders(), StartPosition.now());
            insert("orders", i);
            take(cursor, 1);
            eventually(() -> server.openCursors() > 0);
            cursor.close();
            cursor.close();
        }

        eventually(() -> server.openCursors() == 0);
    }

    @Test
    void passesTheServersRefusalOn() {
        SourceSettings illegal = settings(Optional.of(scope()))
                .pipeline(List.of(BsonDocument.parse("{$out: 'elsewhere'}")))
                .build();

        assertThatThrownBy(() -> open(illegal, StartPosition.now())).isInstanceOf(MongoCommandException.class);
        assertThatThrownBy(() -> open(onOrders(), StartPosition.after(ResumeToken.fromJson("{\"_data\": \"82\"}"))))
                .isInstanceOf(MongoCommandException.class);
    }

    Namespace scope() {
        return Namespace.of(server.database(), "orders");
    }

    SourceSettings onOrders() {
        return settings(Optional.of(scope())).build();
    }

    static SourceSettingsBuilder settings(Optional<Namespace> scope) {
        return new SourceSettingsBuilder(scope);
    }

    ChangeCursor open(SourceSettings settings, StartPosition position) throws InterruptedException {
        ChangeSource source = source(server.client(), settings);
        opened.add(source);
        ChangeCursor cursor = source.open(position);
        opened.add(cursor);
        return cursor;
    }

    /** The next batch that is the server's word. */
    private static RawBatch nextAnswer(ChangeCursor cursor) throws InterruptedException {
        RawBatch batch = cursor.next();
        while (batch.isNothingYet()) {
            batch = cursor.next();
        }
        return batch;
    }

    private static ResumeToken position(RawBatch batch) {
        ResumeToken position = batch.positionAfter();
        assertThat(position).isNotNull();
        return position;
    }

    static Document order(int id) {
        return new Document("_id", id);
    }

    private static Document[] orders(int count) {
        return IntStream.range(0, count).mapToObj(ChangeSourceContract::order).toArray(Document[]::new);
    }

    void insert(String collection, int id) {
        server.insert(collection, order(id));
    }

    private static void readForEver(ChangeCursor cursor) {
        try {
            while (!cursor.isExhausted()) {
                cursor.next();
            }
        } catch (InterruptedException interrupted) {
            throw new CompletionException(interrupted);
        }
    }
}
