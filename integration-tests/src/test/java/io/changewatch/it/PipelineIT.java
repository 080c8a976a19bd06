package io.changewatch.it;

import static io.changewatch.event.OperationType.DELETE;
import static io.changewatch.event.OperationType.INSERT;
import static io.changewatch.event.OperationType.REPLACE;
import static io.changewatch.event.OperationType.UPDATE;
import static io.changewatch.pipeline.Condition.changed;
import static io.changewatch.pipeline.Condition.changedTo;
import static io.changewatch.pipeline.Condition.document;
import static io.changewatch.pipeline.Condition.documentBefore;
import static io.changewatch.pipeline.Condition.documentKey;
import static io.changewatch.pipeline.Condition.not;
import static io.changewatch.pipeline.Condition.operation;
import static io.changewatch.pipeline.Condition.removed;
import static org.assertj.core.api.Assertions.assertThat;

import com.mongodb.MongoWriteException;
import com.mongodb.client.model.ChangeStreamPreAndPostImagesOptions;
import com.mongodb.client.model.CreateCollectionOptions;
import com.mongodb.reactivestreams.client.MongoClient;
import com.mongodb.reactivestreams.client.MongoClients;
import com.mongodb.reactivestreams.client.MongoCollection;
import io.changewatch.pipeline.Condition;
import io.changewatch.pipeline.Pipeline;
import io.changewatch.testkit.LocalReplicaSet;
import java.util.List;
import java.util.stream.Stream;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.bson.BsonString;
import org.bson.Document;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Mono;

/** Opens real change streams with the stages of a pipeline and looks at what comes out. */
final class PipelineIT {

    private static LocalReplicaSet server;
    private static MongoClient client;

    private MongoCollection<BsonDocument> orders;
    private RecordedChanges changes;

    @BeforeAll
    static void connect() {
        server = LocalReplicaSet.start();
        client = MongoClients.create(server.connectionString());
    }

    @AfterAll
    static void disconnect() {
        client.close();
        server.close();
    }

    @Test
    void sendsTheOperationsAndDocumentsThatMatch() {
        record("operations", "{_id: 1, userId: 'u1'}", "{_id: 2, userId: 'u2'}", "{_id: 3, userId: 'u1'}");
        run(orders.updateOne(key(1), set("{total: 5}")));
        run(orders.updateOne(key(2), set("{total: 5}")));
        run(orders.deleteOne(key(3)));

        assertThat(sent(operation(INSERT, UPDATE, REPLACE)
                        .and(document("userId").eq("u1"))))
                .containsExactly("insert 1", "insert 3", "update 1");
        assertThat(sent(operation(DELETE).and(documentKey("_id").gt(2)))).containsExactly("delete 3");
        assertThat(sent(documentBefore("userId").eq("u1"))).containsExactly("update 1", "delete 3");
    }

    @Test
    void sendsUpdatesThatTouchedAField() {
        record(
                "changed",
                "{_id: 1, address: {city: 'Bern', street: {name: 'x'}}, items: [{sku: 1}, {sku: 2}, {sku: 3}]}");
        run(orders.updateOne(key(1), set("{'address.city': 'Basel'}")));
        run(orders.updateOne(key(1), set("{'address.street.name': 'y'}")));
        run(orders.updateOne(key(1), set("{'items.1.sku': 7}")));
        run(orders.updateOne(key(1), List.of(set("{items: {$slice: ['$items', 1]}}"))));
        run(orders.updateOne(key(1), Document.parse("{$unset: {address: 1}}")));
        run(orders.replaceOne(key(1), BsonDocument.parse("{address: {city: 'Bern'}}")));
        run(orders.updateOne(key(1), set("{addressee: 'z'}")));

        assertThat(described(changed("address")))
                .containsExactly("{'address.city': 'Basel'}", "{'address.street.name': 'y'}", "{} - [address]");
        assertThat(described(changed("address.city"))).containsExactly("{'address.city': 'Basel'}", "{} - [address]");
        assertThat(described(changed("items.sku"))).containsExactly("{'items.1.sku': 7}", "{} < [items]");
        assertThat(described(changed("items.1"))).containsExactly("{'items.1.sku': 7}", "{} < [items]");
        assertThat(described(changed("items.0"))).containsExactly("{} < [items]");
        assertThat(sent(operation(UPDATE).and(not(changed("address"))).and(not(changed("items")))))
                .containsExactly("update 1");
    }

