package io.changewatch.it;

import static io.changewatch.it.ReadEvents.events;
import static io.changewatch.it.ReadEvents.take;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.mongodb.MongoCommandException;
import com.mongodb.MongoException;
import com.mongodb.client.model.changestream.FullDocument;
import com.mongodb.client.model.changestream.FullDocumentBeforeChange;
import com.mongodb.reactivestreams.client.ClientSession;
import com.mongodb.reactivestreams.client.MongoClient;
import com.mongodb.reactivestreams.client.MongoClients;
import io.changewatch.StartPosition;
import io.changewatch.event.Namespace;
import io.changewatch.event.ResumeToken;
import io.changewatch.internal.source.ChangeCursor;
import io.changewatch.internal.source.ChangeSource;
import io.changewatch.internal.source.CommandChangeSource;
import io.changewatch.internal.source.RawBatch;
import io.changewatch.internal.source.SourceSettings;
import io.changewatch.testkit.LocalReplicaSet;
import io.changewatch.testkit.Publishers;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.bson.BsonArray;
import org.bson.BsonBinary;
import org.bson.BsonBoolean;
import org.bson.BsonDateTime;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.bson.BsonInt64;
import org.bson.BsonString;
import org.bson.BsonTimestamp;
import org.bson.BsonValue;
import org.bson.Document;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The same is done to a real server and to the scripted replica set: both must show the same, field by field. */
@Timeout(120)
final class ModelComparisonIT {
    private final RealServer real = new RealServer();
    private final PretendedServer pretended = new PretendedServer();
    private final List<ServerUnderTest> both = List.of(real, pretended);
    private final List<ChangeSource> sources = new ArrayList<>();

    @AfterEach
    void close() {
        sources.forEach(ChangeSource::close);
        both.forEach(ServerUnderTest::close);
    }

    @Test
    void showsTheSameOfDocuments() throws Exception {
        assertSame(orders(), server -> {
            server.insert("orders", new Document("_id", 1).append("state", "new"));
            server.set("orders", 1, new Document("state", "paid").append("cents", 5L));
            server.replace("orders", 1, new Document("_id", 1).append("state", "sent"));
            server.delete("orders", 1);
            return 4;
        });
    }

    @Test
    void showsTheSameOfImages() throws Exception {
        SourceSettingsBuilder settings = orders().fullDocument(FullDocument.REQUIRED)
                .fullDocumentBeforeChange(FullDocumentBeforeChange.REQUIRED);
        assertSame(settings, server -> {
            server.insert("orders", new Document("_id", 1).append("state", "new"));
            server.set("orders", 1, new Document("state", "paid"));
            server.replace("orders", 1, new Document("_id", 1));
            server.delete("orders", 1);
            return 4;
        });
    }

    @Test
    void showsTheSameOfATransaction() throws Exception {
        assertSame(orders(), server -> {
            server.insertTogether("orders", new Document("_id", 1), new Document("_id", 2), new Document("_id", 3));
            return 3;
        });
    }

    @Test
    void showsTheSameEnds() throws Exception {
        assertSame(orders(), server -> {
            server.insert("orders", new Document("_id", 1));
            server.drop("orders");
            return 3;
        });
        assertSame(orders(), server -> {
            server.insert("orders", new Document("_id", 2));
            server.rename("orders", "archive");
            return 3;
        });
        assertSame(orders(), server -> {
            server.insert("other", new Document("_id", 3));
            server.rename("other", "orders");
            return 2;
        });
    }

    @Test
    void showsTheSameEndOfADatabase() throws Exception {
        assertSame(new SourceSettingsBuilder(Optional.of(Namespace.of("it"))), server -> {
            server.insert("orders", new Document("_id", 1));
            server.dropDatabase();
            return 4;
        });
    }

    @Test
    void endsAStreamWhoseInvalidateIsFilteredOut() throws Exception {
        SourceSettingsBuilder inserts =
                orders().pipeline(List.of(BsonDocument.parse("{$match: {operationType: 'insert'}}")));
        for (ServerUnderTest server : both) {
            ChangeCursor cursor = open(server, inserts, StartPosition.now());
            ResumeToken opening = cursor.next().positionAfter();
            server.insert("orders", new Document("_id", 1));
            server.drop("orders");
            List<BsonDocument> found = new ArrayList<>();
            ResumeToken last = opening;
            while (!cursor.isExhausted()) {
                RawBatch batch = cursor.next();
                found.addAll(events(batch));
                last = batch.positionAfter();
            }

            assertThat(found).as("%s", server).hasSize(1);
            server.insert("orders", new Document("_id", 2));
            assertThat(ReadEvents.idsOf(take(open(server, inserts, StartPosition.after(last)), 1)))
                    .containsExactly(2);
        }
    }

