package io.changewatch.it;

import static io.changewatch.it.Eventually.LIMIT;
import static org.assertj.core.api.Assertions.assertThat;

import com.mongodb.client.model.ChangeStreamPreAndPostImagesOptions;
import com.mongodb.client.model.CreateCollectionOptions;
import com.mongodb.client.model.Filters;
import com.mongodb.client.model.Indexes;
import com.mongodb.client.model.Updates;
import com.mongodb.client.model.changestream.FullDocument;
import com.mongodb.client.model.changestream.FullDocumentBeforeChange;
import com.mongodb.reactivestreams.client.ChangeStreamPublisher;
import com.mongodb.reactivestreams.client.ClientSession;
import com.mongodb.reactivestreams.client.MongoCollection;
import com.mongodb.reactivestreams.client.MongoDatabase;
import io.changewatch.event.ChangeEvent;
import io.changewatch.event.Create;
import io.changewatch.event.CreateIndexes;
import io.changewatch.event.Delete;
import io.changewatch.event.DocumentEvent;
import io.changewatch.event.Drop;
import io.changewatch.event.DropDatabase;
import io.changewatch.event.DropIndexes;
import io.changewatch.event.Insert;
import io.changewatch.event.Invalidate;
import io.changewatch.event.Modify;
import io.changewatch.event.Namespace;
import io.changewatch.event.Rename;
import io.changewatch.event.Replace;
import io.changewatch.event.Update;
import io.changewatch.event.UpdateDescription.TruncatedArray;
import io.changewatch.internal.decode.EventDecoder;
import io.changewatch.internal.decode.EventDecoders;
import io.changewatch.internal.decode.FragmentAssembler;
import io.changewatch.testkit.Publishers;
import io.changewatch.testkit.TestServer;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.bson.BsonBinary;
import org.bson.BsonDateTime;
import org.bson.BsonDocument;
import org.bson.BsonInt64;
import org.bson.BsonMinKey;
import org.bson.BsonNull;
import org.bson.BsonString;
import org.bson.BsonTimestamp;
import org.bson.BsonValue;
import org.bson.Document;
import org.bson.RawBsonDocument;
import org.bson.codecs.pojo.annotations.BsonId;
import org.bson.conversions.Bson;
import org.junit.jupiter.api.Test;

/** What a real server sends, decoded. */
class DecodingIT {

    private final MongoDatabase database = TestServer.newDatabase();
    private final MongoCollection<Document> orders = database.getCollection("orders");
    private final Namespace namespace = Namespace.of(database.getName(), "orders");

    @Test
    void decodesChangesOfDocumentsWithTheirImages() {
        createWithImages();
        BsonTimestamp start = now();
        Publishers.await(orders.insertOne(order(1, 5, "a", "b", "c")));
        Publishers.await(
                orders.updateOne(Filters.eq(1), Updates.combine(Updates.set("quantity", 6), Updates.unset("note"))));
        Publishers.await(orders.replaceOne(Filters.eq(1), order(1, 7)));
        Publishers.await(orders.deleteOne(Filters.eq(1)));

        List<ChangeEvent<Order>> events = decode(withImages(orders.watch(), start), 4);

        Insert<Order> insert = (Insert<Order>) events.get(0);
        assertThat(insert.in()).isEqualTo(namespace);
        assertThat(insert.documentKey()).isEqualTo(BsonDocument.parse("{_id: 1}"));
        assertThat(insert.document()).isEqualTo(new Order(1, 5, List.of("a", "b", "c")));
        assertThat(insert.wallTime())
                .isBetween(Instant.now().minusSeconds(60), Instant.now().plusSeconds(60));
        Update<Order> update = (Update<Order>) events.get(1);
        assertThat(update.updateDescription().updatedFields()).isEqualTo(BsonDocument.parse("{quantity: 6}"));
        assertThat(update.updateDescription().removedFields()).containsExactly("note");
        assertThat(update.document()).contains(new Order(1, 6, List.of("a", "b", "c")));
        assertThat(update.documentBefore()).contains(new Order(1, 5, List.of("a", "b", "c")));
        Replace<Order> replace = (Replace<Order>) events.get(2);
        assertThat(replace.document()).isEqualTo(new Order(1, 7, List.of()));
        assertThat(replace.documentBefore()).contains(new Order(1, 6, List.of("a", "b", "c")));
        Delete<Order> delete = (Delete<Order>) events.get(3);
        assertThat(delete.documentBefore()).contains(new Order(1, 7, List.of()));
        assertThat(events).allSatisfy(event -> assertThat(event.transaction()).isEmpty());
        assertThat(events).isSortedAccordingTo((a, b) -> a.clusterTime().compareTo(b.clusterTime()));
    }

