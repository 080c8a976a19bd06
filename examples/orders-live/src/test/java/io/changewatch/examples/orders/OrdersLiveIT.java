package io.changewatch.examples.orders;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.changewatch.ChangeWatcher;
import io.changewatch.push.ClientRequest;
import io.changewatch.push.FeedClient;
import io.changewatch.push.LiveFeed;
import io.changewatch.push.LiveFeedBuilder;
import io.changewatch.push.Payload;
import io.changewatch.push.SlowClientPolicy;
import io.changewatch.push.Transport;
import io.changewatch.testkit.Publishers;
import io.changewatch.testkit.TestServer;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.bson.BsonDocument;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** What clients of the running application see, frame by frame. */
final class OrdersLiveIT {
    private static final String KEY = "a secret of the tests, long enough";

    private final String database = TestServer.newDatabaseName();
    private final List<AutoCloseable> open = new ArrayList<>();
    private OrdersApp app;

    @AfterEach
    void stop() throws Exception {
        for (AutoCloseable one : open) {
            one.close();
        }
        Publishers.await(TestServer.client().getDatabase(database).drop());
    }

    private void start() {
        start(feed -> feed);
    }

    private void start(UnaryOperator<LiveFeedBuilder<Order>> tuning) {
        start(settings(), tuning);
    }

    private void start(Settings settings, UnaryOperator<LiveFeedBuilder<Order>> tuning) {
        app = OrdersApp.start(settings, tuning);
        open.add(app);
    }

    private Settings settings() {
        return Settings.of(TestServer.connectionString(), database, 0).withPositionKey(KEY);
    }

    private RawSocket socket(String query) throws IOException {
        return closed(RawSocket.open(app.port(), query));
    }

    private RawSocket socket(String query, Map<String, String> headers) throws IOException {
        return closed(RawSocket.open(app.port(), query, headers));
    }

    private RawEvents events(String query, Map<String, String> headers) throws Exception {
        return closed(RawEvents.open(app, query, headers));
    }

    private <C extends AutoCloseable> C closed(C client) {
        open.add(0, client);
        return client;
    }

    private void insert(String id, String user, String status) {
        Publishers.await(app.orders()
                .collection()
                .insertOne(new Order(id, user, status, 4_200, 1, Instant.parse("2026-05-01T10:00:00Z"))));
    }

    /** Inserts, and waits until the feed has it. */
    private void insertSeen(String id, String user) {
        long seen = app.feed().stats().events();
        insert(id, user, "open");
        await().atMost(Duration.ofMinutes(1)).until(() -> app.feed().stats().events() > seen);
    }

    private void delete(String id) {
        Publishers.await(app.orders().collection().deleteOne(com.mongodb.client.model.Filters.eq(id)));
    }

    /** The text without what differs from run to run. */
    private String plain(String text) {
        return text.replaceAll("\"position\": \"[\\w-]+\"", "\"position\": \"P\"")
                .replaceAll("id: [\\w-]{40,}", "id: P")
                .replaceAll("\"wallTime\": \"[^\"]+\"", "\"wallTime\": \"T\"")
                .replaceAll("\"time\": \"[^\"]+\"", "\"time\": \"T\"")
                .replace(database, "shop");
    }

    private List<String> plain(List<RawSocket.Frame> frames) {
        return frames.stream()
                .map(frame -> frame.isClose() ? frame.type() : plain(frame.text()))
                .toList();
    }

    private static final String READY = "{\"type\": \"ready\", \"position\": \"P\", \"resumed\": false}";
    private static final String RESUMED = "{\"type\": \"ready\", \"position\": \"P\", \"resumed\": true}";
    private static final String LIVE = "{\"type\": \"live\", \"position\": \"P\"}";

    private static String event(String operation, String id, String data) {
        return "{\"type\": \"event\", \"position\": \"P\", \"operation\": \"" + operation
                + "\", \"namespace\": \"shop.orders\", \"id\": \"" + id + "\", \"wallTime\": \"T\", \"data\": " + data
                + "}";
    }

