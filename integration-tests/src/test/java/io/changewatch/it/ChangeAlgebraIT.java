package io.changewatch.it;

import static io.changewatch.it.Eventually.eventually;
import static io.changewatch.pipeline.Condition.document;
import static io.changewatch.pipeline.Condition.not;
import static org.assertj.core.api.Assertions.assertThat;

import com.mongodb.MongoWriteException;
import com.mongodb.client.model.ChangeStreamPreAndPostImagesOptions;
import com.mongodb.client.model.CreateCollectionOptions;
import com.mongodb.client.model.changestream.FullDocument;
import com.mongodb.client.model.changestream.FullDocumentBeforeChange;
import com.mongodb.reactivestreams.client.MongoClient;
import com.mongodb.reactivestreams.client.MongoClients;
import com.mongodb.reactivestreams.client.MongoCollection;
import io.changewatch.ChangeWatcher;
import io.changewatch.WatcherState;
import io.changewatch.event.Drop;
import io.changewatch.pipeline.Change;
import io.changewatch.pipeline.Evidence;
import io.changewatch.pipeline.FieldChange;
import io.changewatch.pipeline.Membership;
import io.changewatch.pipeline.Pipeline;
import io.changewatch.pipeline.State;
import io.changewatch.pipeline.Transition;
import io.changewatch.testkit.LocalReplicaSet;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.bson.BsonString;
import org.bson.BsonValue;
import org.bson.Document;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Mono;

/** Asks real events what they changed, with images, without, and with documents that were looked up. */
final class ChangeAlgebraIT {

    private static final Membership OPEN = Membership.of(document("status").eq("open"));

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
    void tellsWhatStopsMatchingFromWhatIsDeleted() {
        record("watched", true);
        List<String> seen = new CopyOnWriteArrayList<>();
        try (ChangeWatcher watcher = ChangeWatcher.of(client)
                .collection("algebra", "watched")
                .pipeline(Pipeline.transitionsOf(OPEN))
                .fullDocument(FullDocument.WHEN_AVAILABLE)
                .fullDocumentBeforeChange(FullDocumentBeforeChange.WHEN_AVAILABLE)
                .onDocumentEvent(event -> seen.add(OPEN.transition(Change.of(event, FullDocument.WHEN_AVAILABLE)) + " "
                        + event.documentKey().getInt32("_id").getValue()))
                .onEvent(event -> {
                    if (event instanceof Drop) {
                        seen.add("drop");
                    }
                })
                .start()) {
            eventually(() -> watcher.state() == WatcherState.RUNNING);
            run(orders.insertOne(BsonDocument.parse("{_id: 1, status: 'open'}")));
            run(orders.insertOne(BsonDocument.parse("{_id: 2, status: 'new'}")));
            run(orders.updateOne(key(1), set("{total: 5}")));
            run(orders.updateOne(key(2), set("{total: 5}")));
            run(orders.updateOne(key(2), set("{status: 'open'}")));
            run(orders.updateOne(key(1), set("{status: 'paid'}")));
            run(orders.updateOne(key(1), set("{status: 'sent'}")));
            run(orders.replaceOne(key(1), BsonDocument.parse("{status: 'open'}")));
            run(orders.replaceOne(key(1), BsonDocument.parse("{total: 5}")));
            run(orders.deleteOne(key(1)));
            run(orders.deleteOne(key(2)));
            run(orders.drop());
            eventually(() -> seen.contains("drop"));
        }

        assertThat(seen)
                .containsExactly("ENTER 1", "UPDATE 1", "ENTER 2", "EXIT 1", "ENTER 1", "EXIT 1", "DELETE 2", "drop");
    }

    @Test
    void sendsWhatAMissingImageLeavesOpen() {
        record("unimaged", false);
        run(orders.insertOne(BsonDocument.parse("{_id: 1, status: 'open'}")));
        run(orders.insertOne(BsonDocument.parse("{_id: 2, status: 'new'}")));
        run(orders.updateOne(key(2), set("{status: 'paid'}")));
        run(orders.replaceOne(key(2), BsonDocument.parse("{status: 'open'}")));
        run(orders.deleteOne(key(1)));

        assertThat(events(Pipeline.transitionsOf(OPEN)).stream()
                        .map(event -> OPEN.transition(Change.of(event, FullDocument.WHEN_AVAILABLE))))
                .containsExactly(Transition.ENTER, Transition.UNKNOWN, Transition.UNKNOWN, Transition.UNKNOWN);
    }

