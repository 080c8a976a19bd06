package io.changewatch.push;

import static io.changewatch.testkit.Publishers.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.mongodb.client.model.ChangeStreamPreAndPostImagesOptions;
import com.mongodb.client.model.CreateCollectionOptions;
import com.mongodb.client.model.Filters;
import com.mongodb.client.model.Updates;
import com.mongodb.client.model.changestream.FullDocument;
import com.mongodb.client.model.changestream.FullDocumentBeforeChange;
import com.mongodb.reactivestreams.client.ClientSession;
import com.mongodb.reactivestreams.client.MongoCollection;
import com.mongodb.reactivestreams.client.MongoDatabase;
import io.changewatch.ChangeWatcher;
import io.changewatch.ConfigurationException;
import io.changewatch.StartPosition;
import io.changewatch.WatcherState;
import io.changewatch.pipeline.Condition;
import io.changewatch.testkit.Publishers;
import io.changewatch.testkit.TestServer;
import java.nio.charset.StandardCharsets;
import java.security.Principal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.bson.BsonDocument;
import org.bson.BsonTimestamp;
import org.bson.Document;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A feed on a real server, with clients in process. */
final class LiveFeedIT {
    private static final byte[] KEY = "a key of at least 16 bytes".getBytes(StandardCharsets.UTF_8);
    private static final Principal ANN = () -> "ann";

    private final MongoDatabase shop = TestServer.newDatabase();
    private final MongoCollection<Document> orders = shop.getCollection("orders");
    private final List<LiveFeed<Document>> feeds = new ArrayList<>();

    @AfterEach
    void ends() {
        feeds.forEach(LiveFeed::close);
        await(shop.drop());
    }

    private LiveFeedBuilder<Document> orderFeed() {
        return LiveFeed.over(ChangeWatcher.of(TestServer.client())
                        .collection(shop.getName(), "orders")
                        .name("order-updates")
                        .maxAwait(Duration.ofMillis(100))
                        .fullDocument(FullDocument.UPDATE_LOOKUP))
                .payload(Payload.fields("userId", "n"))
                .positionKey(KEY)
                .visibleToAll();
    }

    private LiveFeed<Document> start(LiveFeedBuilder<Document> builder) {
        LiveFeed<Document> feed = builder.start();
        feeds.add(feed);
        return feed;
    }

    private static ClientRequest everything() {
        return ClientRequest.of(ANN, Transport.WEB_SOCKET);
    }

    private void insert(int n, String user) {
        await(orders.insertOne(
                new Document("_id", n).append("userId", user).append("n", n).append("secret", "x")));
    }

    private static List<Integer> ids(RecordingClient client) {
        return client.messages("event").stream()
                .map(event -> event.getInt32("id").getValue())
                .toList();
    }

    @Test
    void sendsWhatTheApplicationNamesAndNothingElse() {
        LiveFeed<Document> feed = start(orderFeed());
        RecordingClient client = new RecordingClient();
        feed.attach(everything(), client);
        insert(1, "ann");
        BsonDocument event = client.awaits("event", 1).messages("event").get(0);

        assertThat(client.types()).containsExactly("ready", "event");
        assertThat(event.keySet())
                .containsExactly("type", "position", "operation", "namespace", "id", "wallTime", "data");
        assertThat(event.getDocument("data")).isEqualTo(BsonDocument.parse("{userId: 'ann', n: 1}"));
    }

    @Test
    void givesEachClientItsOwnEvents() {
        LiveFeed<Document> feed = start(orderFeed());
        RecordingClient ann = new RecordingClient();
        RecordingClient bob = new RecordingClient();
        feed.attach(everything().where(Condition.document("userId").eq("ann")), ann);
        feed.attach(everything().where(Condition.document("userId").eq("bob")), bob);
        ann.awaits("ready", 1);
        bob.awaits("ready", 1);
        joined(feed, 2);
        IntStream.rangeClosed(1, 20).forEach(n -> insert(n, n % 2 == 0 ? "ann" : "bob"));
        ann.awaits("event", 10);
        bob.awaits("event", 10);

        assertThat(ids(ann))
                .containsExactlyElementsOf(IntStream.rangeClosed(1, 20)
                        .filter(n -> n % 2 == 0)
                        .boxed()
                        .toList());
        assertThat(ids(bob))
                .containsExactlyElementsOf(IntStream.rangeClosed(1, 20)
                        .filter(n -> n % 2 == 1)
                        .boxed()
                        .toList());
    }

