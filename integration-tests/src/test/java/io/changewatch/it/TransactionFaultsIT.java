package io.changewatch.it;

import static io.changewatch.it.Eventually.LIMIT;
import static io.changewatch.it.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.mongodb.MongoException;
import com.mongodb.reactivestreams.client.ClientSession;
import com.mongodb.reactivestreams.client.MongoClient;
import com.mongodb.reactivestreams.client.MongoClients;
import com.mongodb.reactivestreams.client.MongoCollection;
import com.mongodb.reactivestreams.client.MongoDatabase;
import io.changewatch.ChangeWatcher;
import io.changewatch.ChangeWatcherBuilder;
import io.changewatch.EventHandler;
import io.changewatch.event.ChangeEvent;
import io.changewatch.event.Insert;
import io.changewatch.event.Transaction;
import io.changewatch.resume.CheckpointPolicy;
import io.changewatch.resume.ResumeTokenStore;
import io.changewatch.testkit.InMemoryResumeTokenStore;
import io.changewatch.testkit.LocalReplicaSet;
import io.changewatch.testkit.Publishers;
import io.changewatch.testkit.TcpProxy;
import io.changewatch.testkit.TestServer;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.bson.Document;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** A transaction of 1,500 events and 18 MB, all of one cluster time, of which a watcher has handled a part. */
class TransactionFaultsIT {
    private static final int EVENTS = 1_500;
    private static final int MIDDLE = 700;
    private static final int UNSAVED = 100;
    private static final String LARGE = "x".repeat(12_000);

    private static LocalReplicaSet server;
    private static MongoClient writing;

    private final String database = TestServer.newDatabaseName();
    private final Handled handled = new Handled();
    private final Set<Transaction> transactions = ConcurrentHashMap.newKeySet();
    private TcpProxy proxy;
    private MongoClient client;

    @BeforeAll
    static void startServer() {
        server = LocalReplicaSet.start();
        server.runAdmin(new Document("setParameter", 1)
                .append("wiredTigerEngineRuntimeConfig", "cache_size=1G")); // for a transaction of this size
        writing = MongoClients.create(server.connectionString());
    }

    @AfterAll
    static void stopServer() {
        writing.close();
        server.close();
    }

    @BeforeEach
    void connectThroughAProxy() {
        proxy = TcpProxy.to("127.0.0.1", server.port(0));
        client = MongoClients.create("mongodb://127.0.0.1:" + proxy.port() + "/?directConnection=true");
    }

    @AfterEach
    void disconnect() {
        client.close();
        proxy.close();
    }

    @Test
    @DisplayName("row 56: the connection breaks in the middle of a transaction")
    void resumesInTheMiddleAfterABrokenConnection() {
        try (ChangeWatcher watcher = watcher(new InMemoryResumeTokenStore(), event -> {
                    record(event);
                    if (number(event) % MIDDLE == 0) {
                        proxy.reset();
                    }
                })
                .start()) {
            writeInOneTransaction();
            eventually(() -> handled.count() >= EVENTS);
            assertThat(watcher.stats().reconnects()).isPositive();
        }
        assertThat(handled.numbers()).isEqualTo(Handled.upTo(EVENTS));
        assertThat(transactions).hasSize(1);
    }

    @Test
    @DisplayName("row 56: the process is killed in the middle of a transaction")
    void repeatsAtMostWhatIsNotSavedAfterACrash() throws InterruptedException {
        InMemoryResumeTokenStore survivor = new InMemoryResumeTokenStore();
        runUntilACrashInTheMiddle(survivor);
        assertThat(handled.numbers()).isEqualTo(Handled.upTo(MIDDLE));
        Handled again = new Handled();

        try (ChangeWatcher watcher = watcher(survivor, again::add).start()) {
            eventually(() -> again.count() > 0 && again.numbers().contains(EVENTS - 1));
            assertThat(watcher.stats().reconnects()).isZero();
        }
        int first = again.numbers().get(0);
        assertThat(first).isBetween(MIDDLE - UNSAVED, MIDDLE);
        assertThat(again.numbers())
                .isEqualTo(IntStream.range(first, EVENTS).boxed().toList());
    }

    /** What a store holds at some moment is what a process finds that is started after a kill -9 at that moment. */
    private void runUntilACrashInTheMiddle(ResumeTokenStore survivor) throws InterruptedException {
        InMemoryResumeTokenStore store = new InMemoryResumeTokenStore();
        AtomicReference<ChangeWatcher> self = new AtomicReference<>();
        self.set(watcher(store, event -> {
                    if (number(event) == MIDDLE) {
                        survivor.save("transaction", store.load("transaction").orElseThrow());
                        self.get().close();
                        throw new InterruptedException("the crash");
                    }
                    record(event);
                })
                .start());
        writeInOneTransaction();
        assertThat(self.get().awaitTermination(LIMIT)).isTrue();
    }

    private ChangeWatcherBuilder<Document> watcher(
            ResumeTokenStore store, EventHandler<ChangeEvent<Document>> handler) {
        return ChangeWatcher.of(client)
                .collection(database, "orders")
                .name("transaction")
                .batchSize(100)
                .checkpoint(CheckpointPolicy.everyEvents(UNSAVED / 2).or(CheckpointPolicy.every(Duration.ofMillis(50))))
                .maxUnsavedEvents(UNSAVED)
                .resumeFrom(store)
                .onEvent(handler);
    }

    private void record(ChangeEvent<Document> event) {
        handled.add(event);
        event.transaction().ifPresent(transactions::add);
    }

    private static int number(ChangeEvent<Document> event) {
        return ((Insert<Document>) event).document().getInteger("_id");
    }

    private void writeInOneTransaction() {
        List<Document> orders = IntStream.range(0, EVENTS)
                .mapToObj(number -> new Document("_id", number).append("large", LARGE))
                .toList();
        MongoDatabase shop = writing.getDatabase(database);
        Publishers.await(shop.createCollection("orders"));
        try (ClientSession session = Publishers.first(writing.startSession())) {
            while (!isWritten(session, shop.getCollection("orders"), orders)) {
                Publishers.await(session.abortTransaction());
            }
        }
    }

    /** Whether the server, which is still busy with its own tables, did not ask for a repetition. */
    private static boolean isWritten(
            ClientSession session, MongoCollection<Document> collection, List<Document> documents) {
        session.startTransaction();
        try {
            Publishers.await(collection.insertMany(session, documents));
            Publishers.await(session.commitTransaction());
            return true;
        } catch (MongoException e) {
            if (e.hasErrorLabel(MongoException.TRANSIENT_TRANSACTION_ERROR_LABEL)) {
                return false;
            }
            throw e;
        }
    }
}