    private static String order(String user, String status) {
        return "{\"userId\":\"" + user + "\",\"status\":\"" + status
                + "\",\"cents\":4200,\"version\":1,\"updatedAt\":\"2026-05-01T10:00:00Z\"}";
    }

    private static String position(List<RawSocket.Frame> frames) {
        return frames.stream()
                .filter(frame -> frame.isText() && frame.message().containsKey("position"))
                .reduce((first, second) -> second)
                .orElseThrow()
                .message()
                .getString("position")
                .getValue();
    }

    private static RawSocket.Frame last(List<RawSocket.Frame> frames) {
        return frames.get(frames.size() - 1);
    }

    private static String id(RawSocket.Frame event) {
        return event.message().getString("id").getValue();
    }

    private static String closing(int code, String message) {
        return "{\"type\": \"closing\", \"position\": \"P\", \"code\": " + code + ", \"message\": \"" + message + "\"}";
    }

    private static String refusal(int code, String message) {
        return "{\"type\": \"closing\", \"code\": " + code + ", \"message\": \"" + message + "\"}";
    }

    @Nested
    class Filtering {

        @Test
        void byUserSeesTheUsersOrdersAndTheirEnd() throws IOException {
            start();
            RawSocket ann = socket("?userId=ann");
            RawSocket both = socket("?userId=ann&userId=bob&operation=insert");
            List<RawSocket.Frame> frames = ann.untilType("ready");
            both.untilType("ready");
            joined(2);
            insert("A-1", "ann", "open");
            insert("B-1", "bob", "open");
            delete("B-1");
            delete("A-1");
            frames.addAll(ann.untilType("event"));
            frames.addAll(ann.untilType("event"));

            assertThat(plain(frames))
                    .containsExactly(
                            READY,
                            event("insert", "A-1", order("ann", "open")),
                            event("delete", "A-1", "{\"userId\":\"ann\",\"version\":1}"));
            assertThat(plain(both.untilType("event"))).containsExactly(event("insert", "A-1", order("ann", "open")));
            assertThat(plain(both.untilType("event"))).containsExactly(event("insert", "B-1", order("bob", "open")));
        }

        @Test
        void byStatusSeesWhatHasThatStatusAfterTheChange() throws IOException {
            start();
            RawSocket paid = socket("?status=paid");
            paid.untilType("ready");
            joined(1);
            insert("A-1", "ann", "open");
            app.orders().change("A-1", Map.of("status", "paid"));
            app.orders().change("A-1", Map.of("status", "packed"));
            insert("A-2", "ann", "paid");
            BsonDocument update = paid.next().message();

            assertThat(update.getDocument("data").getString("status").getValue())
                    .isEqualTo("paid");
            assertThat(update.getDocument("data").getInt32("version").getValue())
                    .isEqualTo(2);
            assertThat(plain(paid.untilType("event"))).containsExactly(event("insert", "A-2", order("ann", "paid")));
        }

        @Test
        void byAnythingElseIsRefusedWithWhatIsAllowed() throws Exception {
            start();
            String unknown = "Unknown parameter 'cents'. Allowed are: after, operation, status, userId.";
            String operation = "Parameter 'operation' must be one of insert, update, replace, delete.";

            assertThat(plain(socket("?cents=1").untilClose()))
                    .containsExactly(refusal(1008, unknown), "close 1008 " + unknown);
            assertThat(plain(socket("?operation=drop").untilClose()))
                    .containsExactly(refusal(1008, operation), "close 1008 " + operation);
            RawEvents events = events("?cents=1", Map.of());
            assertThat(events.status()).isEqualTo(400);
            assertThat(events.body()).isEqualTo("{\"error\":\"" + unknown + "\"}");
        }
    }

    private void joined(int clients) {
        await().atMost(Duration.ofMinutes(1)).until(() -> app.feed().stats().clients() == clients);
    }

    @Nested
    class Authorization {
        private final Map<String, String> bearer = Map.of("Authorization", "Bearer ann-token");

