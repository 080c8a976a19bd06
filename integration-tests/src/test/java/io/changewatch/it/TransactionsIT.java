package io.changewatch.it;

import static io.changewatch.it.Eventually.LIMIT;
import static io.changewatch.it.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.mongodb.ConnectionString;
import com.mongodb.MongoClientSettings;
import com.mongodb.MongoException;
import com.mongodb.reactivestreams.client.MongoClient;
import com.mongodb.reactivestreams.client.MongoClients;
import com.mongodb.reactivestreams.client.MongoCollection;
import io.changewatch.BatchTransaction;
import io.changewatch.Batching;
import io.changewatch.ChangeWatcher;
import io.changewatch.ChangeWatcherBuilder;
import io.changewatch.ConfigurationException;
import io.changewatch.HandlerFailurePolicy;
import io.changewatch.TransactionHandler;
import io.changewatch.WatcherState;
import io.changewatch.event.ChangeEvent;
import io.changewatch.event.Insert;
import io.changewatch.observe.WatcherListener;
import io.changewatch.resume.StoreException;
import io.changewatch.resume.StoreLockedException;
import io.changewatch.resume.mongo.MongoResumeTokenStore;
import io.changewatch.retry.RetryPolicy;
import io.changewatch.testkit.LocalReplicaSet;
import io.changewatch.testkit.Publishers;
import io.changewatch.testkit.TestServer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.bson.BsonDocument;
import org.bson.Document;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What fails in a transaction, or after it, is neither lost nor counted twice. */
@Timeout(120)
class TransactionsIT {
    private static final String APPLICATION = "transactions";
    private static final int EVENTS = 300;

    private static LocalReplicaSet servers;
    private static MongoClient writing;

    private final String database = TestServer.newDatabaseName();
    private final List<WatcherListener.CheckpointFailed> repeats = new CopyOnWriteArrayList<>();
    private final List<WatcherListener.EventSkipped> skipped = new CopyOnWriteArrayList<>();
    private final MongoClient client = client();
    private final Totals totals = new Totals(writing, database);

    @BeforeAll
    static void startServer() {
        servers = LocalReplicaSet.start();
        writing = MongoClients.create(servers.connectionString());
    }

    @AfterAll
    static void stopServer() {
        writing.close();
        servers.close();
    }

    @AfterEach
    void close() {
        servers.clearFailPoint("failCommand");
        client.close();
    }

    private static MongoClient client() {
        return MongoClients.create(MongoClientSettings.builder()
                .applyConnectionString(new ConnectionString(servers.connectionString()))
                .applicationName(APPLICATION)
                .build());
    }

    private ChangeWatcherBuilder<Document> watcher(
            MongoClient mine, TransactionHandler<ChangeEvent<Document>> handler) {
        return ChangeWatcher.of(mine)
                .collection(database, "orders", Document.class)
                .name("totals")
                .maxAwait(Duration.ofMillis(200))
                .resumeFrom(MongoResumeTokenStore.in(mine.getDatabase(database)))
                .retryStore(RetryPolicy.exponential(Duration.ofMillis(5), Duration.ofMillis(50)))
                .listener(new WatcherListener() {
                    @Override
                    public void checkpointFailed(CheckpointFailed notice) {
                        repeats.add(notice);
                    }

                    @Override
                    public void eventSkipped(EventSkipped notice) {
                        skipped.add(notice);
                    }
                })
                .onTransaction(Batching.upTo(20).within(Duration.ofMillis(10)), handler);
    }

    private ChangeWatcherBuilder<Document> watcher() {
        return watcher(client, new Totals(client, database)::count);
    }

    private void insert(int from, int to) {
        Publishers.await(writing.getDatabase(database)
                .getCollection("orders")
                .insertMany(IntStream.range(from, to)
                        .mapToObj(number -> new Document("_id", number).append("key", number % 10))
                        .toList()));
    }

    private void fail(int times, String data) {
        servers.setFailPoint(BsonDocument.parse("{configureFailPoint: 'failCommand', mode: {times: " + times
                + "}, data: {appName: '" + APPLICATION + "', " + data + "}}"));
    }

    private void expectCountedOnce(int events) {
        eventually(() -> totals.sum() >= events);
        assertThat(totals.byKey()).isEqualTo(Totals.of(events, 10));
    }

