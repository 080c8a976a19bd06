package io.changewatch.examples.orders;

import static org.assertj.core.api.Assertions.assertThat;

import io.changewatch.WatcherState;
import io.changewatch.examples.orders.RandomFrames.Thing;
import io.changewatch.testkit.Publishers;
import io.changewatch.testkit.TestServer;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.bson.BsonDocument;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Whatever clients send: they are told, or cut off, and nobody else notices. */
final class FuzzIT {
    private static final long SEED = Long.getLong("changewatch.seed", 46);
    private static final Duration LIMIT = Duration.ofMinutes(1);
    private static final int LIMIT_MILLIS = Math.toIntExact(LIMIT.toMillis());
    private static final int THREADS = 4;
    private static final int THINGS = 10_000;
    private static final int TEXT = 1;
    private static final int PING = 9;
    private static final byte[] NORMAL_CLOSE = {3, (byte) 232};

    private final String database = TestServer.newDatabaseName();
    private final ExecutorService threads = Executors.newFixedThreadPool(THREADS);
    private final Queue<String> problems = new ConcurrentLinkedQueue<>();
    private OrdersApp app;
    private List<String> threadsBefore;
    private String position;

    @BeforeEach
    void starts() throws Exception {
        app = OrdersApp.start(
                Settings.of(TestServer.connectionString(), database, 0),
                feed -> feed.heartbeatEvery(Duration.ofSeconds(1)) // finds out who has gone
                        .deadAfter(Duration.ofMinutes(10))); // but does not clear away who was forgotten
        position = receiveOneOrder();
        threadsBefore = threadsOfTheLibrary();
    }

    @AfterEach
    void ends() {
        threads.shutdownNow();
        if (app != null) {
            app.close();
        }
        Publishers.await(TestServer.client().getDatabase(database).drop());
    }

    @Test
    void survivesWhateverClientsSend() throws Exception {
        AtomicInteger sent = new AtomicInteger();
        inParallel(random -> {
            RandomFrames frames = new RandomFrames(random);
            while (sent.get() < THINGS) {
                sent.addAndGet(talk(frames, random));
            }
        });
        assertThat(problems).as("seed %d", SEED).isEmpty();
        assertStillRight();
    }

    @Test
    void answersWhateverClientsAskFor() throws Exception {
        Map<Integer, Integer> statuses = new ConcurrentHashMap<>();
        inParallel(random -> {
            RandomQueries queries = new RandomQueries(random, position);
            for (int i = 0; i < THINGS / THREADS; i++) {
                statuses.merge(ask(random.nextBoolean(), queries.next()), 1, Integer::sum);
            }
        });
        assertThat(problems).as("seed %d", SEED).isEmpty();
        assertThat(statuses.keySet()).as("seed %d: %s", SEED, statuses).containsExactlyInAnyOrder(101, 200, 400, 414);
        assertStillRight();
    }

    private interface Work {
        void run(SplittableRandom random) throws Exception;
    }

    private void inParallel(Work work) throws Exception {
        SplittableRandom random = new SplittableRandom(SEED);
        List<Future<?>> running = new ArrayList<>();
        for (int i = 0; i < THREADS; i++) {
            SplittableRandom own = random.split();
            running.add(threads.submit(() -> {
                work.run(own);
                return null;
            }));
        }
        for (Future<?> each : running) {
            each.get();
        }
    }

    /** Sends a few things over a new connection; the number of those that could be sent is returned. */
    private int talk(RandomFrames frames, SplittableRandom random) throws IOException {
        int sent = 0;
        try (RawSocket socket = RawSocket.open(app.port(), "")) {
            socket.next(); // ready
            boolean isOpen = false;
            int things = random.nextInt(1, 13);
            while (sent < things && !isOpen) {
                Thing thing = frames.next();
                socket.sendBytes(thing.bytes().array());
                isOpen = thing.isOpen();
                sent++;
            }
            boolean isCut = isOpen || random.nextInt(4) == 0;
            if (!isCut && !socket.send(8, NORMAL_CLOSE).isCutOff()) {
                problems.add("a connection was left open after a close frame");
            }
        } catch (SocketException e) {
            sent++; // the server has had enough
        }
        return sent;
    }

