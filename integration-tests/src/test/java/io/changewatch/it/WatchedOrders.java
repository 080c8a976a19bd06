package io.changewatch.it;

import static io.changewatch.it.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.mongodb.ConnectionString;
import com.mongodb.MongoClientSettings;
import com.mongodb.reactivestreams.client.MongoClient;
import com.mongodb.reactivestreams.client.MongoClients;
import io.changewatch.ChangeWatcher;
import io.changewatch.ChangeWatcherBuilder;
import io.changewatch.StreamSource;
import io.changewatch.WatcherState;
import io.changewatch.observe.WatcherListener;
import io.changewatch.retry.RetryPolicy;
import io.changewatch.testkit.InMemoryResumeTokenStore;
import io.changewatch.testkit.TestServer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.bson.Document;

/**
 * A writer that writes orders and a watcher that watches them, with a client of its own, while a test causes a fault.
 *
 * <p>Not thread-safe.
 */
final class WatchedOrders implements AutoCloseable {
    /** The application name of the watcher's client, for fail points that shall not meet the writer. */
    static final String APPLICATION = "watched";

    private static final int SOME = 50;
    private static final Duration RECOVERED_WITHIN = Duration.ofSeconds(20);

    private final String database = TestServer.newDatabaseName();
    private final Handled handled = new Handled();
    private final RecordedCommands commands = new RecordedCommands();
    private final List<Throwable> troubles = new CopyOnWriteArrayList<>();
    private final MongoClient client;
    private final ChangeWatcher watcher;
    private final SteadyWriter writer;

    private WatchedOrders(
            MongoClientSettings settings, String writerUri, UnaryOperator<ChangeWatcherBuilder<Document>> more) {
        client = MongoClients.create(MongoClientSettings.builder(settings)
                .applicationName(APPLICATION)
                .addCommandListener(commands)
                .build());
        watcher = more.apply(builder()).start();
        writer = SteadyWriter.start(writerUri, database);
        expectSome();
    }

    /** Both with this connection string, and some orders handled. */
    static WatchedOrders start(String uri) {
        return start(uri, uri);
    }

    /** Both with this connection string, the watcher over {@code source}. */
    static WatchedOrders start(String uri, StreamSource source) {
        return start(settings(uri), uri, watcher -> watcher.source(source));
    }

    static WatchedOrders start(String watcherUri, String writerUri) {
        return start(settings(watcherUri), writerUri, watcher -> watcher);
    }

    /** The watcher's client with these settings, which get an application name; the watcher with {@code more} options. */
    static WatchedOrders start(
            MongoClientSettings settings, String writerUri, UnaryOperator<ChangeWatcherBuilder<Document>> more) {
        return new WatchedOrders(settings, writerUri, more);
    }

    static MongoClientSettings settings(String uri) {
        return MongoClientSettings.builder()
                .applyConnectionString(new ConnectionString(uri))
                .build();
    }

    private ChangeWatcherBuilder<Document> builder() {
        return ChangeWatcher.of(client)
                .collection(database, "orders")
                .name("faults")
                .comment(database)
                .retry(RetryPolicy.exponential(Duration.ofMillis(50), Duration.ofSeconds(1)))
                .resumeFrom(new InMemoryResumeTokenStore())
                .listener(new WatcherListener() {
                    @Override
                    public void reconnecting(Reconnecting notice) {
                        troubles.add(notice.cause());
                    }
                })
                .onEvent(handled::add);
    }

    String database() {
        return database;
    }

    Handled handled() {
        return handled;
    }

    /** The commands of the watcher's client. */
    RecordedCommands commands() {
        return commands;
    }

    /** What the listener was told to have broken the stream, in order. */
    List<Throwable> troubles() {
        return List.copyOf(troubles);
    }

    ChangeWatcher watcher() {
        return watcher;
    }

    SteadyWriter writer() {
        return writer;
    }

    long reconnects() {
        return watcher.stats().reconnects();
    }

    /** The watcher's cursors on the server that {@code asking} is connected to. */
    List<Document> cursors(MongoClient asking) {
        return ServerCursors.find(asking, new Document("cursor.originatingCommand.comment", database));
    }

    /** Lets a fault last. */
    static void during(Duration time) throws InterruptedException {
        assertThat(new CountDownLatch(1).await(time.toMillis(), TimeUnit.MILLISECONDS))
                .isFalse();
    }

    /** Events flow, and some more than the first. */
    void expectSome() {
        int before = handled.count();
        await().atMost(RECOVERED_WITHIN).until(() -> handled.count() > before);
        eventually(() -> handled.count() >= before + SOME);
    }

    /** Ends the writing: everything was handed out, in order, once, and the watcher stops as asked. */
    void expectAllInOrderOnce() throws InterruptedException {
        expectSome();
        int written = writer.stop();
        eventually(() -> handled.count() >= written);
        assertThat(handled.numbers()).isEqualTo(Handled.upTo(written));
        assertThat(handled.others()).isEmpty();
        assertThat(watcher.state()).isEqualTo(WatcherState.RUNNING);
        watcher.close();
        assertThat(watcher.state()).isEqualTo(WatcherState.STOPPED);
    }

    @Override
    public void close() {
        watcher.close();
        writer.close();
        client.close();
    }
}