    @Test
    void tellsBeforeAndAfterOfNestedFieldsAndArrays() {
        record("nested", true);
        run(orders.insertOne(BsonDocument.parse(
                "{_id: 1, address: {city: 'Bern', zip: 3000}, items: [{sku: 'a'}, {sku: 'b'}, {sku: 'c'}]}")));
        run(orders.updateOne(key(1), set("{'address.city': 'Basel'}")));
        run(orders.updateOne(key(1), List.of(set("{items: {$slice: ['$items', 1]}}"))));
        run(orders.updateOne(key(1), Document.parse("{$unset: {address: 1}}")));
        List<BsonDocument> events = events(Pipeline.empty());

        assertThat(fields(events, 1, "address.city", "address.zip", "address", "items.sku"))
                .containsExactly("Bern > Basel", "3000 = 3000", "DIFFERENT", "[a, b, c] = [a, b, c]");
        assertThat(fields(events, 2, "items.sku", "items.0.sku", "items.2.sku", "address.city"))
                .containsExactly("[a, b, c] > [a]", "a = a", "c > -", "Basel = Basel");
        assertThat(fields(events, 3, "address.city", "address.zip", "items.sku"))
                .containsExactly("Basel > -", "3000 > -", "[a] = [a]");
    }

    /** With {@code updateLookup} the documents of all updates are the last one here. */
    @Test
    void takesNoLaterStateForTheOneAfter() {
        record("lookedUp", true);
        run(orders.insertOne(BsonDocument.parse("{_id: 1, status: 'new', total: 1}")));
        run(orders.updateOne(key(1), set("{status: 'open'}")));
        run(orders.updateOne(key(1), set("{status: 'paid', total: 2}")));
        BsonDocument first =
                changes.with(FullDocument.UPDATE_LOOKUP).sent(List.of()).get(1);
        Change change = Change.of(first, FullDocument.UPDATE_LOOKUP);

        assertThat(first.getDocument("fullDocument").getString("status").getValue())
                .isEqualTo("paid");
        assertThat(change.after()).isEqualTo(new State.Unknown<>());
        assertThat(change.field("status").after()).isEqualTo(present("open", Evidence.DESCRIPTION));
        assertThat(change.field("total").after()).isEqualTo(new State.Present<>(new BsonInt32(1), Evidence.UNTOUCHED));
    }