        @Test
        void showsAUserTheirOwnOrdersOnly() throws IOException {
            start(settings().withUsers(Map.of("ann-token", "ann", "admin-token", "admin")), feed -> feed);
            RawSocket ann = socket("", bearer);
            RawSocket admin = socket("", Map.of("Authorization", "Bearer admin-token"));
            ann.untilType("ready");
            admin.untilType("ready");
            joined(2);
            insert("B-1", "bob", "open");
            insert("A-1", "ann", "open");

            assertThat(plain(ann.untilType("event"))).containsExactly(event("insert", "A-1", order("ann", "open")));
            assertThat(plain(admin.untilType("event"))).containsExactly(event("insert", "B-1", order("bob", "open")));
        }

        @Test
        void holdsForWhatIsReplayedToo() throws IOException {
            start(settings().withUsers(Map.of("ann-token", "ann")), feed -> feed);
            RawSocket ann = socket("", bearer);
            String position = position(ann.untilType("ready"));
            ann.close();
            insertSeen("B-1", "bob");
            insertSeen("A-1", "ann");

            assertThat(plain(socket("?after=" + position, bearer).untilType("live")))
                    .containsExactly(RESUMED, event("insert", "A-1", order("ann", "open")), LIVE);
        }

        @Test
        void refusesStrangersBeforeTheUpgrade() throws Exception {
            start(settings().withUsers(Map.of("ann-token", "ann")), feed -> feed);

            assertThat(socket("").status()).isEqualTo(401);
            assertThat(socket("", Map.of("Authorization", "Bearer guessed")).status())
                    .isEqualTo(401);
            assertThat(events("", Map.of()).status()).isEqualTo(401);
        }

        @Test
        void refusesPagesOfOtherSitesBeforeTheUpgrade() throws IOException {
            start();

            assertThat(socket("", Map.of("Origin", "https://evil.example")).status())
                    .isEqualTo(403);
            assertThat(socket("", Map.of("Origin", "http://127.0.0.1:" + app.port()))
                            .status())
                    .isEqualTo(101);
        }
    }

    @Nested
    class ComingAgain {

        @Test
        void continuesFromTheBufferWhileEventsFlow() throws IOException {
            start();
            resumeWhileEventsFlow();

            assertThat(app.feed().stats().replayedFromBuffer()).isPositive();
            assertThat(app.feed().stats().replayedFromServer()).isZero();
        }

        @Test
        void continuesThroughACatchUpCursorWhileEventsFlow() throws IOException {
            start(feed -> feed.bufferBytes(1_000_000));
            resumeWhileEventsFlow();

            assertThat(app.feed().stats().replayedFromServer()).isPositive();
            assertThat(app.feed().stats().gaps()).isZero();
            await().atMost(Duration.ofMinutes(1)).until(() -> app.feed().stats().catchUpsRunning() == 0);
        }

        private void resumeWhileEventsFlow() throws IOException {
            app.load().pace(2_000);
            VersionAccount account = new VersionAccount();
            RawSocket first = socket("");
            String position = "";
            while (account.events() < 1_000) {
                BsonDocument message = first.next().message();
                account.saw(message);
                position = message.getString("position").getValue();
            }
            first.close();
            long away = app.feed().stats().events() + 3_000;
            await().atMost(Duration.ofMinutes(1)).until(() -> app.feed().stats().events() > away);
            RawSocket again = socket("?after=" + position);
            for (RawSocket.Frame frame : again.untilType("live")) {
                account.saw(frame.message());
            }
            int caughtUp = account.events();
            while (account.events() < caughtUp + 1_000) {
                account.saw(again.next().message());
            }

            assertThat(account.problems()).isEmpty();
            assertThat(caughtUp).isGreaterThan(3_000);
        }

        @Test
        void withAPositionOfNobodysMakingIsToldOfTheGap() throws IOException {
            start();
            List<RawSocket.Frame> frames = socket("?after=AAAA").untilType("gap");

            assertThat(plain(frames))
                    .containsExactly(
                            READY,
                            "{\"type\": \"gap\", \"position\": \"P\", \"reason\": \"position-invalid\", \"message\": \"Your"
                                    + " position was not made by this feed, or it was changed. Load the current state; events"
                                    + " go on from here.\"}");
        }

