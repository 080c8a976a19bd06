package io.changewatch.it;

import static io.changewatch.it.Eventually.LIMIT;
import static io.changewatch.it.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.mongodb.ConnectionString;
import com.mongodb.MongoClientSettings;
import com.mongodb.MongoCommandException;
import com.mongodb.client.model.ChangeStreamPreAndPostImagesOptions;
import com.mongodb.client.model.Collation;
import com.mongodb.client.model.CollationStrength;
import com.mongodb.client.model.CreateCollectionOptions;
import com.mongodb.client.model.Filters;
import com.mongodb.client.model.Updates;
import com.mongodb.client.model.changestream.FullDocument;
import com.mongodb.client.model.changestream.FullDocumentBeforeChange;
import com.mongodb.reactivestreams.client.MongoClient;
import com.mongodb.reactivestreams.client.MongoClients;
import com.mongodb.reactivestreams.client.MongoCollection;
import com.mongodb.reactivestreams.client.MongoDatabase;
import io.changewatch.StartPosition;
import io.changewatch.event.Namespace;
import io.changewatch.event.ResumeToken;
import io.changewatch.internal.source.ChangeCursor;
import io.changewatch.internal.source.ChangeSource;
import io.changewatch.internal.source.CursorClosedException;
import io.changewatch.internal.source.RawBatch;
import io.changewatch.internal.source.SourceSettings;
import io.changewatch.testkit.LocalReplicaSet;
import io.changewatch.testkit.Publishers;
import io.changewatch.testkit.TestServer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.bson.BsonDocument;
import org.bson.BsonString;
import org.bson.BsonTimestamp;
import org.bson.Document;
import org.bson.RawBsonDocument;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What every {@link ChangeSource} promises, against a real server. */
@Timeout(120)
abstract class ChangeSourceContract {

    private final RecordedCommands commands = new RecordedCommands();
    private final List<AutoCloseable> opened = new ArrayList<>();
    private MongoClient client;
    private MongoDatabase database;
    private MongoCollection<Document> orders;

    /** The implementation under test. */
    abstract ChangeSource source(MongoClient client, SourceSettings settings);

    @BeforeEach
    void connect() {
        client = MongoClients.create(MongoClientSettings.builder()
                .applyConnectionString(new ConnectionString(TestServer.connectionString()))
                .addCommandListener(commands)
                .build());
        database = TestServer.client().getDatabase(TestServer.newDatabaseName());
        Publishers.await(database.createCollection("orders"));
        orders = database.getCollection("orders");
    }

    @AfterEach
    void disconnect() throws Exception {
        for (AutoCloseable toClose : opened) {
            toClose.close();
        }
        client.close();
        Publishers.await(database.drop());
    }

    @Test
    void startsWithTheNextChange() throws Exception {
        insert(orders, 1);
        ChangeCursor cursor = open(onOrders(), StartPosition.now());
        insert(orders, 2);

        assertThat(idsOf(take(cursor, 1))).containsExactly(2);
    }

    @Test
    void tellsThePositionOfTheOpeningBeforeAnyChange() throws Exception {
        RawBatch first = open(onOrders(), StartPosition.now()).next();
        insert(orders, 1);

        assertThat(first.size()).isZero();
        assertThat(idsOf(take(open(onOrders(), StartPosition.after(position(first))), 1)))
                .containsExactly(1);
    }

    @Test
    void continuesInTheMiddleOfABatch() throws Exception {
        ChangeCursor cursor = open(onOrders(), StartPosition.now());
        Publishers.await(orders.insertMany(
                IntStream.range(0, 10).mapToObj(ChangeSourceContract::order).toList()));
        BsonDocument third = take(cursor, 10).get(2);

        ChangeCursor second = open(onOrders(), StartPosition.after(new ResumeToken(third.getDocument("_id"))));
        assertThat(idsOf(take(second, 7))).containsExactly(3, 4, 5, 6, 7, 8, 9);
    }

    @Test
    void startsAtAClusterTimeWithTheChangesOfThatTime() throws Exception {
        ChangeCursor cursor = open(onOrders(), StartPosition.now());
        insert(orders, 1);
        insert(orders, 2);
        BsonTimestamp second = take(cursor, 2).get(1).getTimestamp("clusterTime");

        assertThat(idsOf(take(open(onOrders(), StartPosition.at(second)), 1))).containsExactly(2);
    }

