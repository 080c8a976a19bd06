package io.changewatch.it;

import static io.changewatch.it.Eventually.LIMIT;
import static io.changewatch.it.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.mongodb.ConnectionString;
import com.mongodb.MongoClientSettings;
import com.mongodb.event.ClusterClosedEvent;
import com.mongodb.event.ClusterListener;
import com.mongodb.reactivestreams.client.MongoClient;
import com.mongodb.reactivestreams.client.MongoClients;
import io.changewatch.ChangeWatcher;
import io.changewatch.ChangeWatcherBuilder;
import io.changewatch.StreamFailedException;
import io.changewatch.StreamSource;
import io.changewatch.WatcherState;
import io.changewatch.testkit.InMemoryResumeTokenStore;
import io.changewatch.testkit.Publishers;
import io.changewatch.testkit.TestServer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.bson.Document;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;

/** A watcher ends when it is told to and leaves nothing behind: no thread, no cursor, no session. */
@BothSources
class ShutdownIT {
    @Parameter
    StreamSource source;

    private final String database = TestServer.newDatabaseName();
    private final MongoClient client = MongoClients.create(TestServer.connectionString());
    private final InMemoryResumeTokenStore store = new InMemoryResumeTokenStore();
    private final AtomicInteger handled = new AtomicInteger();

    @AfterEach
    void close() {
        client.close();
    }

    private ChangeWatcherBuilder<Document> watcher() {
        return ChangeWatcher.of(client)
                .collection(database, "orders")
                .source(source)
                .name("shutdown")
                .comment("shutdown of " + database)
                .resumeFrom(store);
    }

    private void insert(int count) {
        for (int i = 0; i < count; i++) {
            Publishers.await(
                    client.getDatabase(database).getCollection("orders").insertOne(new Document("n", i)));
        }
    }

    @Test
    void leavesNoThreadCursorOrSession() {
        for (int i = 0; i < 5; i++) {
            ChangeWatcher watcher =
                    watcher().onEvent(event -> handled.incrementAndGet()).start();
            eventually(() -> !cursors().isEmpty());
            watcher.close();
            assertThat(watcher.state()).isEqualTo(WatcherState.STOPPED);
        }

        eventually(() -> threads().isEmpty());
        eventually(() -> cursors().isEmpty());
    }

    /** Its own client is closed with it: what is not ended before stays on the server. */
    @Test
    void leavesNoCursorBehindWithAClientOfItsOwn() {
        for (int i = 0; i < 3; i++) {
            ChangeWatcher watcher = ChangeWatcher.connect(TestServer.connectionString())
                    .collection(database, "orders")
                    .source(source)
                    .name("shutdown")
                    .comment("shutdown of " + database)
                    .onEvent(event -> handled.incrementAndGet())
                    .start();
            eventually(() -> !cursors().isEmpty());
            watcher.close();
        }

        eventually(() -> cursors().isEmpty());
    }

    @Test
    void handsOutNothingTwiceAfterACleanStop() {
        try (ChangeWatcher watcher =
                watcher().onEvent(event -> handled.incrementAndGet()).start()) {
            insert(50);
            eventually(() -> handled.get() >= 10);
            assertThat(watcher.state()).isEqualTo(WatcherState.RUNNING);
        }
        try (ChangeWatcher watcher =
                watcher().onEvent(event -> handled.incrementAndGet()).start()) {
            insert(1);
            eventually(() -> handled.get() >= 51);
            assertThat(watcher.state()).isEqualTo(WatcherState.RUNNING);
        }

        assertThat(handled).hasValue(51);
    }

    @Test
    void mayBeClosedByItsOwnHandler() throws InterruptedException {
        AtomicReference<ChangeWatcher> self = new AtomicReference<>();
        self.set(watcher()
                .onEvent(event -> {
                    handled.incrementAndGet();
                    self.get().close();
                })
                .start());

        insert(3);

        assertThat(self.get().awaitTermination(LIMIT)).isTrue();
        assertThat(handled).hasValue(1);
        assertThat(self.get().state()).isEqualTo(WatcherState.STOPPED);
    }

    @Test
    void givesUpOnAHandlerThatDoesNotReturn() throws InterruptedException {
        CountDownLatch inHandler = new CountDownLatch(1);
        ChangeWatcher watcher = watcher()
                .onEvent(event -> {
                    inHandler.countDown();
                    new CountDownLatch(1).await();
                })
                .start();
        insert(1);
        inHandler.await();

        watcher.close(Duration.ofMillis(300));

        assertThat(watcher.awaitTermination(LIMIT)).isTrue();
        AtomicInteger again = new AtomicInteger();
        try (ChangeWatcher next =
                watcher().onEvent(event -> again.incrementAndGet()).start()) {
            eventually(() -> again.get() == 1); // the event it did not finish
            assertThat(next.state()).isEqualTo(WatcherState.RUNNING);
        }
    }

    @Test
    void saysThatItsClientWasClosedAndClosesQuietly() throws InterruptedException {
        MongoClient closing = MongoClients.create(TestServer.connectionString());
        ChangeWatcher watcher = ChangeWatcher.of(closing)
                .collection(database, "orders")
                .source(source)
                .name("orphan")
                .onEvent(event -> {})
                .start();

        closing.close();

        assertThat(watcher.awaitTermination(LIMIT)).isTrue();
        assertThat(watcher.state()).isEqualTo(WatcherState.FAILED);
        assertThat(watcher.failure())
                .get()
                .isInstanceOf(StreamFailedException.class)
                .extracting(Throwable::getMessage)
                .isEqualTo(
                        "Watcher 'orphan' stopped: its MongoClient was closed while it was running. Close watchers before "
                                + "their client.");
        watcher.close();
        eventually(() -> threads().isEmpty());
    }

    @Test
    void closesTheClientItMade() {
        try (ChangeWatcher watcher = ChangeWatcher.connect(TestServer.connectionString())
                .collection(database, "orders")
                .source(source)
                .comment("shutdown of " + database)
                .onEvent(event -> {})
                .start()) {
            assertThat(watcher.name()).isEqualTo(database + ".orders");
        }

        eventually(() -> threads().isEmpty());
        eventually(() -> cursors().isEmpty());
    }

    /** An interrupt must not keep the driver from closing it. */
    @Test
    void closesTheClientItMadeThoughAHandlerDoesNotEnd() throws InterruptedException {
        CountDownLatch closed = new CountDownLatch(1);
        MongoClientSettings settings = MongoClientSettings.builder()
                .applyConnectionString(new ConnectionString(TestServer.connectionString()))
                .applyToClusterSettings(cluster -> cluster.addClusterListener(new ClusterListener() {
                    @Override
                    public void clusterClosed(ClusterClosedEvent event) {
                        closed.countDown();
                    }
                }))
                .build();
        ChangeWatcher watcher = ChangeWatcher.connect(settings)
                .collection(database, "orders")
                .source(source)
                .onEventAsync(event -> {
                    handled.incrementAndGet();
                    return new CompletableFuture<>();
                })
                .start();
        insert(1);
        eventually(() -> handled.get() == 1);

        watcher.close(Duration.ofMillis(300));

        assertThat(watcher.awaitTermination(LIMIT)).isTrue();
        assertThat(closed.await(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
        eventually(() -> threads().isEmpty());
    }

    private static List<String> threads() {
        return Thread.getAllStackTraces().keySet().stream()
                .map(Thread::getName)
                .filter(name -> name.startsWith("changewatch-"))
                .toList();
    }

    private List<Document> cursors() {
        return ServerCursors.find(client, new Document("cursor.originatingCommand.comment", "shutdown of " + database));
    }
}
