package io.changewatch.it;

import static io.changewatch.it.Eventually.LIMIT;
import static io.changewatch.it.Eventually.eventually;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.mongodb.reactivestreams.client.MongoClient;
import io.changewatch.ChangeWatcher;
import io.changewatch.ChangeWatcherBuilder;
import io.changewatch.EventHandler;
import io.changewatch.WatcherState;
import io.changewatch.event.ChangeEvent;
import io.changewatch.event.Insert;
import io.changewatch.testkit.InMemoryResumeTokenStore;
import io.changewatch.testkit.Publishers;
import io.changewatch.testkit.TestServer;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.bson.Document;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Threads that are interrupted, and virtual ones. */
@Timeout(120)
class ThreadFaultsIT {
    private final MongoClient client = TestServer.client();
    private final String database = TestServer.newDatabaseName();
    private final InMemoryResumeTokenStore store = new InMemoryResumeTokenStore();
    private final Handled handled = new Handled();
    private final AtomicReference<Thread> watchersThread = new AtomicReference<>();
    private final AtomicInteger written = new AtomicInteger();

    @AfterEach
    void drop() {
        Publishers.await(client.getDatabase(database).drop());
    }

    @Test
    @DisplayName("row 58: the watcher's thread is interrupted while it waits")
    void stopsCleanlyWhenItsThreadIsInterrupted() throws InterruptedException {
        ChangeWatcher watcher = watcher(this::handle).start();
        insert(3);
        eventually(() -> handled.count() == 3);
        requireNonNull(watchersThread.get()).interrupt();

        expectCleanStopAndNothingLost(watcher);
    }

    @Test
    @DisplayName("row 58: the handler interrupts its thread and returns")
    void stopsCleanlyAfterAHandlerThatInterruptsItsThread() throws InterruptedException {
        ChangeWatcher watcher = watcher(event -> {
                    handle(event);
                    interruptAt(1, event);
                })
                .start();
        insert(3);

        expectCleanStopAndNothingLost(watcher);
    }

    private static void interruptAt(int number, ChangeEvent<Document> event) {
        if (number(event) == number) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    @DisplayName("row 58: the handler throws InterruptedException")
    void handsTheEventOutAgainWhoseHandlerWasInterrupted() throws InterruptedException {
        ChangeWatcher watcher = watcher(event -> {
                    watchersThread.set(Thread.currentThread());
                    if (number(event) == 1) {
                        throw new InterruptedException("as the test wants it");
                    }
                    handle(event);
                })
                .start();
        insert(3);

        expectCleanStopAndNothingLost(watcher);
    }

    private void expectCleanStopAndNothingLost(ChangeWatcher watcher) throws InterruptedException {
        assertThat(watcher.awaitTermination(LIMIT)).isTrue();
        assertThat(watcher.state()).isEqualTo(WatcherState.STOPPED);
        assertThat(watcher.failure()).isEmpty();
        Thread ended = requireNonNull(watchersThread.get());
        ended.join();
        assertThat(ended.isInterrupted()).as("the flag is kept").isTrue();

        insert(2);
        try (ChangeWatcher again = watcher(this::handle).start()) {
            eventually(() -> handled.count() >= written.get());
            assertThat(again.state()).isEqualTo(WatcherState.RUNNING);
        }
        assertThat(handled.numbers()).isEqualTo(Handled.upTo(written.get()));
    }

    @Test
    @DisplayName("row 58: the thread that starts and closes a watcher is interrupted")
    void startsAndClosesOnAThreadThatIsInterrupted() throws Exception {
        ChangeWatcher watcher = watcher(this::handle).build();
        Thread.currentThread().interrupt();
        watcher.start();
        assertThat(Thread.interrupted()).as("kept by start()").isTrue();
        watcher.awaitRunning(LIMIT);
        insert(1);
        eventually(() -> handled.count() == 1);

        Thread.currentThread().interrupt();
        watcher.close();

        assertThat(Thread.interrupted()).as("kept by close()").isTrue();
        assertThat(watcher.state()).isEqualTo(WatcherState.STOPPED);
    }

    @Test
    @DisplayName("row 58: a watcher is started, used and closed by a virtual thread, where Java has them")
    void startsAndClosesOnAVirtualThread() throws Exception {
        AtomicReference<Throwable> failure = new AtomicReference<>();
        Thread caller = start(() -> {
            try (ChangeWatcher watcher = watcher(this::handle).start()) {
                insert(3);
                eventually(() -> handled.count() == 3);
                assertThat(watcher.state()).isEqualTo(WatcherState.RUNNING);
            } catch (Throwable thrown) { // an assertion, too, is to end the test
                failure.set(thrown);
            }
        });
        caller.join();

        assertThat(failure).hasNullValue();
        assertThat(handled.numbers()).isEqualTo(Handled.upTo(3));
        assertThat(requireNonNull(watchersThread.get()).isAlive()).isFalse();
    }

    /** Java 17 has no virtual threads: there it is a thread of the platform. */
    private static Thread start(Runnable task) throws ReflectiveOperationException {
        if (Runtime.version().feature() >= 21) {
            return (Thread)
                    Thread.class.getMethod("startVirtualThread", Runnable.class).invoke(null, task);
        }
        Thread thread = new Thread(task, "caller");
        thread.start();
        return thread;
    }

    private ChangeWatcherBuilder<Document> watcher(EventHandler<ChangeEvent<Document>> handler) {
        return ChangeWatcher.of(client)
                .collection(database, "orders")
                .name("threads")
                .resumeFrom(store)
                .onEvent(handler);
    }

    private void handle(ChangeEvent<Document> event) {
        watchersThread.set(Thread.currentThread());
        handled.add(event);
    }

    private static int number(ChangeEvent<Document> event) {
        return ((Insert<Document>) event).document().getInteger("_id");
    }

    private void insert(int count) {
        for (int i = 0; i < count; i++) {
            Publishers.await(client.getDatabase(database)
                    .getCollection("orders")
                    .insertOne(new Document("_id", written.getAndIncrement())));
        }
    }
}