        @Test
        void withTheSlightestChangeToAPositionIsToldOfTheGap() throws IOException {
            start();
            String position = position(socket("").untilType("ready"));
            char last = position.charAt(20);
            String forged = position.substring(0, 20) + (last == 'A' ? 'B' : 'A') + position.substring(21);

            assertThat(socket("?after=" + forged)
                            .untilType("gap")
                            .get(1)
                            .message()
                            .getString("reason")
                            .getValue())
                    .isEqualTo("position-invalid");
        }

        @Test
        void withAPositionOfAnotherFeedIsToldOfTheGap() throws IOException {
            start();
            CopyOnWriteArrayList<String> texts = new CopyOnWriteArrayList<>();
            try (LiveFeed<org.bson.Document> other = LiveFeed.over(ChangeWatcher.of(TestServer.client())
                            .collection(database, "orders")
                            .name("another-feed"))
                    .payload(Payload.fields("status"))
                    .positionKey(KEY.getBytes(StandardCharsets.UTF_8))
                    .visibleToAll()
                    .start()) {
                other.attach(ClientRequest.of(() -> "ann", Transport.WEB_SOCKET), new Texts(texts));
                await().atMost(Duration.ofMinutes(1)).until(() -> !texts.isEmpty());
            }
            String foreign =
                    BsonDocument.parse(texts.get(0)).getString("position").getValue();

            assertThat(socket("?after=" + foreign)
                            .untilType("gap")
                            .get(1)
                            .message()
                            .getString("reason")
                            .getValue())
                    .isEqualTo("position-foreign");
        }
    }

    private record Texts(List<String> texts) implements FeedClient {

        @Override
        public CompletionStage<?> send(String text) {
            texts.add(text);
            return CompletableFuture.completedFuture(null);
        }

        @Override
        public void close(int code, String reason) {
            // Told elsewhere.
        }
    }

    @Nested
    class Large {

        @Test
        void documentsAreNamedAndNotSent() throws IOException {
            start();
            RawSocket client = socket("");
            client.untilType("ready");
            joined(1);
            String name = "x".repeat(1_100_000);
            insert("A-1", name, "open");
            int bytes = event("insert", "A-1", order(name, "open")).length()
                    + 1; // P, T and shop stand for longer texts, of which the number below is told
            RawSocket.Frame frame = client.next();
            long told = frame.message().getNumber("bytes").longValue();

            assertThat(plain(frame.text()))
                    .isEqualTo("{\"type\": \"oversize\", \"position\": \"P\", \"operation\": \"insert\", \"namespace\":"
                            + " \"shop.orders\", \"id\": \"A-1\", \"wallTime\": \"T\", \"bytes\": " + told
                            + ", \"limit\": 1048576, \"fetch\": \"/orders/A-1\"}");
            assertThat(told).isBetween((long) bytes, bytes + 300L);
            assertThat(app.feed().stats().oversize()).isEqualTo(1);
        }
    }

    @Nested
    class ASlowClient {
        private int written;

        @Test
        void isDisconnectedWithItsPositionAndDelaysNobody() throws IOException {
            start(feed -> feed.maxQueuedMessages(5));
            RawSocket slow = closed(RawSocket.openSmall(app.port(), ""));
            RawSocket quick = socket("");
            joined(2);
            while (app.feed().stats().slowDisconnects() == 0) {
                write();
                assertThat(id(last(quick.untilType("event")))).isEqualTo("A-" + written);
            }
            List<RawSocket.Frame> frames = slow.untilClose();
            RawSocket.Frame goodbye = frames.get(frames.size() - 2);
            RawSocket.Frame received = frames.get(frames.size() - 3);
            String why = "Too slow: too much waited to be sent. Come again with your position.";
            write();
            RawSocket again = socket("?after=" + position(frames));

            assertThat(plain(List.of(goodbye, last(frames)))).containsExactly(closing(1013, why), "close 1013 " + why);
            assertThat(goodbye.message().get("position"))
                    .isEqualTo(received.message().get("position"));
            for (int next = number(received) + 1; next <= written; next++) {
                assertThat(number(last(again.untilType("event")))).isEqualTo(next);
            }
        }