    @Test
    void hasNoDocumentWhereItIsNotAskedForOrGone() {
        Publishers.await(orders.insertOne(order(1, 5)));
        BsonTimestamp start = now();
        Publishers.await(orders.updateOne(Filters.eq(1), Updates.set("quantity", 6)));
        Publishers.await(orders.deleteOne(Filters.eq(1)));

        List<ChangeStreamPublisher<Document>> streams =
                List.of(orders.watch(), orders.watch().fullDocument(FullDocument.UPDATE_LOOKUP));

        assertThat(streams).allSatisfy(stream -> {
            Update<Order> update = (Update<Order>)
                    decode(stream.startAtOperationTime(start), 1).get(0);
            assertThat(update.document()).isEmpty();
            assertThat(update.documentBefore()).isEmpty();
        });
    }

    @Test
    void saysWhichArraysWereTruncated() {
        String[] items = Collections.nCopies(50, "a").toArray(String[]::new);
        Publishers.await(orders.insertOne(order(1, 5, items)));
        BsonTimestamp start = now();
        List<Bson> slice = List.of(Document.parse("{$set: {items: {$slice: ['$items', 20]}}}"));
        Publishers.await(orders.updateOne(Filters.eq(1), slice));

        Update<Order> update = (Update<Order>)
                decode(orders.watch().startAtOperationTime(start), 1).get(0);

        assertThat(update.updateDescription().truncatedArrays()).containsExactly(new TruncatedArray("items", 20));
    }

    @Test
    void namesTheTransactionOfAChange() {
        Publishers.await(database.createCollection("orders"));
        BsonTimestamp start = now();
        try (ClientSession session = Publishers.first(TestServer.client().startSession())) {
            session.startTransaction();
            Publishers.await(orders.insertOne(session, order(1, 5)));
            Publishers.await(orders.insertOne(session, order(2, 6)));
            Publishers.await(session.commitTransaction());
        }

        List<ChangeEvent<Order>> events = decode(orders.watch().startAtOperationTime(start), 2);

        assertThat(events.get(0).transaction()).isPresent();
        assertThat(events.get(1).transaction()).isEqualTo(events.get(0).transaction());
        assertThat(events.get(1).clusterTime()).isEqualTo(events.get(0).clusterTime());
        assertThat(events.get(0).transaction().orElseThrow().lsid()).containsKey("id");
    }

    @Test
    void decodesExpandedEventsOfADatabase() {
        BsonTimestamp start = now();
        Publishers.await(database.createCollection("orders"));
        Publishers.await(orders.createIndex(Indexes.ascending("quantity")));
        Publishers.await(orders.dropIndex("quantity_1"));
        Publishers.await(database.runCommand(
                Document.parse("{collMod: 'orders', changeStreamPreAndPostImages: {enabled: true}}")));
        Publishers.await(orders.renameCollection(new com.mongodb.MongoNamespace(database.getName(), "archive")));
        Publishers.await(database.drop());

        List<ChangeEvent<Order>> events =
                decode(database.watch().startAtOperationTime(start).showExpandedEvents(true), 8);

        assertThat(events)
                .extracting(ChangeEvent::getClass)
                .isEqualTo(List.of(
                        Create.class,
                        CreateIndexes.class,
                        DropIndexes.class,
                        Modify.class,
                        Rename.class,
                        Drop.class,
                        DropDatabase.class,
                        Invalidate.class));
        assertThat(events.get(0).context().collectionUuid()).isPresent();
        assertThat(((CreateIndexes<Order>) events.get(1)).operationDescription())
                .containsKey("indexes");
        assertThat(((DropIndexes<Order>) events.get(2)).operationDescription()).containsKey("indexes");
        assertThat(((Modify<Order>) events.get(3)).operationDescription()).isNotEmpty();
        assertThat(((Modify<Order>) events.get(3)).stateBeforeChange()).containsKey("collectionOptions");
        Rename<Order> rename = (Rename<Order>) events.get(4);
        assertThat(rename.in()).isEqualTo(namespace);
        assertThat(rename.to()).isEqualTo(Namespace.of(database.getName(), "archive"));
        assertThat(rename.operationDescription()).containsKey("to");
        assertThat(events.get(6).namespace()).contains(Namespace.of(database.getName()));
        assertThat(events.get(7).namespace()).isEmpty();
        assertThat(events)
                .allSatisfy(event -> assertThat(event.toJson())
                        .contains(event.operationType().value()));
    }

