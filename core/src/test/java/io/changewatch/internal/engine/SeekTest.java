package io.changewatch.internal.engine;

import static io.changewatch.WatcherState.FAILED;
import static io.changewatch.WatcherState.PAUSED;
import static io.changewatch.WatcherState.RECOVERING;
import static io.changewatch.WatcherState.RUNNING;
import static io.changewatch.internal.Eventually.eventually;
import static io.changewatch.internal.engine.Events.highWater;
import static io.changewatch.internal.engine.Events.insert;
import static io.changewatch.internal.engine.Events.time;
import static io.changewatch.internal.engine.Events.token;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.changewatch.ConfigurationException;
import io.changewatch.HandlerFailurePolicy;
import io.changewatch.SeekFailedException;
import io.changewatch.StartPosition;
import io.changewatch.internal.source.ClusterFacts;
import io.changewatch.observe.WatcherListener.Sought;
import io.changewatch.resume.Checkpoint;
import io.changewatch.resume.Fingerprint;
import io.changewatch.retry.RetryPolicy;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import org.bson.BsonDocument;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class SeekTest {
    private static final Duration SOON = Duration.ofSeconds(10);

    private final WatchSetup setup = new WatchSetup();
    private final MemoryStore store = MemoryStore.empty();

    private WatcherEngine<BsonDocument> start() throws InterruptedException {
        WatcherEngine<BsonDocument> watcher = setup.store(store).start();
        eventually(() -> setup.listener.states().contains(RUNNING));
        return watcher;
    }

    private WatcherEngine<BsonDocument> startAndHandle(int... seconds) throws InterruptedException {
        WatcherEngine<BsonDocument> watcher = start();
        eventually(() -> setup.handled.size() >= seconds.length);
        eventually(() -> store.token().equals(Optional.of(token(seconds[seconds.length - 1]))));
        return watcher;
    }

    /** The stream that is tried first, and the one that is read then. */
    private void serves(BsonDocument... events) {
        setup.server.opens().batch(events);
        setup.server.opens().batch(events);
    }

    @Test
    void backToATokenBringsEventsAgainAfterThatIsSaved() throws Exception {
        setup.server.opens().batch(insert(101), insert(102), insert(103));
        serves(insert(102), insert(103));
        WatcherEngine<BsonDocument> watcher = startAndHandle(101, 102, 103);

        watcher.seek(StartPosition.after(token(101)), SOON);
        eventually(() -> setup.handled.size() == 5);
        watcher.close();

        assertThat(setup.handledTimes()).containsExactly(101, 102, 103, 102, 103);
        assertThat(store.resets()).containsExactly(token(101));
        assertThat(store.token()).contains(token(103));
        assertThat(setup.server.opened())
                .containsExactly(StartPosition.now(), StartPosition.after(token(101)), StartPosition.after(token(101)));
        assertThat(setup.listener.all(Sought.class))
                .containsExactly(new Sought("orders", Optional.of(time(103)), time(101)));
    }

    @Test
    void nothingFromTheNewPositionIsHandedOutBeforeItIsSaved() throws Exception {
        setup.server.opens().batch(insert(101), insert(102));
        serves(insert(102));
        WatcherEngine<BsonDocument> watcher = startAndHandle(101, 102);
        store.breakDown();

        assertThatThrownBy(() -> watcher.seek(StartPosition.after(token(101)), Duration.ofMillis(200)))
                .isInstanceOf(TimeoutException.class)
                .hasMessageContaining("It goes on trying");
        assertThat(watcher.state()).isEqualTo(RECOVERING);
        assertThat(setup.handledTimes()).containsExactly(101, 102);

        store.mend();
        eventually(() -> setup.handled.size() == 3);
        assertThat(store.resets()).containsExactly(token(101));
        watcher.close();
    }

    @Test
    void forwardPassesOver() throws Exception {
        setup.server.opens().batch(insert(101));
        serves(insert(140));
        WatcherEngine<BsonDocument> watcher = startAndHandle(101);

        watcher.seek(StartPosition.at(time(130)), SOON);
        eventually(() -> setup.handled.size() == 2);
        watcher.close();

        assertThat(setup.handledTimes()).containsExactly(101, 140);
        assertThat(store.resets()).containsExactly(highWater(130));
    }

    @Test
    void toATimeOnTheClock() throws Exception {
        setup.server.opens().batch(insert(101));
        serves(insert(140));
        WatcherEngine<BsonDocument> watcher = startAndHandle(101);

        watcher.seek(StartPosition.at(Instant.ofEpochSecond(130)), SOON);
        eventually(() -> setup.handled.size() == 2);
        watcher.close();

        assertThat(setup.server.opened().get(1)).isEqualTo(StartPosition.at(Instant.ofEpochSecond(130)));
    }

    @Test
    void toACheckpointOfAnotherPipelineGoesByTimeAndLeavesOutWhatWasHandled() throws Exception {
        setup.server.opens().batch(insert(101), insert(102));
        serves(insert(101), insert(102));
        WatcherEngine<BsonDocument> watcher = startAndHandle(101, 102);
        Fingerprint other = new Fingerprint("shop.orders", "other");

        watcher.seek(WatchSetup.checkpoint(token(101), time(101), other), SOON);
        eventually(() -> setup.handled.size() == 3);
        watcher.close();

        assertThat(setup.handledTimes()).containsExactly(101, 102, 102);
        assertThat(setup.server.opened().get(2)).isEqualTo(StartPosition.at(time(101)));
    }

    @Test
    void toACheckpointOfAnotherStreamIsRefused() throws Exception {
        setup.server.opens().batch(insert(101));
        setup.server.opens().batch(insert(102));
        WatcherEngine<BsonDocument> watcher = startAndHandle(101);
        Fingerprint other = new Fingerprint("shop.customers", "");

        assertThatThrownBy(() -> watcher.seek(WatchSetup.checkpoint(token(50), time(50), other), SOON))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage(
                        "Cannot move watcher 'orders': the checkpoint that was given is of shop.customers, and this watcher"
                                + " watches shop.orders. Give one of this watcher's history(). The watcher goes on where it was.");
        eventually(() -> setup.handled.size() == 2);
        watcher.close();

        assertThat(setup.handledTimes()).containsExactly(101, 102);
    }

    @Test
    void stopsAfterTheEventInFlightAndDropsWhatIsNotHandedOut() throws Exception {
        CountDownLatch inHandler = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        setup.handler(event -> {
            if (event.clusterTime().getTime() == 102) {
                inHandler.countDown();
                goOn.await();
            }
        });
        setup.server.opens().batch(insert(101), insert(102), insert(103));
        serves(insert(150));
        WatcherEngine<BsonDocument> watcher = start();
        inHandler.await();

        assertThatThrownBy(() -> watcher.seek(StartPosition.at(time(140)), Duration.ofMillis(1)))
                .isInstanceOf(TimeoutException.class)
                .hasMessage(
                        "Watcher 'orders' is RUNNING and was not moved within PT0.001S: a handler has not returned, or the "
                                + "stream is not open. Nothing has changed; try again.");
        Thread seeking = seeking(watcher, StartPosition.at(time(140)));
        eventually(() -> seeking.getState() == Thread.State.TIMED_WAITING);
        goOn.countDown();
        seeking.join();
        eventually(() -> setup.handled.size() == 3);
        watcher.close();

        assertThat(setup.handledTimes()).containsExactly(101, 102, 150);
    }

    private final AtomicReference<Throwable> thrown = new AtomicReference<>();

    private Thread seeking(WatcherEngine<BsonDocument> watcher, StartPosition position) {
        Thread seeking = new Thread(() -> {
            try {
                watcher.seek(position, SOON);
            } catch (Throwable e) {
                thrown.set(e);
            }
        });
        seeking.start();
        return seeking;
    }

    @Test
    void whilePausedStaysPaused() throws Exception {
        setup.server.opens().batch(insert(101), insert(102));
        serves(insert(102));
        WatcherEngine<BsonDocument> watcher = startAndHandle(101, 102);
        watcher.pause();
        assertThat(watcher.awaitPaused(SOON)).isTrue();

        watcher.seek(StartPosition.after(token(101)), SOON);
        assertThat(watcher.state()).isEqualTo(PAUSED);
        assertThat(setup.handledTimes()).containsExactly(101, 102);
        assertThat(store.token()).contains(token(101));

        watcher.resume();
        eventually(() -> setup.handled.size() == 3);
        watcher.close();
        assertThat(setup.handledTimes()).containsExactly(101, 102, 102);
    }

    @Test
    void passesOverAnEventThatFailsAgainAndAgain() throws Exception {
        setup.whenHandlerFails(
                HandlerFailurePolicy.retry(RetryPolicy.exponential(Duration.ofSeconds(1), Duration.ofSeconds(1))));
        setup.time.holdWaits();
        setup.handler(event -> {
            if (event.clusterTime().getTime() == 101) {
                throw new IllegalStateException("never");
            }
        });
        setup.server.opens().batch(insert(101), insert(102));
        serves(insert(102));
        WatcherEngine<BsonDocument> watcher = start();
        setup.time.awaitWaiting();

        watcher.seek(StartPosition.after(token(101)), SOON);
        eventually(() -> setup.handled.size() == 1);
        watcher.close();

        assertThat(setup.handledTimes()).containsExactly(102);
    }

    @Test
    void behindTheOplogIsRefusedAndTheWatcherStays() throws Exception {
        setup.server.opens().batch(insert(101));
        setup.server.opens().fails(Errors.command(286, "ChangeStreamHistoryLost"));
        setup.server.opens().batch(insert(102));
        WatcherEngine<BsonDocument> watcher = startAndHandle(101);

        assertThatThrownBy(() -> watcher.seek(StartPosition.after(token(1)), SOON))
                .isInstanceOf(SeekFailedException.class)
                .hasMessage(
                        "Cannot move watcher 'orders' to the position that was asked for: the oplog no longer reaches back "
                                + "to it (error 286 ChangeStreamHistoryLost). Choose a later one. The watcher goes on where it was.");
        eventually(() -> setup.handled.size() == 2);
        watcher.close();

        assertThat(setup.handledTimes()).containsExactly(101, 102);
        assertThat(store.resets()).isEmpty();
        assertThat(setup.server.opened().get(2)).isEqualTo(StartPosition.after(token(101)));
    }

    @Test
    void intoTheFutureIsRefused() throws Exception {
        setup.server.tells(new ClusterFacts("", time(200)));
        setup.server.opens().batch(insert(101));
        setup.server.opens().idle(highWater(5_000));
        setup.server.opens().batch(insert(102));
        WatcherEngine<BsonDocument> watcher = startAndHandle(101);

        assertThatThrownBy(() -> watcher.seek(StartPosition.at(time(5_000)), SOON))
                .isInstanceOf(SeekFailedException.class)
                .hasMessage("Cannot move watcher 'orders' to the position that was asked for: the position of"
                        + " 1970-01-01T01:23:20Z lies in the future of the cluster, whose time is 1970-01-01T00:03:20Z. Choose an"
                        + " earlier one. The watcher goes on where it was.");
        watcher.close();
    }

    @Test
    void whereTheServerDoesNotAnswerItStays() throws Exception {
        setup.server.opens().batch(insert(101));
        setup.server.refuses(Errors.network());
        setup.server.opens().batch(insert(102));
        WatcherEngine<BsonDocument> watcher = startAndHandle(101);

        assertThatThrownBy(() -> watcher.seek(StartPosition.after(token(50)), SOON))
                .isInstanceOf(SeekFailedException.class)
                .hasMessageContaining("the server does not answer");
        eventually(() -> setup.handled.size() == 2);
        watcher.close();
    }

    @Test
    void whereTheStoreDoesNotGoBackItStays() throws Exception {
        setup.server.opens().batch(insert(101), insert(102));
        setup.server.opens().batch(insert(102));
        setup.server.opens().batch(insert(103));
        WatcherEngine<BsonDocument> watcher = startAndHandle(101, 102);
        store.refuseToGoBack();

        assertThatThrownBy(() -> watcher.seek(StartPosition.after(token(101)), SOON))
                .isInstanceOf(SeekFailedException.class)
                .hasMessage(
                        "Cannot move watcher 'orders': the store refuses (It does not go back.). The watcher goes on "
                                + "where it was.");
        eventually(() -> setup.handled.size() == 3);
        watcher.close();

        assertThat(setup.handledTimes()).containsExactly(101, 102, 103);
        assertThat(store.token()).contains(token(103));
    }

    @Test
    void isRefusedBeforeTheStartAndAfterTheEndAndFromAHandler() throws Exception {
        AtomicReference<Throwable> inHandler = new AtomicReference<>();
        AtomicReference<WatcherEngine<BsonDocument>> self = new AtomicReference<>();
        setup.server.opens().batch(insert(101));
        setup.handler(event -> {
            try {
                self.get().seek(StartPosition.now(), SOON);
            } catch (IllegalStateException e) {
                inHandler.set(e);
            }
        });
        WatcherEngine<BsonDocument> watcher = setup.store(store).build();
        self.set(watcher);
        assertThatThrownBy(() -> watcher.seek(StartPosition.now(), SOON))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("has not been started");

        watcher.start();
        eventually(() -> inHandler.get() != null);
        watcher.close();

        assertThatThrownBy(() -> watcher.seek(StartPosition.now(), SOON))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("has ended");
        WatcherEngine<BsonDocument> neverStarted = setup.build();
        neverStarted.close();
        assertThatThrownBy(() -> neverStarted.seek(StartPosition.now(), SOON))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("has ended");
    }

    @Test
    void endsWithTheWatcher() throws Exception {
        CountDownLatch goOn = new CountDownLatch(1);
        CountDownLatch inHandler = new CountDownLatch(1);
        setup.server.opens().batch(insert(101));
        setup.handler(event -> {
            inHandler.countDown();
            goOn.await();
        });
        WatcherEngine<BsonDocument> watcher = start();
        inHandler.await();
        Thread seeking = seeking(watcher, StartPosition.now());
        eventually(() -> seeking.getState() == Thread.State.TIMED_WAITING);
        Thread closing = new Thread(watcher::close);
        closing.start();
        eventually(() -> setup.listener.states().contains(io.changewatch.WatcherState.STOPPING));
        goOn.countDown();
        seeking.join();
        closing.join();

        assertThat(thrown.get()).isInstanceOf(IllegalStateException.class).hasMessageContaining("has ended");
    }

    /** The process ends while the store replaces the checkpoint, before or after it has. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aCrashInItFindsTheOnePositionOrTheOther(boolean isReplaced) throws Exception {
        setup.server.opens().batch(insert(101), insert(102));
        serves(insert(102));
        WatcherEngine<BsonDocument> watcher = setup.store(new ForwardingStore(store) {
                    @Override
                    public void reset(String name, Checkpoint checkpoint) {
                        if (isReplaced) {
                            super.reset(name, checkpoint);
                        }
                        throw new AssertionError("crash");
                    }
                })
                .start();
        eventually(() -> store.token().equals(Optional.of(token(102))));

        assertThatThrownBy(() -> watcher.seek(StartPosition.after(token(101)), SOON))
                .isInstanceOf(IllegalStateException.class);
        assertThat(watcher.state()).isEqualTo(FAILED);
        assertThat(setup.handledTimes()).containsExactly(101, 102);

        WatchSetup next = new WatchSetup().store(store);
        next.run();
        assertThat(next.server.opened()).containsExactly(StartPosition.after(token(isReplaced ? 101 : 102)));
    }

    @Test
    void worksWithoutAStore() throws Exception {
        setup.server.opens().batch(insert(101), insert(102));
        serves(insert(102));
        WatcherEngine<BsonDocument> watcher = setup.start();
        eventually(() -> setup.handled.size() == 2);

        watcher.seek(StartPosition.after(token(101)), SOON);
        eventually(() -> setup.handled.size() == 3);
        watcher.close();
    }
}