    @Test
    void countsOnce() {
        try (ChangeWatcher watcher = watcher().start()) {
            insert(0, EVENTS);
            expectCountedOnce(EVENTS);
            eventually(() -> watcher.stats().totalEvents() == EVENTS);
            assertThat(watcher.stats().unsavedEvents()).isZero();
            assertThat(repeats).isEmpty();
        }
        try (ChangeWatcher next = watcher().start()) {
            insert(EVENTS, 2 * EVENTS);
            expectCountedOnce(2 * EVENTS);
            eventually(() -> next.stats().totalEvents() == EVENTS);
        }
    }

    @Test
    void asksWhetherTheHandlerSwallowsAnErrorOfTheDriver() {
        MongoCollection<Document> effects = client.getDatabase(database).getCollection("effects");
        Publishers.await(effects.insertOne(new Document("_id", 1)));
        AtomicBoolean swallows = new AtomicBoolean(true);
        TransactionHandler<ChangeEvent<Document>> handler = (transaction, events) -> {
            try {
                if (swallows.get()) {
                    transaction.await(effects.insertOne(transaction.session(), new Document("_id", 1)));
                }
            } catch (MongoException duplicate) {
                assertThat(duplicate.getCode()).isEqualTo(11_000);
            }
        };
        try (ChangeWatcher watcher = watcher(client, handler).start()) {
            insert(0, 1);
            eventually(() -> repeats.stream().anyMatch(repeat -> repeat.failures() >= 3));
            swallows.set(false);
            eventually(() -> watcher.stats().totalEvents() == 1);
        }

        assertThat(repeats.get(2).cause())
                .hasMessageStartingWith(
                        "The server has ended the transaction before its commit, 3 times in a row (error 251 NoSuchTransaction)."
                                + " Does the handler swallow an error of the driver");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "failCommands: ['update'], errorCode: 112, errorLabels: ['TransientTransactionError']",
                "failCommands: ['update'], closeConnection: true",
                "failCommands: ['commitTransaction'], errorCode: 251, errorLabels: ['TransientTransactionError']",
                "failCommands: ['commitTransaction'], closeConnection: true",
                "failCommands: ['commitTransaction'], errorCode: 50",
                // committed, and then told otherwise:
                "failCommands: ['commitTransaction'], writeConcernError: {code: 64, errmsg: 'no majority'}",
                "failCommands: ['commitTransaction'], writeConcernError: {code: 64, errmsg: 'no majority'},"
                        + " errorLabels: ['TransientTransactionError']",
            })
    void countsOnceThoughItFails(String fault) {
        try (ChangeWatcher watcher = watcher().start()) {
            insert(0, 20);
            eventually(() -> totals.sum() == 20);
            fail(3, fault);
            insert(20, EVENTS);
            expectCountedOnce(EVENTS);
            assertThat(repeats).isNotEmpty();
            assertThat(watcher.state()).isEqualTo(WatcherState.RUNNING);
            insert(EVENTS, EVENTS + 10);
            expectCountedOnce(EVENTS + 10);
        }
    }

    @Test
    void aCommitThatStaysUnknownEndsTheWatcherAndTheNextFindsOut() throws InterruptedException {
        fail(100, "failCommands: ['commitTransaction'], writeConcernError: {code: 64, errmsg: 'no majority'}");
        ChangeWatcher watcher = watcher()
                .retryStore(RetryPolicy.exponential(Duration.ofMillis(1), Duration.ofMillis(1))
                        .maxAttempts(3))
                .start();
        insert(0, 30);
        assertThat(watcher.awaitTermination(LIMIT)).isTrue();
        assertThat(watcher.failure())
                .get()
                .isInstanceOf(StoreException.class)
                .extracting(Throwable::getMessage)
                .asString()
                .contains("the retry policy gave up", "both committed or neither");
        servers.clearFailPoint("failCommand");

        try (ChangeWatcher next = watcher().start()) {
            expectCountedOnce(30);
            assertThat(next.state()).isEqualTo(WatcherState.RUNNING);
        }
    }

    @Test
    void whatAHandlerWroteBeforeItFailedIsNotCounted() {
        Totals mine = new Totals(client, database);
        List<Integer> calls = new CopyOnWriteArrayList<>();
        TransactionHandler<ChangeEvent<Document>> failing = (transaction, events) -> {
            mine.count(transaction, events);
            calls.add(events.size());
            if (calls.size() % 3 == 1) {
                throw new IllegalStateException("broken");
            }
        };
        try (ChangeWatcher watcher = watcher(client, failing)
                .whenHandlerFails(
                        HandlerFailurePolicy.retry(RetryPolicy.exponential(Duration.ofMillis(1), Duration.ofMillis(1))))
                .start()) {
            insert(0, EVENTS);
            expectCountedOnce(EVENTS);
            assertThat(watcher.stats().handlerFailures()).isPositive();
        }
    }

    @Test
    void onlyTheEventThatFailsIsSkipped() {
        Totals mine = new Totals(client, database);
        TransactionHandler<ChangeEvent<Document>> failing = (transaction, events) -> {
            mine.count(transaction, events);
            if (events.stream().anyMatch(TransactionsIT::isTheSeventh)) {
                throw new IllegalStateException("broken");
            }
        };
        try (ChangeWatcher watcher = watcher(client, failing)
                .whenHandlerFails(HandlerFailurePolicy.skip())
                .start()) {
            insert(0, 30);
            eventually(() -> totals.sum() >= 29);
            eventually(() -> watcher.stats().totalEvents() == 29);
        }
        assertThat(totals.sum()).isEqualTo(29);
        assertThat(skipped).hasSize(1);
    }

    private static boolean isTheSeventh(ChangeEvent<Document> event) {
        return event instanceof Insert<Document> insert && insert.document().getInteger("_id") == 7;
    }

    @Test
    void whatAWatcherDoesThatWasTakenOverIsNeverCommitted() throws InterruptedException {
        CountDownLatch written = new CountDownLatch(1);
        CountDownLatch mayGoOn = new CountDownLatch(1);
        Totals mine = new Totals(client, database);
        ChangeWatcher older = watcher(client, (transaction, events) -> {
                    mine.count(transaction, events);
                    written.countDown();
                    mayGoOn.await();
                })
                .start();
        insert(0, 20);
        written.await();
        try (MongoClient another = client();
                ChangeWatcher newer =
                        watcher(another, new Totals(another, database)::count).start()) {
            expectCountedOnce(20);
            mayGoOn.countDown();

            assertThat(older.awaitTermination(LIMIT)).isTrue();
            assertThat(older.failure()).get().isInstanceOf(StoreLockedException.class);
            insert(20, 40);
            expectCountedOnce(40);
            assertThat(newer.state()).isEqualTo(WatcherState.RUNNING);
        }
    }

    @Test
    void positionsOfAnIdleStreamAreSavedBesideTransactions() {
        try (ChangeWatcher watcher = watcher().start()) {
            for (int round = 0; round < 5; round++) {
                insert(10 * round, 10 * round + 10);
                expectCountedOnce(10 * round + 10);
                long saved = watcher.stats().checkpointsSaved();
                Publishers.await(writing.getDatabase(database)
                        .getCollection("others")
                        .insertOne(new Document())); // moves the position on
                eventually(() -> watcher.stats().checkpointsSaved() > saved);
            }
            assertThat(watcher.state()).isEqualTo(WatcherState.RUNNING);
        }
    }

    @Test
    void refusesAStoreOfAnotherClientAtTheStart() {
        try (MongoClient another = client()) {
            ChangeWatcherBuilder<Document> foreign =
                    watcher().resumeFrom(MongoResumeTokenStore.in(another.getDatabase(database)));

            assertThatThrownBy(foreign::start)
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessage("Watcher 'totals' cannot save in transactions in " + database
                            + ".changewatch_checkpoints: the store has another client than the watcher. Make both with the same"
                            + " one: ChangeWatcher.of(client) and MongoResumeTokenStore.in(client.getDatabase(...)).");
        }
    }

    @Test
    void severalWritesShareOneTransaction() {
        TransactionHandler<ChangeEvent<Document>> twice = (transaction, events) -> {
            new Totals(client, database).count(transaction, events);
            log(transaction, events.size());
        };
        try (ChangeWatcher watcher = watcher(client, twice).start()) {
            insert(0, EVENTS);
            expectCountedOnce(EVENTS);
            assertThat(watcher.state()).isEqualTo(WatcherState.RUNNING);
        }
        int logged = Publishers.await(
                        writing.getDatabase(database).getCollection("log").find())
                .stream()
                .mapToInt(entry -> entry.getInteger("events"))
                .sum();
        assertThat(logged).isEqualTo(EVENTS);
    }

    private void log(BatchTransaction transaction, int events) throws InterruptedException {
        transaction.await(client.getDatabase(database)
                .getCollection("log")
                .insertOne(transaction.session(), new Document("events", events)));
    }
}