    @Test
    void sendsUpdatesThatSetAFieldToAValue() {
        record("changedTo", "{_id: 1, status: 'NEW', address: {city: 'Bern'}}");
        run(orders.updateOne(key(1), set("{status: 'PAID'}")));
        run(orders.updateOne(key(1), set("{status: ['PAID']}")));
        run(orders.updateOne(key(1), set("{'address.city': 'Basel'}")));
        run(orders.updateOne(key(1), set("{address: {city: 'Bern', zip: 1}}")));
        run(orders.updateOne(key(1), set("{address: null}")));

        assertThat(described(changedTo("status", "PAID"))).containsExactly("{'status': 'PAID'}");
        assertThat(described(changedTo("address.city", "Basel"))).containsExactly("{'address.city': 'Basel'}");
        assertThat(described(changedTo("address.city", "Bern")))
                .containsExactly("{'address': {'city': 'Bern', 'zip': 1}}");
        assertThat(described(changedTo("address", null))).containsExactly("{'address': null}");
        assertThat(described(changedTo("address.city", null))).isEmpty();
    }

    @Test
    void sendsUpdatesThatRemovedAField() {
        record("removed", "{_id: 1, a: {b: 1, c: 1}, d: 1}");
        run(orders.updateOne(key(1), Document.parse("{$unset: {'a.b': 1}}")));
        run(orders.updateOne(key(1), Document.parse("{$unset: {a: 1}}")));
        run(orders.updateOne(key(1), Document.parse("{$unset: {d: 1}}")));

        assertThat(described(removed("a.b"))).containsExactly("{} - [a.b]", "{} - [a]");
        assertThat(described(removed("a"))).containsExactly("{} - [a]");
    }

    @Test
    void keepsTheNamedFieldsAndWhatPlacesAnEvent() {
        record("keep", "{_id: 1, total: 5, secret: 's', address: {city: 'Bern', zip: 1}}");
        run(orders.updateOne(key(1), set("{total: 6}")));

        List<BsonDocument> events = events(Pipeline.empty()
                .keepFields(document("total"), document("address.city"), document("address.city"), documentKey("_id")));

        assertThat(events).hasSize(2);
        assertThat(events.get(0).getDocument("fullDocument"))
                .isEqualTo(BsonDocument.parse("{total: 5, address: {city: 'Bern'}}"));
        assertThat(events.get(0).keySet())
                .containsExactlyInAnyOrder(
                        "_id", "operationType", "clusterTime", "wallTime", "ns", "documentKey", "fullDocument");
        assertThat(events.get(1).getDocument("updateDescription").getDocument("updatedFields"))
                .isEqualTo(BsonDocument.parse("{total: 6}"));
    }

    @Test
    void dropsTheNamedFields() {
        record("drop", "{_id: 1, total: 5, secret: {a: 1}}");
        run(orders.updateOne(key(1), set("{secret: 2, total: 6}")));

        List<BsonDocument> events = events(Pipeline.matching(operation(INSERT, UPDATE))
                .dropFields(document("secret"), document("secret.a"), documentBefore("secret"))
                .dropFields("updateDescription.updatedFields.secret"));

        assertThat(events.get(0).getDocument("fullDocument")).isEqualTo(BsonDocument.parse("{_id: 1, total: 5}"));
        assertThat(events.get(1).toJson()).doesNotContain("secret").contains("\"updatedFields\": {\"total\": 6}");
    }

    @Test
    void addsFieldsToTheEventAndToADocumentThatIsThere() {
        record("add", "{_id: 1, net: 5, tax: 1}");
        run(orders.deleteOne(key(1)));

        List<BsonDocument> events = events(Pipeline.empty()
                .addField("source", "x")
                .addField(document("total"), Document.parse("{$add: ['$fullDocument.net', '$fullDocument.tax']}")));

        assertThat(events).extracting(event -> event.get("source")).containsOnly(new BsonString("x"));
        assertThat(events.get(0).getDocument("fullDocument"))
                .isEqualTo(BsonDocument.parse("{_id: 1, net: 5, tax: 1, total: 6}"));
        assertThat(events.get(1))
                .containsEntry("operationType", new BsonString("delete"))
                .doesNotContainKey("fullDocument");
    }