    /** {@code a.b} is the name of one field here, which the description of 6.0 does not tell from {@code b} inside {@code a}. */
    @Test
    void isNotMisledByADotInAName() {
        record("dotted", true);
        run(orders.insertOne(BsonDocument.parse("{_id: 1, a: {b: 'nested'}}")));
        run(orders.updateOne(
                key(1),
                List.of(Document.parse(
                        "{$replaceWith: {$setField: {field: {$literal: 'a.b'}, input: '$$ROOT', value: 'dotted'}}}"))));
        List<BsonDocument> events = events(Pipeline.empty());
        BsonDocument update = events.get(1);
        assertThat(update.getDocument("updateDescription").getDocument("updatedFields"))
                .isEqualTo(BsonDocument.parse("{'a.b': 'dotted'}"));

        FieldChange withImages = Change.of(update, FullDocument.WHEN_AVAILABLE).field("a.b");
        assertThat(withImages.before()).isEqualTo(present("nested", Evidence.IMAGE));
        assertThat(withImages.after()).isEqualTo(present("nested", Evidence.IMAGE));
        assertThat(withImages.difference()).isEqualTo(FieldChange.Difference.SAME);
        FieldChange without = Change.of(update, FullDocument.DEFAULT).field("a.b");
        assertThat(without.after()).isEqualTo(new State.Unknown<>());
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3})
    void sendsWhatIsATransitionInProcess(long seed) {
        ConditionGenerator generator = new ConditionGenerator(seed);
        record("generated" + seed, true);
        for (int id = 0; id < 40; id++) {
            run(orders.insertOne(generator.someDocument(3).append("_id", new BsonInt32(id))));
            runIfAccepted(orders.updateOne(key(id), generator.update()));
            runIfAccepted(orders.updateOne(key(id / 2), generator.update()));
            runIfAccepted(orders.replaceOne(key(id / 3), generator.someDocument(3)));
            run(orders.deleteOne(key(id / 4 * 4 - 1)));
        }
        List<BsonDocument> all = events(Pipeline.empty());
        assertThat(all).hasSizeGreaterThan(80);

        for (Membership membership : Stream.generate(generator::ofDocument)
                .limit(60)
                .flatMap(condition -> Stream.of(Membership.of(condition), Membership.of(not(condition))))
                .toList()) {
            assertThat(events(Pipeline.transitionsOf(membership)))
                    .as("seed %d, %s", seed, membership)
                    .isEqualTo(all.stream()
                            .filter(event -> transition(membership, event) != Transition.NONE)
                            .toList());
            assertThat(all).as("images").noneMatch(event -> transition(membership, event) == Transition.UNKNOWN);
            assertKnowsNothingWrong(membership, all);
        }
    }

    /** What is concluded without the image after, from the description, is what the image says. */
    private static void assertKnowsNothingWrong(Membership membership, List<BsonDocument> events) {
        for (BsonDocument event : events) {
            Transition concluded = membership.transition(Change.of(event, FullDocument.DEFAULT));
            assertThat(concluded)
                    .as("%s of %s", membership, event)
                    .isIn(Transition.UNKNOWN, transition(membership, event));
        }
    }

    /** What is concluded about fields without one of the images is what the images say. */
    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {4, 5})
    void concludesOfFieldsWhatTheImagesSay(long seed) {
        ConditionGenerator generator = new ConditionGenerator(seed);
        record("concluded" + seed, true);
        for (int id = 0; id < 60; id++) {
            run(orders.insertOne(generator.someDocument(3).append("_id", new BsonInt32(id))));
            runIfAccepted(orders.updateOne(key(id), generator.update()));
            runIfAccepted(orders.updateOne(key(id), generator.update()));
        }
        for (BsonDocument event : events(Pipeline.empty())) {
            for (String path : List.of("a", "b", "c", "0", "1", "a.b", "a.0", "b.1.a", "c.a", "a.a.b")) {
                FieldChange known =
                        Change.of(event, FullDocument.WHEN_AVAILABLE).field(path);
                BsonDocument withoutBefore = event.clone();
                withoutBefore.remove("fullDocumentBeforeChange");
                FieldChange fromAfter =
                        Change.of(withoutBefore, FullDocument.WHEN_AVAILABLE).field(path);
                FieldChange fromBefore = Change.of(event, FullDocument.DEFAULT).field(path);

                assertThat(
                                fromAfter.before().isKnown()
                                        ? fromAfter.before().value()
                                        : known.before().value())
                        .as("%s before %s", path, event)
                        .isEqualTo(known.before().value());
                assertThat(
                                fromBefore.after().isKnown()
                                        ? fromBefore.after().value()
                                        : known.after().value())
                        .as("%s after %s", path, event)
                        .isEqualTo(known.after().value());
                assertThat(known.isTouched()
                                || known.before().value().equals(known.after().value()))
                        .as("%s is touched by %s", path, event)
                        .isTrue();
            }
        }
    }

    private static Transition transition(Membership membership, BsonDocument event) {
        return membership.transition(Change.of(event, FullDocument.WHEN_AVAILABLE));
    }

    private void record(String collection, boolean keepsImages) {
        CreateCollectionOptions images = new CreateCollectionOptions()
                .changeStreamPreAndPostImagesOptions(new ChangeStreamPreAndPostImagesOptions(keepsImages));
        run(client.getDatabase("algebra").createCollection(collection, images));
        orders = client.getDatabase("algebra").getCollection(collection, BsonDocument.class);
        changes = RecordedChanges.from(client, orders);
    }

    private List<BsonDocument> events(Pipeline pipeline) {
        return changes.with(FullDocument.WHEN_AVAILABLE).sent(pipeline.stages());
    }

    /** Each field as {@code before > after}, or {@code =} where they are the same. */
    private static List<String> fields(List<BsonDocument> events, int index, String... paths) {
        Change change = Change.of(events.get(index), FullDocument.WHEN_AVAILABLE);
        return Stream.of(paths)
                .map(change::field)
                .map(field ->
                        field.before().value().filter(BsonValue::isDocument).isPresent()
                                ? field.difference().toString()
                                : text(field.before())
                                        + (field.difference() == FieldChange.Difference.SAME ? " = " : " > ")
                                        + text(field.after()))
                .toList();
    }

    private static String text(State<BsonValue> state) {
        return state.value().map(ChangeAlgebraIT::text).orElse("-");
    }

    private static String text(BsonValue value) {
        if (value.isArray()) {
            return value.asArray().stream().map(ChangeAlgebraIT::text).collect(Collectors.joining(", ", "[", "]"));
        }
        return value.isString()
                ? value.asString().getValue()
                : Integer.toString(value.asNumber().intValue());
    }

    private static State<BsonValue> present(String value, Evidence evidence) {
        return new State.Present<>(new BsonString(value), evidence);
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