    @Test
    void saysTheSameOfATokenThatTheFilterLeavesOut() throws Exception {
        SourceSettingsBuilder third =
                orders().pipeline(List.of(BsonDocument.parse("{$match: {'documentKey._id': 3}}")));
        List<String> errors = new ArrayList<>();
        for (ServerUnderTest server : both) {
            ChangeCursor cursor = open(server, orders(), StartPosition.now());
            server.insert("orders", new Document("_id", 1), new Document("_id", 2));
            ResumeToken first = token(take(cursor, 2).get(0));
            ChangeCursor behind = open(server, third, StartPosition.after(first));
            behind.next(); // nothing is wrong yet
            behind.next();
            server.insert("orders", new Document("_id", 3));
            errors.add(error(() -> take(behind, 1)));
        }
        assertThat(errors).containsExactly("280 ChangeStreamFatalError [NonResumableChangeStreamError]", errors.get(0));
    }

    @Test
    void saysTheSameOfAnInvalidatesTokenThatIsGivenAsResumeAfter() throws Exception {
        List<String> errors = new ArrayList<>();
        for (ServerUnderTest server : both) {
            ChangeCursor cursor = open(server, orders(), StartPosition.now());
            server.insert("orders", new Document("_id", 1));
            server.drop("orders");
            BsonDocument invalidate = take(cursor, 3).get(2).getDocument("_id");
            BsonDocument stream = new BsonDocument("$changeStream", new BsonDocument("resumeAfter", invalidate));
            errors.add(error(() -> run(
                    server,
                    new BsonDocument("aggregate", new BsonString("orders"))
                            .append("pipeline", new BsonArray(List.of(stream)))
                            .append("cursor", new BsonDocument("batchSize", new BsonInt32(0))))));
        }
        assertThat(errors).containsExactly("260 InvalidResumeToken []", errors.get(0));
    }

    @Test
    void saysTheSameOfACursorThatIsNotThere() {
        List<String> errors = both.stream()
                .map(server -> error(() -> run(
                        server,
                        new BsonDocument("getMore", new BsonInt64(12_345))
                                .append("collection", new BsonString("orders")))))
                .toList();
        assertThat(errors).containsExactly("43 CursorNotFound []", errors.get(0));
    }

    @Test
    void saysTheSameOfAMissingImage() throws Exception {
        SourceSettingsBuilder required = orders().fullDocumentBeforeChange(FullDocumentBeforeChange.REQUIRED);
        Publishers.await(real.writes()
                .runCommand(Document.parse("{collMod: 'orders', changeStreamPreAndPostImages: {enabled: false}}")));
        ChangeCursor cursor = open(real, required, StartPosition.now());
        real.insert("orders", new Document("_id", 1));
        take(cursor, 1);
        real.set("orders", 1, new Document("n", 1));

        assertThat(error(() -> take(cursor, 1))).isEqualTo("47 NoMatchingDocument []");
    }

    @Test
    void losesTheSameHistoryWithTheSameErrors() throws Exception {
        List<String> errorsOfModel = new ArrayList<>();
        ChangeCursor held = open(pretended, orders().batchSize(1), StartPosition.now());
        held.next();
        pretended.insert("orders", new Document("_id", 1));
        ResumeToken token = token(take(held, 1).get(0));
        pretended.servers().loseHistory();
        ChangeCursor lost = open(pretended, orders(), StartPosition.after(token));
        lost.next();
        errorsOfModel.add(error(lost::next));

        try (LocalReplicaSet small = OplogRollover.startServer();
                MongoClient client = MongoClients.create(small.connectionString())) {
            Publishers.await(client.getDatabase("it").getCollection("orders").insertOne(new Document("_id", 1)));
            BsonTimestamp past = OplogRollover.now(small);
            OplogRollover.pushThePresentOut(small, client);
            SourceSettings settings = orders().build();
            ChangeSource source = new CommandChangeSource(client, settings);
            sources.add(source);
            ChangeCursor cursor = source.open(StartPosition.at(past)); // the opening does not tell
            cursor.next();

            assertThat(error(cursor::next)).isEqualTo(errorsOfModel.get(0));
        }
    }

