package io.changewatch.examples.orders;

import static org.assertj.core.api.Assertions.assertThat;

import com.mongodb.WriteConcern;
import com.mongodb.client.model.InsertManyOptions;
import com.sun.management.UnixOperatingSystemMXBean;
import io.changewatch.testkit.Publishers;
import io.changewatch.testkit.TestServer;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.bson.BsonDocument;
import org.bson.Document;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** As many clients as a busy page has, each with a filter of its own. */
final class ManyClientsIT {
    private static final Duration LIMIT = Duration.ofMinutes(1);
    private static final long SEED = 46;
    private static final int CLIENTS = 2_000;
    private static final int AT_ONCE = 50; // as many as Jetty lets wait to be accepted
    private static final int ORDERS = 10_000;
    private static final int BULK = 50;
    private static final long NANOS_PER_BULK = TimeUnit.MILLISECONDS.toNanos(50);
    private static final int LOOKS = 20;

    private final String database = TestServer.newDatabaseName();
    private final ExecutorService threads = Executors.newFixedThreadPool(4);
    private final HttpClient http = HttpClient.newBuilder().executor(threads).build();
    private final List<Client> clients =
            IntStream.range(0, CLIENTS).mapToObj(Client::new).toList();
    private final List<WebSocket> sockets = new ArrayList<>();
    private OrdersApp app;

    @BeforeEach
    void starts() {
        assertThat(ManagementFactory.getPlatformMXBean(UnixOperatingSystemMXBean.class)
                        .getMaxFileDescriptorCount())
                .as("file descriptors that this JVM may open; raise the limit, for example with: ulimit -n 8192")
                .isGreaterThan(2L * CLIENTS + 500); // both ends of every connection are here
        app = OrdersApp.start(Settings.of(TestServer.connectionString(), database, 0), builder -> builder);
    }

    @AfterEach
    void ends() {
        sockets.forEach(WebSocket::abort);
        if (app != null) {
            app.close();
        }
        threads.shutdownNow();
        Publishers.await(TestServer.client().getDatabase(database).drop());
    }

    @Test
    void sendsTwoThousandClientsTheirOwnOrdersOverOneCursor() throws Exception {
        connect();
        assertThat(cursors()).as("cursors on the server").hasSize(1);

        List<Order> orders = orders();
        write(orders);
        Awaitility.await()
                .atMost(LIMIT)
                .until(() -> clients.stream().allMatch(Client::hasLast)
                        || clients.stream().anyMatch(Client::hasUnexpected));

        assertThat(cursors()).as("cursors on the server").hasSize(1);
        assertThat(app.feed().stats().clients()).isEqualTo(CLIENTS);
        assertEachHasItsOwn(orders);
    }

    private void connect() {
        for (int first = 0; first < CLIENTS; first += AT_ONCE) {
            clients.subList(first, first + AT_ONCE).stream()
                    .map(this::open)
                    .toList()
                    .forEach(opening -> sockets.add(opening.join()));
        }
        Awaitility.await().atMost(LIMIT).until(() -> clients.stream().allMatch(Client::isReady));
    }

    private CompletableFuture<WebSocket> open(Client client) {
        URI uri = URI.create("ws://127.0.0.1:" + app.port() + "/ws/order-updates?userId=" + client.user);
        return http.newWebSocketBuilder().buildAsync(uri, client);
    }

    /** The ids of all that were seen: in a single look one may be missing, as a getMore takes it up. */
    private Set<Long> cursors() {
        Set<Long> ids = new HashSet<>();
        Document all = new Document("$currentOp", new Document("idleCursors", true).append("allUsers", true));
        Document ours =
                new Document("$match", new Document("ns", database + ".orders").append("cursor.tailable", true));
        for (int look = 0; look < LOOKS; look++) {
            Publishers.await(TestServer.client().getDatabase("admin").aggregate(List.of(all, ours)))
                    .forEach(operation ->
                            ids.add(operation.get("cursor", Document.class).getLong("cursorId")));
        }
        return ids;
    }

    /** Of random users; then one more of each, after which nothing of theirs can come. */
    private static List<Order> orders() {
        SplittableRandom random = new SplittableRandom(SEED);
        return IntStream.range(0, ORDERS + CLIENTS)
                .mapToObj(i -> order(i, i < ORDERS ? random.nextInt(CLIENTS) : i - ORDERS))
                .toList();
    }

    private static Order order(int number, int user) {
        boolean isLast = number >= ORDERS;
        return new Order((isLast ? "last-" : "order-") + number, "u" + user, "open", 100 + number, 1, Orders.now());
    }

    /** About a thousand a second. */
    private void write(List<Order> orders) throws InterruptedException {
        var collection = app.orders().collection().withWriteConcern(WriteConcern.W1);
        InsertManyOptions inOrder = new InsertManyOptions().ordered(true);
        CountDownLatch never = new CountDownLatch(1);
        long next = System.nanoTime();
        for (int first = 0; first < orders.size(); first += BULK) {
            Publishers.await(collection.insertMany(orders.subList(first, first + BULK), inOrder));
            next += NANOS_PER_BULK;
            boolean unused = never.await(next - System.nanoTime(), TimeUnit.NANOSECONDS); // the pace
        }
    }

    private void assertEachHasItsOwn(List<Order> orders) {
        List<List<String>> expected = IntStream.range(0, CLIENTS)
                .<List<String>>mapToObj(user -> new ArrayList<>())
                .toList();
        orders.forEach(order ->
                expected.get(Integer.parseInt(order.userId().substring(1))).add(order.id()));
        for (Client client : clients) {
            assertThat(client.unexpected)
                    .as("what %s received beside its orders", client.user)
                    .isEmpty();
            assertThat(client.ids).as("the orders of %s", client.user).isEqualTo(expected.get(client.number));
        }
    }

    /** Keeps the ids of its events. */
    private static final class Client implements WebSocket.Listener {
        private final int number;
        private final String user;
        private final StringBuilder text = new StringBuilder();
        private final List<String> ids = new CopyOnWriteArrayList<>();
        private final List<String> unexpected = new CopyOnWriteArrayList<>();
        private volatile boolean ready;

        Client(int number) {
            this.number = number;
            this.user = "u" + number;
        }

        boolean isReady() {
            return ready;
        }

        boolean hasLast() {
            return !ids.isEmpty() && ids.get(ids.size() - 1).startsWith("last-");
        }

        boolean hasUnexpected() {
            return !unexpected.isEmpty();
        }

        @Override
        public CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
            text.append(data);
            if (last) {
                take(BsonDocument.parse(text.toString()));
                text.setLength(0);
            }
            socket.request(1);
            return null;
        }

        private void take(BsonDocument message) {
            String type = message.getString("type").getValue();
            if (type.equals("event")) {
                ids.add(message.getString("id").getValue());
            } else if (type.equals("ready") && !ready) {
                ready = true;
            } else if (!type.equals("heartbeat")) {
                unexpected.add(message.toJson());
            }
        }

        @Override
        public CompletionStage<?> onClose(WebSocket socket, int code, String reason) {
            unexpected.add("close " + code + " " + reason);
            return null;
        }

        @Override
        public void onError(WebSocket socket, Throwable failure) {
            unexpected.add(failure.toString());
        }
    }
}