    @Test
    void readsKeysOfOddTypes() {
        List<BsonValue> ids = List.of(
                new BsonString("käse"),
                BsonDocument.parse("{b: 1, a: {c: 2}}"),
                new BsonInt64(Long.MIN_VALUE),
                new BsonDateTime(0),
                new BsonBinary(new byte[] {1}),
                BsonNull.VALUE,
                new BsonMinKey());
        BsonTimestamp start = now();
        MongoCollection<BsonDocument> documents = orders.withDocumentClass(BsonDocument.class);
        ids.forEach(id -> Publishers.await(documents.insertOne(new BsonDocument("_id", id))));

        EventDecoder<BsonDocument> decoder = EventDecoders.of(BsonDocument.class, null);
        List<RawBsonDocument> raw = raw(orders.watch().startAtOperationTime(start), ids.size());

        assertThat(raw.stream().map(event -> decode(decoder, event)))
                .extracting(event ->
                        ((DocumentEvent<BsonDocument>) event).documentKey().get("_id"))
                .isEqualTo(ids);
    }

    @Test
    void putsTheFragmentsOfALargeEventTogether() {
        createWithImages();
        String large = "x".repeat(7_000_000);
        Publishers.await(orders.insertOne(order(1, 5).append("note", large)));
        BsonTimestamp start = now();
        Publishers.await(orders.updateOne(Filters.eq(1), Updates.set("note", "y" + large)));
        Publishers.await(orders.deleteOne(Filters.eq(1)));
        List<Bson> split = List.of(Document.parse("{$changeStreamSplitLargeEvent: {}}"));
        FragmentAssembler assembler = new FragmentAssembler();

        List<RawBsonDocument> fragments = raw(withImages(orders.watch(split), start), 2);
        Optional<RawBsonDocument> afterFirst = accept(assembler, fragments.get(0));
        RawBsonDocument whole = accept(assembler, fragments.get(1)).orElseThrow();

        assertThat(afterFirst).isEmpty();
        assertThat(whole.getByteLength()).isGreaterThan(20_000_000);
        assertThat(whole.get("_id")).isEqualTo(fragments.get(1).get("_id"));
        Update<Order> update = (Update<Order>) decode(EventDecoders.of(Order.class, null), whole);
        assertThat(update.document()).contains(new Order(1, 5, List.of()));
        assertThat(update.documentBefore()).contains(new Order(1, 5, List.of()));
        assertThat(update.updateDescription().updatedFields()).containsKey("note");
        RawBsonDocument next = Publishers.first(
                withImages(orders.watch(split))
                        .startAfter(update.resumeToken().copy().value())
                        .withDocumentClass(RawBsonDocument.class),
                LIMIT);
        assertThat(decode(EventDecoders.of(Order.class, null), next)).isInstanceOf(Delete.class);
    }

    private void createWithImages() {
        Publishers.await(database.createCollection(
                "orders",
                new CreateCollectionOptions()
                        .changeStreamPreAndPostImagesOptions(new ChangeStreamPreAndPostImagesOptions(true))));
    }

    private static Document order(int id, int quantity, String... items) {
        return new Document("_id", id)
                .append("quantity", quantity)
                .append("items", List.of(items))
                .append("note", "unknown to the record");
    }

    private static ChangeStreamPublisher<Document> withImages(
            ChangeStreamPublisher<Document> stream, BsonTimestamp start) {
        return withImages(stream.startAtOperationTime(start));
    }

    private static ChangeStreamPublisher<Document> withImages(ChangeStreamPublisher<Document> stream) {
        return stream.fullDocument(FullDocument.REQUIRED).fullDocumentBeforeChange(FullDocumentBeforeChange.REQUIRED);
    }

    /** Just after the last operation, so that a stream begins with the next one. */
    private BsonTimestamp now() {
        BsonTimestamp last = Publishers.first(database.runCommand(new Document("ping", 1), BsonDocument.class))
                .getTimestamp("operationTime");
        return new BsonTimestamp(last.getTime(), last.getInc() + 1);
    }

    private static List<ChangeEvent<Order>> decode(ChangeStreamPublisher<Document> stream, int count) {
        EventDecoder<Order> decoder = EventDecoders.of(Order.class, null);
        return raw(stream, count).stream().map(event -> decode(decoder, event)).toList();
    }

    private static List<RawBsonDocument> raw(ChangeStreamPublisher<Document> stream, int count) {
        return Publishers.take(stream.withDocumentClass(RawBsonDocument.class), count, LIMIT);
    }

    private static <T> ChangeEvent<T> decode(EventDecoder<T> decoder, RawBsonDocument event) {
        return decoder.decode(event.getBackingArray(), event.getByteOffset());
    }

    private static Optional<RawBsonDocument> accept(FragmentAssembler assembler, RawBsonDocument fragment) {
        return assembler.accept(fragment.getBackingArray(), fragment.getByteOffset());
    }

    public record Order(@BsonId int id, int quantity, List<String> items) {}
}