        /** A large order. */
        private void write() {
            insert("A-" + ++written, "x".repeat(500_000), "open");
        }

        private int number(RawSocket.Frame event) {
            return Integer.parseInt(id(event).substring(2));
        }

        @Test
        void isToldHowMuchWasDropped() throws IOException {
            start(feed -> feed.maxQueuedMessages(5).whenSlow(SlowClientPolicy.DROP));
            RawSocket slow = closed(RawSocket.openSmall(app.port(), ""));
            RawSocket quick = socket("");
            joined(2);
            while (app.feed().stats().dropped() == 0) {
                write();
                quick.untilType("event");
            }
            List<RawSocket.Frame> frames = slow.untilType("gap");
            BsonDocument gap = last(frames).message();

            assertThat(gap.getString("reason").getValue()).isEqualTo("slow");
            assertThat(gap.getNumber("dropped").longValue()).isEqualTo(5);
            assertThat(number(slow.next())).isEqualTo(number(frames.get(frames.size() - 2)) + 6);
        }

        @Test
        void receivesTheNewestOfEachDocument() throws IOException {
            start(feed -> feed.maxQueuedMessages(5).whenSlow(SlowClientPolicy.CONFLATE));
            RawSocket slow = closed(RawSocket.openSmall(app.port(), ""));
            RawSocket quick = socket("");
            joined(2);
            write();
            int changes = 0;
            while (app.feed().stats().conflated() < 10) {
                app.orders().change("A-1", Map.of("cents", ++changes));
                quick.untilType("event");
            }
            String newest = "\"cents\":" + changes + ",";
            List<RawSocket.Frame> frames = slow.until(frame -> frame.text().contains(newest));

            assertThat(frames).hasSizeLessThan(changes);
            assertThat(app.feed().stats().slowDisconnects()).isZero();
        }
    }

    @Nested
    class ADeadClient {

        @Test
        void isFoundAndDropped() throws IOException {
            start(feed -> feed.heartbeatEvery(Duration.ofMillis(200)).deadAfter(Duration.ofSeconds(5)));
            RawSocket dead = socket("").mute();
            RawSocket alive = socket("");
            joined(2);
            while (app.feed().stats().deadDisconnects() == 0) {
                alive.next(); // answers pings
            }

            assertThat(app.feed().stats().clients()).isEqualTo(1);
            assertThat(dead.isCutOff()).isTrue();
        }

        @Test
        void isHeardOfByItsEnd() throws IOException {
            start();
            RawSocket gone = socket("");
            joined(1);
            gone.close();

            joined(0);
        }

        @Test
        void movesOnWhileItIsQuiet() throws IOException {
            start(feed -> feed.heartbeatEvery(Duration.ofMillis(200)).deadAfter(Duration.ofMinutes(1)));
            RawSocket idle = socket("?userId=nobody");
            insert("A-1", "ann", "open");
            await().atMost(Duration.ofMinutes(1)).until(() -> app.feed().stats().events() == 1);
            idle.untilType("heartbeat");
            List<RawSocket.Frame> frames = idle.untilType("heartbeat");
            RawSocket again = socket("?userId=ann&after=" + position(frames));

            assertThat(plain(frames))
                    .containsExactly(
                            "{\"type\": \"heartbeat\", \"position\": \"P\", \"time\": \"T\", \"state\": \"RUNNING\"}");
            assertThat(plain(again.untilType("live"))).containsExactly(RESUMED, LIVE);
        }
    }

    @Nested
    class Limits {

        @Test
        void ofClientsAreToldToWhoComesTooLate() throws Exception {
            start(feed -> feed.maxClients(2));
            socket("").untilType("ready");
            socket("").untilType("ready");
            String full = "The feed is full (2 clients). Come again later.";

            assertThat(plain(socket("").untilClose())).containsExactly(refusal(1013, full), "close 1013 " + full);
            RawEvents events = events("", Map.of());
            assertThat(events.status()).isEqualTo(503);
            assertThat(events.body()).isEqualTo("{\"error\":\"" + full + "\"}");
        }