    // What is compared.

    private interface Writes {
        /** Writes, and returns how many events a stream shows of it. */
        int to(ServerUnderTest server);
    }

    private void assertSame(SourceSettingsBuilder settings, Writes writes) throws InterruptedException {
        assertThat(seen(pretended, settings, writes)).isEqualTo(seen(real, settings, writes));
    }

    private List<BsonDocument> seen(ServerUnderTest server, SourceSettingsBuilder settings, Writes writes)
            throws InterruptedException {
        ChangeCursor cursor = open(server, settings, StartPosition.now());
        cursor.next();
        List<BsonDocument> events = take(cursor, writes.to(server));
        List<BsonDocument> comparable = new ArrayList<>();
        BsonDocument before = null;
        for (BsonDocument event : events) {
            BsonDocument made = comparable(event, server.database());
            made.append(
                    "follows",
                    BsonBoolean.valueOf(before == null || token(before).isBefore(token(event))));
            made.append("together", BsonBoolean.valueOf(before != null && isTogether(before, event)));
            comparable.add(made);
            before = event;
        }
        return comparable;
    }

    private static boolean isTogether(BsonDocument before, BsonDocument event) {
        return before.getTimestamp("clusterTime").equals(event.getTimestamp("clusterTime"));
    }

    /** The same event on another server at another time; fields have no order for a reader. */
    private static BsonDocument comparable(BsonDocument event, String database) {
        BsonDocument comparable = BsonDocument.parse(event.toJson().replace("\"" + database + "\"", "\"it\""));
        comparable.put(
                "_id", new BsonString(comparable.getDocument("_id").keySet().toString()));
        comparable.put(
                "clusterTime",
                new BsonString(comparable.get("clusterTime").getBsonType().toString()));
        comparable.put("wallTime", new BsonDateTime(0));
        if (comparable.containsKey("lsid")) {
            BsonDocument session = comparable.getDocument("lsid");
            session.put("id", kindOf(session.get("id")));
            comparable.put(
                    "txnNumber",
                    new BsonString(comparable.get("txnNumber").getBsonType().toString()));
        }
        return comparable;
    }

    private static BsonValue kindOf(BsonValue value) {
        BsonBinary binary = value.asBinary();
        return new BsonString("binary " + binary.getType() + " of " + binary.getData().length);
    }

    private static ResumeToken token(BsonDocument event) {
        return new ResumeToken(event.getDocument("_id"));
    }

    private static SourceSettingsBuilder orders() {
        return new SourceSettingsBuilder(Optional.of(Namespace.of("it", "orders")));
    }

    /** Opens what is meant for the database {@code it} in that of the server. */
    private ChangeCursor open(ServerUnderTest server, SourceSettingsBuilder settings, StartPosition start)
            throws InterruptedException {
        ChangeSource source = new CommandChangeSource(server.client(), in(server.database(), settings.build()));
        sources.add(source);
        return source.open(start);
    }

    private static SourceSettings in(String database, SourceSettings settings) {
        return new SourceSettings(
                settings.scope().map(scope -> new Namespace(database, scope.collection())),
                settings.pipeline(),
                settings.fullDocument(),
                settings.fullDocumentBeforeChange(),
                settings.showExpandedEvents(),
                settings.batchSize(),
                settings.maxAwait(),
                settings.unresponsiveAfter(),
                settings.collation(),
                settings.comment());
    }

    private static BsonDocument run(ServerUnderTest server, BsonDocument command) {
        try (ClientSession session = Publishers.first(server.client().startSession())) {
            return Publishers.first(
                    server.client().getDatabase(server.database()).runCommand(session, command, BsonDocument.class));
        }
    }

    private interface Failing {
        void run() throws Exception;
    }

    private static String error(Failing failing) {
        MongoException error = catchThrowableOfType(MongoException.class, failing::run);
        assertThat(error).isInstanceOf(MongoCommandException.class);
        return error.getCode() + " " + ((MongoCommandException) error).getErrorCodeName() + " "
                + error.getErrorLabels();
    }
}
