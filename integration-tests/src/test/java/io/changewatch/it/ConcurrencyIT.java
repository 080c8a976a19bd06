package io.changewatch.it;

import static io.changewatch.it.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.mongodb.reactivestreams.client.MongoClient;
import com.mongodb.reactivestreams.client.MongoClients;
import io.changewatch.ChangeWatcher;
import io.changewatch.StreamSource;
import io.changewatch.event.DocumentEvent;
import io.changewatch.event.Insert;
import io.changewatch.testkit.InMemoryResumeTokenStore;
import io.changewatch.testkit.LocalReplicaSet;
import io.changewatch.testkit.TcpProxy;
import io.changewatch.testkit.TestServer;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;
import org.bson.Document;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.Parameter;

/** Eight handlers at once, ordered by a field of the documents, while connections break and the primary changes. */
@BothSources
@Timeout(180)
class ConcurrencyIT {
    private static final int SOME = 150;

    private static LocalReplicaSet servers;

    @Parameter
    StreamSource source;

    private final String database = TestServer.newDatabaseName();
    private final InMemoryResumeTokenStore store = new InMemoryResumeTokenStore();
    private final Map<Integer, List<Integer>> handled = new ConcurrentHashMap<>();
    private final Set<String> threads = ConcurrentHashMap.newKeySet();
    private SteadyWriter writer;

    @BeforeAll
    static void startServers() {
        servers = LocalReplicaSet.builder().members(3).start();
    }

    @AfterAll
    static void stopServers() {
        servers.close();
    }

    @AfterEach
    void stopWriting() {
        if (writer != null) {
            writer.close();
        }
    }

    private ChangeWatcher watch(MongoClient client) {
        return ChangeWatcher.of(client)
                .collection(database, "orders", Document.class)
                .source(source)
                .name("concurrent")
                .resumeFrom(store)
                .concurrency(8)
                .orderedBy(ConcurrencyIT::key)
                .onInsert(this::handle)
                .start();
    }

    private static Object key(DocumentEvent<Document> event) {
        return ((Insert<Document>) event).document().getInteger("key");
    }

    private void handle(Insert<Document> event) {
        LockSupport.parkNanos(ThreadLocalRandom.current().nextInt(20_000_000));
        threads.add(Thread.currentThread().getName());
        handled.computeIfAbsent(event.document().getInteger("key"), key -> new CopyOnWriteArrayList<>())
                .add(event.document().getInteger("seq"));
    }

    private int count() {
        return handled.values().stream().mapToInt(List::size).sum();
    }

    private void write() {
        writer = SteadyWriter.start(servers.connectionString(), database);
        eventually(() -> count() >= SOME);
    }

    private void expectAllInOrderOnce(ChangeWatcher watcher) throws InterruptedException {
        int before = count();
        eventually(() -> count() >= before + SOME);
        int written = writer.stop();
        eventually(() -> count() >= written);
        watcher.close();

        assertThat(count()).isEqualTo(written);
        handled.forEach(
                (key, numbers) -> assertThat(numbers).as("key %d", key).isEqualTo(Handled.upTo(numbers.size())));
        assertThat(threads).hasSize(8).allMatch(name -> name.startsWith("changewatch-concurrent-worker-"));
    }

    @Test
    void eachKeyStaysInOrderThroughCutConnections() throws Exception {
        try (TcpProxy proxy = TcpProxy.to("127.0.0.1", servers.port(servers.primary()));
                MongoClient client =
                        MongoClients.create("mongodb://127.0.0.1:" + proxy.port() + "/?directConnection=true");
                ChangeWatcher watcher = watch(client)) {
            write();
            for (int cut = 0; cut < 3; cut++) {
                int before = count();
                proxy.reset();
                eventually(() -> count() >= before + SOME);
            }
            expectAllInOrderOnce(watcher);
            assertThat(watcher.stats().reconnects()).isPositive();
        }
    }

    @Test
    void eachKeyStaysInOrderThroughAFailover() throws InterruptedException {
        try (MongoClient client = MongoClients.create(servers.connectionString());
                ChangeWatcher watcher = watch(client)) {
            write();
            servers.stepDown();
            expectAllInOrderOnce(watcher);
        }
    }

    private static long lastSaved(WatcherProcess process) {
        return process.linesWith("saved ").stream()
                .filter(line -> line.startsWith("saved "))
                .mapToLong(line -> number(line, "saved "))
                .max()
                .orElse(0);
    }

    private static long timeOf(int document, WatcherProcess process) {
        String start = "time " + document + ' ';
        return number(process.linesWith(start).get(0), start);
    }

    private static long number(String line, String start) {
        return Long.parseLong(line.substring(start.length()));
    }

    @Test
    void aKilledProcessRepeatsOnlyFromTheOldestThatWasNotHandled() throws InterruptedException {
        try (WatcherProcess first = WatcherProcess.start(
                ConcurrencyProgram.class, servers.connectionString(), database, "37", "60", "61")) {
            first.awaitLines("state RUNNING", 1);
            writer = SteadyWriter.start(servers.connectionString(), database);
            first.awaitHandled(200);
            // Its position, or one that the server told behind it before the next event came.
            eventually(() -> lastSaved(first) >= timeOf(36, first));
            first.kill();
            int written = writer.stop();
            assertThat(lastSaved(first)).isBetween(timeOf(36, first), timeOf(37, first) - 1);

            try (WatcherProcess second =
                    WatcherProcess.start(ConcurrencyProgram.class, servers.connectionString(), database)) {
                eventually(() -> new TreeSet<>(second.handled()).size() >= written - 37);
                assertThat(second.terminate()).isEqualTo(143);
                assertThat(second.handled())
                        .containsExactlyInAnyOrderElementsOf(
                                Handled.upTo(written).subList(37, written));
            }
            Set<Integer> all = new TreeSet<>(first.handled());
            assertThat(all).doesNotContain(37, 60, 61).containsAll(Handled.upTo(37));
        }
    }
}