        @Test
        void ofOnePrincipalAreToldToThatOne() throws Exception {
            Map<String, String> ann = Map.of("Authorization", "Bearer ann-token");
            start(
                    settings().withUsers(Map.of("ann-token", "ann", "bob-token", "bob")),
                    feed -> feed.maxClientsPerPrincipal(1));
            RawSocket first = socket("", ann);
            first.untilType("ready");
            String full = "You have as many connections as you may have (1). Close one first.";

            assertThat(plain(socket("", ann).untilClose())).containsExactly(refusal(1008, full), "close 1008 " + full);
            assertThat(events("", ann).status()).isEqualTo(429);
            assertThat(plain(socket("", Map.of("Authorization", "Bearer bob-token"))
                            .untilType("ready")))
                    .containsExactly(READY);
            first.close();
            joined(1);
            assertThat(plain(socket("", ann).untilType("ready"))).containsExactly(READY);
        }

        @Test
        void ofWhatAClientMaySayAreKept() throws IOException {
            start(feed -> feed.maxIncomingBytes(100).maxIncomingPerSecond(5));
            RawSocket polite = socket("");
            polite.untilType("ready");
            polite.send("{\"type\": \"ping\"}").send("hello");

            assertThat(plain(polite.untilType("error")))
                    .containsExactly(
                            "{\"type\": \"pong\"}",
                            "{\"type\": \"error\", \"message\": \"This feed takes no messages but {\\\"type\\\":\\\"ping\\\"}."
                                    + " To filter otherwise, connect again with other parameters.\"}");
            assertThat(saying(socket("").send("x".repeat(101))))
                    .isEqualTo("close 1009 Messages of more than 100 bytes are not accepted.");
            assertThat(saying(socket("").send(2, new byte[] {1})))
                    .isEqualTo("close 1003 Binary messages are not accepted.");
            RawSocket talkative = socket("").sendAtOnce("hello", 7);
            assertThat(saying(talkative)).isEqualTo("close 1008 More than 5 messages a second are not accepted.");
        }

        private String saying(RawSocket client) throws IOException {
            List<RawSocket.Frame> frames = client.untilClose();
            return frames.get(frames.size() - 1).type();
        }
    }

    @Nested
    class AShutdown {

        @Test
        void tellsEveryClientToComeAgain() throws Exception {
            start();
            RawSocket client = socket("");
            RawEvents events = events("", Map.of());
            client.untilType("ready");
            events.untilType("ready");
            joined(2);
            insert("A-1", "ann", "open");
            await().atMost(Duration.ofMinutes(1)).until(() -> app.feed().stats().events() == 1);
            app.close();
            String restart = "The service restarts. Come again with your position.";
            List<RawSocket.Frame> frames = client.untilClose();
            List<RawEvents.Block> blocks = events.untilType("closing");

            assertThat(plain(frames))
                    .containsExactly(
                            event("insert", "A-1", order("ann", "open")),
                            closing(1012, restart),
                            "close 1012 " + restart);
            assertThat(plain(blocks.get(blocks.size() - 1).field("data"))).isEqualTo(closing(1012, restart));
            assertThat(events.next().lines()).isEmpty();

            start();
            insertSeen("A-2", "ann");
            assertThat(plain(socket("?after=" + position(frames)).untilType("live")))
                    .containsExactly(RESUMED, event("insert", "A-2", order("ann", "open")), LIVE);
        }

        @Test
        void leavesNoThreadAndNoCursor() {
            start();
            app.close();

            await().atMost(Duration.ofMinutes(1))
                    .until(() -> Thread.getAllStackTraces().keySet().stream()
                            .noneMatch(thread -> thread.getName().startsWith("changewatch-order-updates")));
        }
    }

    @Nested
    class ServerSentEvents {