    private static void joined(LiveFeed<Document> feed, int clients) {
        Awaitility.await().until(() -> feed.stats().clients() == clients);
    }

    @Test
    void continuesFromTheBuffer() {
        LiveFeed<Document> feed = start(orderFeed());
        RecordingClient first = new RecordingClient();
        FeedSession session = feed.attach(everything(), first);
        insert(1, "ann");
        first.awaits("event", 1);
        session.closed();
        insert(2, "ann");
        insert(3, "ann");
        Awaitility.await().until(() -> feed.stats().events() == 3);
        RecordingClient again = new RecordingClient();
        feed.attach(everything().after(first.position()), again);
        again.awaits("live", 1);
        insert(4, "ann");
        again.awaits("event", 3);

        assertThat(again.types()).containsExactly("ready", "event", "event", "live", "event");
        assertThat(ids(again)).containsExactly(2, 3, 4);
        assertThat(feed.stats().replayedFromServer()).isZero();
        assertThat(feed.stats().replayedFromBuffer()).isEqualTo(2);
    }

    @Test
    void continuesThroughACursorBehindTheBuffer() {
        LiveFeed<Document> feed = start(orderFeed().bufferBytes(2_000));
        RecordingClient first = new RecordingClient();
        FeedSession session = feed.attach(everything(), first);
        insert(1, "ann");
        first.awaits("event", 1);
        session.closed();
        IntStream.rangeClosed(2, 300).forEach(n -> insert(n, "ann"));
        RecordingClient again = new RecordingClient();
        feed.attach(everything().after(first.position()), again);
        again.awaits("live", 1);
        insert(301, "ann");
        again.awaits("event", 300);

        assertThat(ids(again))
                .containsExactlyElementsOf(IntStream.rangeClosed(2, 301).boxed().toList());
        assertThat(feed.stats().replayedFromServer()).isPositive();
        Awaitility.await().until(() -> feed.stats().catchUpsRunning() == 0);
    }

    @Test
    void continuesAtAnotherFeedOfTheSameKey() {
        LiveFeed<Document> feed = start(orderFeed());
        RecordingClient first = new RecordingClient();
        feed.attach(everything(), first);
        insert(1, "ann");
        first.awaits("event", 1);
        feed.close();
        insert(2, "ann");
        LiveFeed<Document> restarted = start(orderFeed());
        RecordingClient again = new RecordingClient();
        restarted.attach(everything().after(first.position()), again);
        again.awaits("live", 1);
        insert(3, "ann");
        again.awaits("event", 2);

        assertThat(ids(again)).containsExactly(2, 3);
        assertThat(first.closings()).containsExactly("1012 The service restarts. Come again with your position.");
        assertThat(first.types()).endsWith("closing");
    }

    @Test
    void continuesInTheMiddleOfATransaction() {
        await(shop.createCollection("orders"));
        LiveFeed<Document> feed = start(orderFeed());
        RecordingClient first = new RecordingClient();
        feed.attach(everything(), first);
        first.awaits("ready", 1);
        insertAtOnce(1, 2, 3, 4, 5);
        first.awaits("event", 5);
        String afterSecond =
                first.messages("event").get(1).getString("position").getValue();
        feed.close();
        LiveFeed<Document> restarted = start(orderFeed());
        RecordingClient again = new RecordingClient();
        restarted.attach(everything().after(afterSecond), again);
        again.awaits("live", 1);

        assertThat(ids(again)).containsExactly(3, 4, 5);
    }

    /** In one transaction: all of them have one cluster time. */
    private void insertAtOnce(int... numbers) {
        try (ClientSession session = Publishers.first(TestServer.client().startSession())) {
            session.startTransaction();
            for (int number : numbers) {
                await(orders.insertOne(session, new Document("_id", number)));
            }
            await(session.commitTransaction());
        }
    }

