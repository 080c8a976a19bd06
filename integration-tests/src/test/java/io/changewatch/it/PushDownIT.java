package io.changewatch.it;

import static io.changewatch.event.OperationType.DELETE;
import static io.changewatch.event.OperationType.INSERT;
import static io.changewatch.it.Eventually.eventually;
import static io.changewatch.pipeline.Condition.changed;
import static io.changewatch.pipeline.Condition.changedTo;
import static io.changewatch.pipeline.Condition.document;
import static io.changewatch.pipeline.Condition.documentKey;
import static io.changewatch.pipeline.Condition.operation;
import static io.changewatch.pipeline.Condition.removed;
import static org.assertj.core.api.Assertions.assertThat;

import com.mongodb.ConnectionString;
import com.mongodb.MongoClientSettings;
import com.mongodb.client.model.changestream.FullDocument;
import com.mongodb.client.model.changestream.FullDocumentBeforeChange;
import com.mongodb.reactivestreams.client.MongoClient;
import com.mongodb.reactivestreams.client.MongoClients;
import io.changewatch.ChangeWatcher;
import io.changewatch.ChangeWatcherBuilder;
import io.changewatch.WatcherState;
import io.changewatch.pipeline.Condition;
import io.changewatch.pipeline.Membership;
import io.changewatch.pipeline.Pipeline;
import io.changewatch.testkit.Publishers;
import io.changewatch.testkit.TestServer;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.bson.BsonDocument;
import org.bson.BsonString;
import org.bson.Document;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Conditions reach the server as a {@code $match} that it turns into a filter of its oplog, so that it makes no event of an entry
 * that does not fulfil them. What the server made of them is read from its explain of the watcher's own aggregate.
 */
class PushDownIT {
    private static final Set<String> OF_THE_SESSION =
            Set.of("lsid", "$db", "$clusterTime", "$readPreference", "maxTimeMS");

    private static final RecordedCommands COMMANDS = new RecordedCommands();
    private static MongoClient client;

    private final String database = TestServer.newDatabaseName();

    @BeforeAll
    static void connect() {
        client = MongoClients.create(MongoClientSettings.builder()
                .applyConnectionString(new ConnectionString(TestServer.connectionString()))
                .addCommandListener(COMMANDS)
                .build());
    }

    @AfterAll
    static void disconnect() {
        client.close();
    }

    static Stream<Arguments> conditions() {
        String insertOrDelete = "{\"op\": {\"$in\": [\"d\", \"i\"]}}";
        String update = "{\"op\": {\"$eq\": \"u\"}}, {\"o._id\": {\"$not\": {\"$exists\": true}}}";
        return Stream.of(
                Arguments.of(operation(INSERT), "{\"op\": {\"$eq\": \"i\"}}"),
                Arguments.of(operation(INSERT, DELETE), insertOrDelete + "]}, " + insertOrDelete),
                Arguments.of(document("status").eq("paid"), "{\"o.status\": {\"$eq\": \"paid\"}}"),
                Arguments.of(document("a.b").gt(5), "{\"o.a.b\": {\"$gt\": 5}}"),
                Arguments.of(document("status").in("paid", "open"), "{\"o.status\": {\"$in\": [\"open\", \"paid\"]}}"),
                Arguments.of(documentKey("_id").eq(7), "{\"o2._id\": {\"$eq\": 7}}"),
                Arguments.of(changed("status"), insertOrDelete + "]}, " + update),
                Arguments.of(changedTo("status", "paid"), "\"paid\""),
                Arguments.of(removed("status"), "o.diff"),
                Arguments.of(
                        operation(INSERT).and(document("status").eq("paid")), "{\"o.status\": {\"$eq\": \"paid\"}}"));
    }

    @ParameterizedTest
    @MethodSource("conditions")
    void isAFilterOfTheOplog(Condition condition, String expected) {
        String filter = oplogFilter(aggregateOf(condition));

        assertThat(filter).contains(expected);
    }

    /** The server cannot hash before it has made the event; but it need not make those that the condition leaves out. */
    @Test
    void isAFilterOfTheOplogBesideAPartitionToo() {
        String filter = oplogFilter(aggregateOf(
                builder -> builder.pipeline(Pipeline.matching(document("status").eq("paid")))
                        .partition(1, 4)));

        assertThat(filter).contains("{\"o.status\": {\"$eq\": \"paid\"}}");
    }

    /** Of the other operations the images are looked up later. */
    @Test
    void isAFilterOfInsertsWhereTransitionsAreAskedFor() {
        Membership paid = Membership.of(document("status").eq("paid"));
        String filter = oplogFilter(aggregateOf(builder -> builder.pipeline(Pipeline.transitionsOf(paid))
                .fullDocument(FullDocument.WHEN_AVAILABLE)
                .fullDocumentBeforeChange(FullDocumentBeforeChange.WHEN_AVAILABLE)));

        assertThat(filter).contains("{\"o.status\": {\"$eq\": \"paid\"}}");
    }

    /** What a watcher with this condition sends. */
    private BsonDocument aggregateOf(Condition condition) {
        return aggregateOf(builder -> builder.pipeline(Pipeline.matching(condition)));
    }

    private BsonDocument aggregateOf(UnaryOperator<ChangeWatcherBuilder<Document>> options) {
        try (ChangeWatcher watcher = options.apply(ChangeWatcher.of(client)
                        .collection(database, "orders")
                        .fullDocument(FullDocument.UPDATE_LOOKUP))
                .name("pushed-down")
                .comment(database)
                .onEvent(event -> {})
                .start()) {
            eventually(() -> watcher.state() == WatcherState.RUNNING);
        }
        return COMMANDS.named("aggregate").stream()
                .filter(command -> new BsonString(database).equals(command.get("comment")))
                .findFirst()
                .orElseThrow();
    }

    private String oplogFilter(BsonDocument aggregate) {
        BsonDocument command = new BsonDocument();
        aggregate.forEach((name, value) -> {
            if (!OF_THE_SESSION.contains(name)) {
                command.append(name, value);
            }
        });
        Document explain = new Document("explain", command).append("verbosity", "queryPlanner");
        Document plan = Publishers.await(client.getDatabase(database).runCommand(explain))
                .get(0);
        return plan.getList("stages", Document.class)
                .get(0)
                .getEmbedded(List.of("$cursor", "queryPlanner", "parsedQuery"), Document.class)
                .toJson();
    }
}