        @Test
        void areBlocksThatABrowserResumesByItself() throws Exception {
            start(feed -> feed.heartbeatEvery(Duration.ofMillis(300)).deadAfter(Duration.ofMinutes(1)));
            RawEvents first = events("?userId=ann", Map.of());
            List<RawEvents.Block> ready = first.untilType("ready");
            joined(1);
            insert("B-1", "bob", "open");
            insert("A-1", "ann", "open");
            List<RawEvents.Block> seen = first.untilType("event");
            List<RawEvents.Block> beat = first.untilType("heartbeat");
            first.close();
            insertSeen("A-2", "ann");
            RawEvents again = events(
                    "?userId=ann",
                    Map.of("Last-Event-ID", seen.get(seen.size() - 1).field("id")));
            List<RawEvents.Block> resumed = again.untilType("live");

            assertThat(first.contentType()).isEqualTo("text/event-stream;charset=utf-8");
            assertThat(plain(ready.get(0).lines().toString())).isEqualTo("[id: P, event: ready, data: " + READY + "]");
            assertThat(plain(seen.get(seen.size() - 1).lines().toString()))
                    .isEqualTo("[id: P, event: event, data: " + event("insert", "A-1", order("ann", "open")) + "]");
            assertThat(plain(beat.get(beat.size() - 1).lines().toString()))
                    .isEqualTo(
                            "[: heartbeat, id: P, event: heartbeat, data: {\"type\": \"heartbeat\", \"position\": \"P\","
                                    + " \"time\": \"T\", \"state\": \"RUNNING\"}]");
            assertThat(resumed.stream().map(block -> plain(block.field("data"))))
                    .containsExactly(RESUMED, event("insert", "A-2", order("ann", "open")), LIVE);
            joined(1);
        }

        @Test
        void showAUserTheirOwnOrdersOnly() throws Exception {
            start(settings().withUsers(Map.of("ann-token", "ann")), feed -> feed);
            RawEvents ann = events("", Map.of("Authorization", "Bearer ann-token"));
            ann.untilType("ready");
            joined(1);
            insert("B-1", "bob", "open");
            insert("A-1", "ann", "open");

            assertThat(data(ann.untilType("event"))).containsExactly(event("insert", "A-1", order("ann", "open")));
        }

        @Test
        void tellOfTheGapBehindAForgedPosition() throws Exception {
            start();
            List<String> seen = data(events("", Map.of("Last-Event-ID", "AAAA")).untilType("gap"));

            assertThat(seen.get(0)).isEqualTo(READY);
            assertThat(seen.get(1)).contains("\"reason\": \"position-invalid\"");
        }

        @Test
        void nameALargeDocumentAndDoNotSendIt() throws Exception {
            start();
            RawEvents client = events("", Map.of());
            client.untilType("ready");
            joined(1);
            insert("A-1", "x".repeat(1_100_000), "open");

            assertThat(data(client.untilType("oversize")).get(0))
                    .matches("\\{\"type\": \"oversize\", \"position\": \"P\", \"operation\": \"insert\","
                            + " \"namespace\": \"shop.orders\", \"id\": \"A-1\", \"wallTime\": \"T\", \"bytes\": \\d+,"
                            + " \"limit\": 1048576, \"fetch\": \"/orders/A-1\"}");
        }

        @Test
        void continueThroughACatchUpCursorWhileEventsFlow() throws Exception {
            start(feed -> feed.bufferBytes(1_000_000));
            app.load().pace(2_000);
            VersionAccount account = new VersionAccount();
            String id = "";
            try (RawEvents first = events("", Map.of())) {
                while (account.events() < 500) {
                    RawEvents.Block block = first.next();
                    account.saw(block.message());
                    id = block.field("id");
                }
            }
            long away = app.feed().stats().events() + 3_000;
            await().atMost(Duration.ofMinutes(1)).until(() -> app.feed().stats().events() > away);
            RawEvents again = events("", Map.of("Last-Event-ID", id));
            again.untilType("live").forEach(block -> account.saw(block.message()));

            assertThat(account.problems()).isEmpty();
            assertThat(app.feed().stats().replayedFromServer()).isPositive();
        }