    @Test
    void continuesWithWhatWasWrittenRightBehindWhereItBegan() {
        for (int round = 1; round <= 5; round++) {
            LiveFeed<Document> feed = start(orderFeed());
            RecordingClient first = new RecordingClient();
            feed.attach(everything(), first);
            first.awaits("ready", 1);
            feed.close();
            insert(round, "ann");
            LiveFeed<Document> restarted = start(orderFeed());
            RecordingClient again = new RecordingClient();
            restarted.attach(everything().after(first.position()), again);
            again.awaits("live", 1);
            restarted.close();

            assertThat(ids(again)).containsExactly(round);
        }
    }

    @Test
    void movesTheQuietClientOn() {
        LiveFeed<Document> feed =
                start(orderFeed().heartbeatEvery(Duration.ofMillis(50)).deadAfter(Duration.ofMinutes(1)));
        RecordingClient client = new RecordingClient();
        feed.attach(everything().where(Condition.document("userId").eq("nobody")), client);
        insert(1, "ann");
        Awaitility.await().until(() -> feed.stats().events() == 1);
        client.awaits("heartbeat", 2);
        RecordingClient again = new RecordingClient();
        feed.attach(everything().after(client.position()), again);
        again.awaits("live", 1);

        assertThat(again.types()).doesNotContain("event");
        assertThat(client.messages("heartbeat").get(0).getString("state").getValue())
                .isEqualTo("RUNNING");
        assertThat(client.pings()).isPositive();
    }

    @Test
    void refusesToStartOnWhatMustBeChangedFirst() {
        assertThatThrownBy(() -> LiveFeed.over(
                                ChangeWatcher.of(TestServer.client()).collection("config", "orders"))
                        .payload(Payload.fields("n"))
                        .visibleToAll()
                        .start())
                .isInstanceOf(ConfigurationException.class);
    }

    @Test
    void tellsItsClientsWhenTheWatcherFails() {
        LiveFeed<Document> feed = start(orderFeed().payload(event -> "1"));
        RecordingClient client = new RecordingClient();
        feed.attach(everything(), client);
        client.awaits("ready", 1);
        feed.watcher().close();
        client.awaitsClose();

        assertThat(client.closings()).containsExactly("1011 The feed has failed. Come again later with your position.");
        assertThat(feed.watcher().state()).isEqualTo(WatcherState.STOPPED);
        assertThat(feed.admit(new Handshake(Transport.WEB_SOCKET, Map.of(), Map.of())))
                .isInstanceOfSatisfying(
                        Admission.Refused.class,
                        refused -> assertThat(refused.reason()).isEqualTo(Admission.Reason.FAILED));
    }

    @Test
    void updatesCarryTheirDocument() {
        insert(1, "ann");
        LiveFeed<Document> feed = start(orderFeed());
        RecordingClient client = new RecordingClient();
        feed.attach(everything(), client);
        client.awaits("ready", 1);
        await(orders.updateOne(Filters.eq(1), Updates.set("n", 7)));
        await(orders.deleteOne(Filters.eq(1)));
        client.awaits("event", 2);

        assertThat(client.messages("event")
                        .get(0)
                        .getDocument("data")
                        .getInt32("n")
                        .getValue())
                .isEqualTo(7);
        assertThat(client.messages("event").get(1)).doesNotContainKey("data");
        assertThat(Publishers.await(orders.find())).isEmpty();
    }

    @Test
    void aPayloadChoiceThatFailsEndsOnlyThatClient() {
        LiveFeed<Document> feed = start(orderFeed().payloadFor(principal -> {
            throw new IllegalStateException("no such view");
        }));
        RecordingClient client = new RecordingClient();
        FeedSession session = feed.attach(everything(), client);
        session.received("hello");
        session.pong();
        session.receivedBinary();
        session.closed();
        client.awaitsClose();

        assertThat(client.closings()).containsExactly("1011 The server could not decide what to send you.");
        assertThat(feed.stats().clients()).isZero();
    }