    /** The status of the answer; it is read up to the first message. */
    private int ask(boolean overWebSocket, String query) throws IOException {
        String path = (overWebSocket ? "/ws" : "/sse") + "/order-updates" + query;
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), app.port())) {
            socket.setSoTimeout(LIMIT_MILLIS);
            socket.setSoLinger(true, 0);
            socket.getOutputStream().write(request(path, overWebSocket).getBytes(StandardCharsets.ISO_8859_1));
            DataInputStream input = new DataInputStream(new BufferedInputStream(socket.getInputStream()));
            int status = Integer.parseInt(until("\r\n\r\n", input).substring(9, 12));
            if (status == 101) {
                int opcode = input.readUnsignedByte() & 0x0F;
                if (opcode != TEXT && opcode != PING) {
                    problems.add("the first frame has opcode " + opcode + ": " + path);
                }
            } else if (status == 200 && !until("\n\n", input).contains("\ndata: {")) {
                problems.add("the first event has no data: " + path);
            } else if (status >= 500) {
                problems.add("status " + status + ": " + path);
            }
            return status;
        }
    }

    private static String request(String path, boolean overWebSocket) {
        List<String> lines = new ArrayList<>(List.of("GET " + path + " HTTP/1.1", "Host: 127.0.0.1"));
        if (overWebSocket) {
            lines.add("Upgrade: websocket");
            lines.add("Connection: Upgrade");
            lines.add("Sec-WebSocket-Version: 13");
            lines.add("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==");
        }
        return String.join("\r\n", lines) + "\r\n\r\n";
    }

    private static String until(String end, DataInputStream input) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        do {
            bytes.write(input.readUnsignedByte());
        } while (!bytes.toString(StandardCharsets.ISO_8859_1).endsWith(end));
        return bytes.toString(StandardCharsets.ISO_8859_1);
    }

    private void assertStillRight() throws Exception {
        Awaitility.await()
                .atMost(LIMIT)
                .untilAsserted(() ->
                        assertThat(app.feed().stats().clients()).as("clients").isZero());
        HttpRequest health =
                HttpRequest.newBuilder(URI.create(app.url() + "health")).build();
        assertThat(HttpClient.newHttpClient()
                        .send(health, HttpResponse.BodyHandlers.ofString())
                        .statusCode())
                .isEqualTo(200);
        assertThat(app.feed().watcher().state()).isEqualTo(WatcherState.RUNNING);
        receiveOneOrder();
        assertThat(threadsOfTheLibrary()).hasSizeLessThanOrEqualTo(threadsBefore.size() + 1); // the second sender
    }

    /** The position of an order that the only client there is receives. */
    private String receiveOneOrder() throws IOException {
        try (RawSocket client = RawSocket.open(app.port(), "?userId=ann")) {
            client.untilType("ready");
            Order order = app.orders().create("ann", 4_200);
            List<RawSocket.Frame> frames = client.untilType("event");
            BsonDocument event = frames.get(frames.size() - 1).message();
            assertThat(event.getString("id").getValue()).isEqualTo(order.id());
            assertThat(app.feed().stats().clients()).as("clients").isEqualTo(1);
            Awaitility.await()
                    .atMost(LIMIT)
                    .untilAsserted(() -> assertThat(app.feed().stats().queuedMessages())
                            .as("queued messages")
                            .isZero());
            return event.getString("position").getValue();
        }
    }

    private static List<String> threadsOfTheLibrary() {
        return Thread.getAllStackTraces().keySet().stream()
                .map(Thread::getName)
                .filter(name -> name.startsWith("changewatch-"))
                .sorted()
                .toList();
    }
}