        @Test
        void endWithTheirPositionWhereTheyAreTakenTooSlowly() throws Exception {
            start(feed -> feed.maxQueuedMessages(5));
            RawEvents slow = events("", Map.of());
            RawSocket quick = socket("");
            joined(2);
            for (int number = 1; app.feed().stats().slowDisconnects() == 0; number++) {
                insert("A-" + number, "x".repeat(500_000), "open");
                quick.untilType("event");
            }
            List<RawEvents.Block> blocks = slow.untilType("closing");
            RawEvents.Block goodbye = blocks.get(blocks.size() - 1);

            assertThat(plain(goodbye.field("data")))
                    .isEqualTo(closing(1013, "Too slow: too much waited to be sent. Come again with your position."));
            assertThat(goodbye.field("id"))
                    .isEqualTo(blocks.get(blocks.size() - 2).field("id"));
            assertThat(slow.next().lines()).isEmpty();
        }

        @Test
        void areCutOffWhereNobodyTakesThem() throws Exception {
            start(feed -> feed.heartbeatEvery(Duration.ofMillis(200))
                    .deadAfter(Duration.ofSeconds(2))
                    .maxQueuedMessages(5));
            events("", Map.of()); // is not read
            joined(1);
            for (int number = 1; app.feed().stats().slowDisconnects() == 0; number++) {
                insert("A-" + number, "x".repeat(500_000), "open");
            }

            joined(0);
            assertThat(app.feed().stats().deadDisconnects()).isEqualTo(1);
            await().atMost(Duration.ofMinutes(1)).until(() -> app.openConnections() == 0);
        }
    }

    private List<String> data(List<RawEvents.Block> blocks) {
        return blocks.stream().map(block -> plain(block.field("data"))).toList();
    }

    @Nested
    class TheApplication {

        @Test
        void leavesNothingBehindWhereItCannotListen() {
            start();
            int taken = app.port();
            Settings again = Settings.of(TestServer.connectionString(), database, taken);

            assertThatThrownBy(() -> OrdersApp.start(again)).hasMessageContaining("" + taken);
            await().atMost(Duration.ofMinutes(1)).until(() -> threads("load").count() == 1);
            await().atMost(Duration.ofMinutes(1))
                    .until(() -> threads("changewatch-order-updates-heartbeat").count() == 1);
        }

        private Stream<Thread> threads(String name) {
            return Thread.getAllStackTraces().keySet().stream()
                    .filter(thread -> thread.getName().startsWith(name));
        }

        @Test
        void stopsInOrderWhenItIsToldTo() throws Exception {
            Process process = process();
            List<String> lines = new ArrayList<>();
            try (BufferedReader output = process.inputReader()) {
                String line = output.readLine();
                while (line != null) {
                    lines.add(line);
                    if (line.equals("Press Ctrl-C to stop.")) {
                        process.toHandle().destroy(); // what Ctrl-C does
                    }
                    line = output.readLine();
                }
            } finally {
                process.toHandle().destroyForcibly();
            }

            assertThat(lines).element(0).isEqualTo("Using the replica set of CHANGEWATCH_URI");
            assertThat(lines.get(1)).startsWith("Live orders: http://127.0.0.1:");
            assertThat(lines).endsWith("Stopping");
            assertThat(process.waitFor()).isEqualTo(143);
        }

        private Process process() throws IOException {
            ProcessBuilder builder = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "-Xmx256m",
                            "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
                            "-cp",
                            System.getProperty("java.class.path"),
                            OrdersLive.class.getName())
                    .redirectErrorStream(true);
            builder.environment().put("CHANGEWATCH_URI", TestServer.connectionString());
            builder.environment().put("ORDERS_PORT", "0");
            return builder.start();
        }
    }

    @Nested
    class Health {

        @Test
        void goesRedWhenTheWatcherDoesNotRun() throws Exception {
            start();
            RawSocket client = socket("");
            client.untilType("ready");
            assertThat(Http.get(app, "health").statusCode()).isEqualTo(200);
            app.feed().watcher().close();
            String failed = "The feed has failed. Come again later with your position.";

            assertThat(plain(client.untilClose())).containsExactly(closing(1011, failed), "close 1011 " + failed);
            assertThat(Http.get(app, "health").statusCode()).isEqualTo(503);
            assertThat(Http.get(app, "health").body())
                    .contains("\"status\":\"DOWN\"")
                    .contains("\"watcher\":\"STOPPED\"");
            assertThat(plain(socket("").untilClose())).endsWith("close 1011 The feed has failed. Come again later.");
        }
    }
}