    @Test
    void handsOutEveryChangeInOrderWhateverTheBatchSize() throws Exception {
        SourceSettings small = settings(Optional.of(scope())).batchSize(7).build();
        ChangeCursor cursor = open(small, StartPosition.now());
        Publishers.await(orders.insertMany(
                IntStream.range(0, 100).mapToObj(ChangeSourceContract::order).toList()));

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
    void theServerWorksOnTheNextBatchWhenOneIsHandedOut() throws Exception {
        ChangeCursor cursor = open(onOrders(), StartPosition.now());
        for (int handedOut = 1; handedOut <= 5; handedOut++) {
            insert(orders, handedOut);
            cursor.next();
            int expected = handedOut;
            eventually(() -> commands.named("getMore").size() == expected);
        }
    }

    @Test
    void anEmptyBatchMovesThePositionOnWhileOthersWrite() throws Exception {
        ChangeCursor cursor = open(onOrders(), StartPosition.now());
        ResumeToken opening = position(cursor.next());
        insert(database.getCollection("foreign"), 1);

        RawBatch batch = cursor.next();
        for (long end = System.nanoTime() + LIMIT.toNanos();
                !opening.isBefore(position(batch)) && System.nanoTime() < end; ) {
            batch = cursor.next();
        }
        assertThat(batch.size()).isZero();
        assertThat(opening.isBefore(position(batch))).isTrue();
    }

    @Test
    void endsWithAnInvalidateAndContinuesAfterIt() throws Exception {
        ChangeCursor cursor = open(onOrders(), StartPosition.now());
        Publishers.await(orders.drop());
        List<BsonDocument> events = take(cursor, 2);
        assertThat(typesOf(events)).containsExactly("drop", "invalidate");
        assertThat(cursor.isExhausted()).isTrue();

        insert(orders, 5);
        ResumeToken invalidate = new ResumeToken(events.get(1).getDocument("_id"));
        ChangeCursor after = open(onOrders(), StartPosition.after(invalidate));
        assertThat(idsOf(take(after, 1))).containsExactly(5);
        assertThat(after.isExhausted()).isFalse();
    }

    @Test
    void watchesADatabase() throws Exception {
        ChangeCursor cursor =
                open(settings(Optional.of(Namespace.of(database.getName()))).build(), StartPosition.now());
        insert(orders, 1);
        insert(database.getCollection("others"), 2);

        assertThat(idsOf(take(cursor, 2))).containsExactly(1, 2);
    }

    @Test
    void watchesTheWholeCluster() throws Exception {
        BsonDocument mine = BsonDocument.parse("{$match: {'ns.db': '" + database.getName() + "'}}");
        ChangeCursor cursor =
                open(settings(Optional.empty()).pipeline(List.of(mine)).build(), StartPosition.now());
        insert(orders, 1);

        assertThat(idsOf(take(cursor, 1))).containsExactly(1);
    }

    @Test
    void appliesThePipelineAndItsCollation() throws Exception {
        BsonDocument anna = BsonDocument.parse("{$match: {'fullDocument.name': 'anna'}}");
        Collation ignoringCase = Collation.builder()
                .locale("en")
                .collationStrength(CollationStrength.SECONDARY)
                .build();
        SourceSettings settings = settings(Optional.of(scope()))
                .pipeline(List.of(anna))
                .collation(ignoringCase)
                .build();
        ChangeCursor cursor = open(settings, StartPosition.now());
        Publishers.await(orders.insertOne(order(1).append("name", "Bert")));
        Publishers.await(orders.insertOne(order(2).append("name", "ANNA")));

        assertThat(idsOf(take(cursor, 1))).containsExactly(2);
        assertThat(openings().get(0).getDocument("collation")).isEqualTo(ignoringCase.asDocument());
    }

    @Test
    void asksForTheDocumentAfterAndBefore() throws Exception {
        Publishers.await(database.createCollection(
                "images",
                new CreateCollectionOptions()
                        .changeStreamPreAndPostImagesOptions(new ChangeStreamPreAndPostImagesOptions(true))));
        MongoCollection<Document> images = database.getCollection("images");
        SourceSettings settings = settings(Optional.of(Namespace.of(database.getName(), "images")))
                .fullDocument(FullDocument.REQUIRED)
                .fullDocumentBeforeChange(FullDocumentBeforeChange.REQUIRED)
                .build();
        Publishers.await(images.insertOne(order(1).append("state", "new")));
        ChangeCursor cursor = open(settings, StartPosition.now());
        Publishers.await(images.updateOne(Filters.eq(1), Updates.set("state", "paid")));

        BsonDocument update = take(cursor, 1).get(0);
        assertThat(update.getDocument("fullDocument").getString("state").getValue())
                .isEqualTo("paid");
        assertThat(update.getDocument("fullDocumentBeforeChange")
                        .getString("state")
                        .getValue())
                .isEqualTo("new");
    }

    @Test
    void showsExpandedEventsOnlyIfAsked() throws Exception {
        SourceSettings expanded =
                settings(Optional.of(scope())).showExpandedEvents(true).build();
        ChangeCursor cursor = open(expanded, StartPosition.now());
        ChangeCursor plain = open(onOrders(), StartPosition.now());
        Publishers.await(orders.createIndex(new Document("name", 1)));
        insert(orders, 1);

        assertThat(typesOf(take(cursor, 2))).containsExactly("createIndexes", "insert");
        assertThat(typesOf(take(plain, 1))).containsExactly("insert");
    }

    @Test
    void everyCommandCarriesTheComment() throws Exception {
        BsonString comment = new BsonString("order-indexer");
        open(settings(Optional.of(scope())).comment(comment).build(), StartPosition.now())
                .next();

        assertThat(openings()).allMatch(command -> command.get("comment").equals(comment));
        eventually(() -> !commands.named("getMore").isEmpty());
        assertThat(commands.named("getMore"))
                .allMatch(command -> command.get("comment").equals(comment));
    }

    @Test
    void closingWakesWhoeverWaitsForABatch() throws Exception {
        ChangeCursor cursor = open(onOrders(), StartPosition.now());
        CompletableFuture<Void> reading = CompletableFuture.runAsync(() -> readForEver(cursor));
        eventually(() -> commands.named("getMore").size() > 1);
        cursor.close();

        assertThatThrownBy(() -> reading.get(60, TimeUnit.SECONDS))
                .isInstanceOf(ExecutionException.class)
                .hasCauseInstanceOf(CursorClosedException.class);
    }

    @Test
    void aClosedSourceOpensNothing() {
        ChangeSource source = source(client, onOrders());
        source.close();
        source.close();

        assertThatThrownBy(() -> source.open(StartPosition.now())).isInstanceOf(CursorClosedException.class);
        assertThat(openings()).isEmpty();
    }

    @Test
    void closingLeavesNoCursorOnTheServer() throws Exception {
        for (int i = 0; i < 5; i++) {
            ChangeCursor cursor = open(onOrders(), StartPosition.now());
            insert(orders, i);
            take(cursor, 1);
            eventually(() -> cursorsOnTheServer() > 0);
            cursor.close();
            cursor.close();
        }

        eventually(() -> cursorsOnTheServer() == 0);
        eventually(() -> commands.inFlight() == 0);
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

    @Test
    void passesOnThatAServerIsNoReplicaSet() {
        try (LocalReplicaSet standalone = LocalReplicaSet.builder().standalone().start();
                MongoClient alone = MongoClients.create(standalone.connectionString())) {
            assertThatThrownBy(() -> source(alone, onOrders()).open(StartPosition.now()))
                    .isInstanceOf(MongoCommandException.class)
                    .extracting("errorCode")
                    .isEqualTo(40573);
        }
    }

    private Namespace scope() {
        return Namespace.of(database.getName(), "orders");
    }

    private SourceSettings onOrders() {
        return settings(Optional.of(scope())).build();
    }

    private static SourceSettingsBuilder settings(Optional<Namespace> scope) {
        return new SourceSettingsBuilder(scope);
    }

    private ChangeCursor open(SourceSettings settings, StartPosition position) throws InterruptedException {
        ChangeSource source = source(client, settings);
        opened.add(source);
        ChangeCursor cursor = source.open(position);
        opened.add(cursor);
        return cursor;
    }

    private List<BsonDocument> openings() {
        return commands.named("aggregate");
    }

    private static ResumeToken position(RawBatch batch) {
        ResumeToken position = batch.positionAfter();
        assertThat(position).isNotNull();
        return position;
    }

    private static Document order(int id) {
        return new Document("_id", id);
    }

    private static void insert(MongoCollection<Document> collection, int id) {
        Publishers.await(collection.insertOne(order(id)));
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

    /** The next {@code count} events, and no event after them in the same batch. */
    private static List<BsonDocument> take(ChangeCursor cursor, int count) throws InterruptedException {
        List<BsonDocument> events = new ArrayList<>();
        for (long end = System.nanoTime() + LIMIT.toNanos(); events.size() < count && System.nanoTime() < end; ) {
            events.addAll(events(cursor.next()));
        }
        assertThat(events).hasSize(count);
        return events;
    }

    private static List<BsonDocument> events(RawBatch batch) {
        return Arrays.stream(batch.offsets())
                .<BsonDocument>mapToObj(offset -> event(batch.bytes(), offset))
                .toList();
    }

    private static RawBsonDocument event(byte[] bytes, int offset) {
        return new RawBsonDocument(
                bytes,
                offset,
                ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getInt(offset));
    }

    private static List<Integer> idsOf(List<BsonDocument> events) {
        return events.stream()
                .map(event -> event.getDocument("documentKey").getInt32("_id").getValue())
                .toList();
    }

    private static List<String> typesOf(List<BsonDocument> events) {
        return events.stream()
                .map(event -> event.getString("operationType").getValue())
                .toList();
    }

    private long cursorsOnTheServer() {
        Document ours = new Document("ns", new Document("$regex", "^" + database.getName()));
        return ServerCursors.find(TestServer.client(), ours).size();
    }
}