    @Test
    void turnsAwayWhoComesAfterTheEnd() {
        LiveFeed<Document> feed = start(orderFeed());
        feed.close();
        feed.close();
        RecordingClient client = new RecordingClient();
        feed.attach(everything(), client);

        assertThat(client.types()).containsExactly("closing");
        assertThat(client.closings()).containsExactly("1012 The service restarts. Come again with your position.");
        assertThat(feed.admit(new Handshake(Transport.WEB_SOCKET, Map.of(), Map.of())))
                .isEqualTo(new Admission.Refused(
                        Admission.Reason.CLOSING, 503, 1012, "The service restarts. Come again with your position."));
    }

    @Test
    void givesUpOnAnAdapterThatNeverEndsASend() {
        LiveFeed<Document> feed = start(orderFeed().drainWithin(Duration.ofMillis(200)));
        RecordingClient stuck = new RecordingClient().holds();
        RecordingClient well = new RecordingClient();
        feed.attach(everything(), stuck);
        feed.attach(everything(), well);
        well.awaits("ready", 1);
        feed.close();

        assertThat(stuck.closings()).containsExactly("1012 The service restarts.");
        assertThat(well.closings()).containsExactly("1012 The service restarts. Come again with your position.");
        assertThat(feed.stats().clients()).isZero();
    }

    @Test
    void keepsEventsOfTheTimeBeforeItStartedWhereToldTo() {
        BsonTimestamp before =
                Publishers.first(shop.runCommand(new Document("ping", 1))).get("operationTime", BsonTimestamp.class);
        insert(1, "ann");
        LiveFeed<Document> feed = start(LiveFeed.over(ChangeWatcher.of(TestServer.client())
                        .collection(shop.getName(), "orders")
                        .maxAwait(Duration.ofMillis(100))
                        .startFrom(StartPosition.at(before)))
                .payload(Payload.fields("n"))
                .visibleToAll());

        Awaitility.await().until(() -> feed.stats().bufferedEvents() == 1);
    }

    @Test
    void twoFeedsOverOneWatcherDoNotKnowEachOther() {
        LiveFeedBuilder<Document> builder = orderFeed();
        LiveFeed<Document> first = start(builder);
        LiveFeed<Document> second = start(builder);
        RecordingClient one = new RecordingClient();
        RecordingClient two = new RecordingClient();
        first.attach(everything(), one);
        second.attach(everything(), two);
        insert(1, "ann");
        one.awaits("event", 1);
        two.awaits("event", 1);
        second.close();
        insert(2, "ann");
        one.awaits("event", 2);

        assertThat(ids(one)).containsExactly(1, 2);
        assertThat(ids(two)).containsExactly(1);
    }

    @Test
    void continuesBehindAnEventThatTheServerHasToSplit() {
        await(shop.createCollection(
                "orders",
                new CreateCollectionOptions()
                        .changeStreamPreAndPostImagesOptions(new ChangeStreamPreAndPostImagesOptions(true))));
        String large = "x".repeat(9_000_000);
        await(orders.insertOne(new Document("_id", 0).append("text", large)));
        LiveFeedBuilder<Document> builder = LiveFeed.over(ChangeWatcher.of(TestServer.client())
                        .collection(shop.getName(), "orders")
                        .fullDocumentBeforeChange(FullDocumentBeforeChange.WHEN_AVAILABLE)
                        .maxAwait(Duration.ofMillis(100)))
                .payload(Payload.fields("n"))
                .positionKey(KEY)
                .bufferBytes(2_000)
                .visibleToAll();
        LiveFeed<Document> feed = start(builder);
        RecordingClient first = new RecordingClient();
        feed.attach(everything(), first);
        insert(1, "ann");
        first.awaits("event", 1);
        feed.close();
        await(orders.replaceOne(Filters.eq(0), new Document("text", large + "y"))); // 18 MB with both images
        LiveFeed<Document> restarted = start(builder);
        IntStream.rangeClosed(2, 50).forEach(n -> insert(n, "ann"));
        Awaitility.await().until(() -> restarted.stats().events() == 49);
        RecordingClient again = new RecordingClient();
        restarted.attach(everything().after(first.position()), again);
        again.awaits("live", 1);

        assertThat(ids(again))
                .startsWith(0, 2)
                .isEqualTo(IntStream.concat(IntStream.of(0), IntStream.rangeClosed(2, 50))
                        .boxed()
                        .toList());
    }
}