    @Test
    void appliesRawStagesInTheOrderOfTheCalls() {
        record("raw", "{_id: 1, total: 5}", "{_id: 2, total: 6}");

        List<BsonDocument> events = events(Pipeline.empty()
                .stage(Document.parse("{$set: {double: {$multiply: ['$fullDocument.total', 2]}}}"))
                .stage(Document.parse("{$match: {double: 12}}")));

        assertThat(events).extracting(PipelineIT::name).containsExactly("insert 2");
    }

    /** The server rewrites a {@code $match} after {@code $changeStream} into filters of the oplog; here that is under test. */
    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2})
    void sendsWhatTheConditionMatchesInProcess(long seed) {
        ConditionGenerator generator = new ConditionGenerator(seed);
        record("generated" + seed);
        for (int id = 0; id < 60; id++) {
            run(orders.insertOne(generator.someDocument(3).append("_id", new BsonInt32(id))));
            runIfAccepted(orders.updateOne(key(id), generator.update()));
            runIfAccepted(orders.updateOne(key(id / 2), generator.update()));
        }
        run(orders.replaceOne(key(1), generator.someDocument(3)));
        run(orders.deleteOne(key(2)));

        List<BsonDocument> all = events(Pipeline.empty());
        assertThat(all).hasSizeGreaterThan(100);
        for (Condition condition :
                Stream.generate(generator::condition).limit(60).toList()) {
            assertThat(sent(condition))
                    .as("seed %d, %s", seed, condition)
                    .isEqualTo(all.stream()
                            .filter(condition::matches)
                            .map(PipelineIT::name)
                            .toList());
        }
    }

    private void record(String collection, String... documents) {
        CreateCollectionOptions images = new CreateCollectionOptions()
                .changeStreamPreAndPostImagesOptions(new ChangeStreamPreAndPostImagesOptions(true));
        run(client.getDatabase("shop").createCollection(collection, images));
        orders = client.getDatabase("shop").getCollection(collection, BsonDocument.class);
        changes = RecordedChanges.from(client, orders);
        Stream.of(documents).map(BsonDocument::parse).forEach(document -> run(orders.insertOne(document)));
    }

    private List<BsonDocument> events(Pipeline pipeline) {
        return changes.sent(pipeline.stages());
    }

    private List<String> sent(Condition condition) {
        return events(Pipeline.matching(condition)).stream()
                .map(PipelineIT::name)
                .toList();
    }

    private static String name(BsonDocument event) {
        return event.getString("operationType").getValue()
                + ' '
                + event.getDocument("documentKey").getInt32("_id").getValue();
    }

    /** What each update did: the new values, {@code -} what it removed, {@code <} what it shortened. */
    private List<String> described(Condition condition) {
        return events(Pipeline.matching(condition)).stream()
                .map(event -> event.getDocument("updateDescription"))
                .map(update -> update.getDocument("updatedFields").toJson().replace('"', '\'')
                        + list(
                                " - ",
                                update.getArray("removedFields").stream()
                                        .map(path -> path.asString().getValue()))
                        + list(
                                " < ",
                                update.getArray("truncatedArrays").stream()
                                        .map(array -> array.asDocument()
                                                .getString("field")
                                                .getValue())))
                .toList();
    }

    private static String list(String sign, Stream<String> paths) {
        List<String> all = paths.toList();
        return all.isEmpty() ? "" : sign + all;
    }

    private static BsonDocument key(int id) {
        return new BsonDocument("_id", new BsonInt32(id));
    }

    private static Document set(String fields) {
        return new Document("$set", Document.parse(fields));
    }

    private static void run(Publisher<?> operation) {
        Mono.from(operation).block();
    }

    private static void runIfAccepted(Publisher<?> operation) {
        Mono.from(operation).onErrorComplete(MongoWriteException.class).block();
    }
}
