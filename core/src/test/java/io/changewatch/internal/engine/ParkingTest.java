package io.changewatch.internal.engine;

import static io.changewatch.internal.engine.Events.insert;
import static io.changewatch.internal.engine.Events.time;
import static io.changewatch.internal.engine.Events.token;
import static io.changewatch.internal.engine.Events.undecodable;
import static org.assertj.core.api.Assertions.assertThat;

import io.changewatch.ChangeWatcher;
import io.changewatch.ConfigurationException;
import io.changewatch.DecodeException;
import io.changewatch.HandlerFailurePolicy;
import io.changewatch.WatcherState;
import io.changewatch.deadletter.DeadLetter;
import io.changewatch.deadletter.ParkingCause;
import io.changewatch.deadletter.ParkingOrder;
import io.changewatch.deadletter.ParkingReason;
import io.changewatch.observe.WatcherListener.EventParked;
import io.changewatch.observe.WatcherListener.EventSkipped;
import io.changewatch.resume.StoreException;
import io.changewatch.retry.RetryPolicy;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.bson.BsonDocument;
import org.bson.BsonString;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

final class ParkingTest {
    private final MemoryStore store = MemoryStore.empty();
    private final MemoryLetters letters = new MemoryLetters();
    private final Set<Integer> poisonous = ConcurrentHashMap.newKeySet();
    private final WatchSetup setup = new WatchSetup()
            .store(store)
            .parkIn(letters, ParkingOrder.GO_ON)
            .handler(event -> {
                if (poisonous.contains(event.clusterTime().getTime())) {
                    throw new IllegalStateException("poison");
                }
            });

    /** An insert of document {@code id} at {@code seconds}. */
    private static BsonDocument of(int id, int seconds) {
        return insert(token(seconds), time(seconds), id);
    }

    @Test
    void parksWhatAHandlerFailsForAndGoesOn() throws InterruptedException {
        poisonous.add(102);
        setup.whenHandlerFails(
                HandlerFailurePolicy.retry(RetryPolicy.exponential(Duration.ofMillis(1), Duration.ofMillis(1))
                        .maxAttempts(3)));
        setup.server.opens().batch(insert(101), insert(102), insert(103));
        ChangeWatcher watcher = setup.run();

        assertThat(watcher.state()).isEqualTo(WatcherState.STOPPED);
        assertThat(setup.handledTimes()).containsExactly(101, 103);
        DeadLetter letter = letters.all().get(0);
        assertThat(letter.event()).isEqualTo(insert(102));
        assertThat(letter.reason()).isEqualTo(ParkingReason.FAILED);
        assertThat(letter.attempts()).isEqualTo(3);
        assertThat(letter.cause().map(ParkingCause::message)).contains("poison");
        assertThat(letter.failedAt()).isEqualTo(ManualSurroundings.BEGIN.plusMillis(2)); // two delays
        assertThat(letter.token()).isEqualTo(token(102));
        assertThat(letter.id()).startsWith("0000006600000001-");
        assertThat(store.token()).hasValue(token(103));
        assertThat(watcher.stats().parked()).isEqualTo(1);
        assertThat(watcher.stats().skipped()).isZero();
        assertThat(watcher.stats().totalEvents()).isEqualTo(2);
        assertThat(setup.listener.all(EventParked.class)).containsExactly(new EventParked("orders", letter, true));
        assertThat(setup.listener.all(EventSkipped.class)).isEmpty();
    }

    @Test
    void parksWhatCannotBeDecodedAndGoesOn() throws InterruptedException {
        setup.server.opens().batch(insert(101), undecodable(102), insert(103));
        setup.run();

        assertThat(setup.handledTimes()).containsExactly(101, 103);
        DeadLetter letter = letters.all().get(0);
        assertThat(letter.event()).isEqualTo(undecodable(102));
        assertThat(letter.reason()).isEqualTo(ParkingReason.UNDECODABLE);
        assertThat(letter.attempts()).isZero();
        assertThat(letter.cause().map(ParkingCause::type)).contains(DecodeException.class.getName());
        assertThat(store.token()).hasValue(token(103));
    }

    @Test
    void passesNoEventBeforeItsLetterIsKept() throws InterruptedException {
        poisonous.add(102);
        letters.breakDown();
        setup.server.opens().batch(insert(101), insert(102), insert(103));
        WatcherEngine<BsonDocument> watcher = setup.build();
        watcher.start();
        letters.awaitFailure();

        store.awaitSaved(token(101));
        assertThat(setup.handledTimes()).containsExactly(101);
        letters.mend();
        setup.server.awaitQuiet();
        watcher.close();
        assertThat(setup.handledTimes()).containsExactly(101, 103);
        assertThat(letters.times()).containsExactly(102);
        assertThat(store.tokens()).endsWith(token(103));
        assertThat(setup.listener.causes()).containsExactly(letters.broken);
        assertThat(setup.listener.states())
                .containsExactly(
                        WatcherState.STARTING,
                        WatcherState.RUNNING,
                        WatcherState.RECOVERING,
                        WatcherState.RUNNING,
                        WatcherState.STOPPING,
                        WatcherState.STOPPED);
    }

    @Test
    void keepsItsPlaceBeforeAnEventThatItCannotPark() throws InterruptedException {
        poisonous.add(102);
        letters.breakDown();
        setup.retryStore(RetryPolicy.exponential(Duration.ofMillis(1), Duration.ofMillis(1))
                .maxAttempts(2));
        setup.server.opens().batch(insert(101), insert(102), insert(103));

        assertThat(setup.runToFailure())
                .isInstanceOf(StoreException.class)
                .hasMessage(
                        "Cannot park an event of watcher 'orders' in MemoryLetters: the retry policy gave up (failed"
                                + " attempts: 2), the last with: The letters are broken. Nothing is lost: the event comes again at the"
                                + " next start. Mend the store, or choose a retryStore(...) that tries longer.")
                .hasCause(letters.broken);
        assertThat(setup.handledTimes()).containsExactly(101);
        assertThat(store.token()).hasValue(token(101));
    }

    @Test
    void stopsWhileItCannotPark() throws InterruptedException {
        poisonous.add(101);
        letters.breakDown();
        setup.retryStore((failures, elapsed, random) -> Optional.of(Duration.ofDays(1)));
        setup.server.opens().batch(insert(101));
        WatcherEngine<BsonDocument> watcher = setup.build();
        watcher.start();
        letters.awaitFailure();

        assertThat(watcher.close(Duration.ofSeconds(10))).isTrue();
        assertThat(watcher.state()).isEqualTo(WatcherState.STOPPED);
        assertThat(store.token()).hasValue(Events.highWater(ScriptedSource.NOW));
    }

    @Test
    void endsWithWhatIsAMistakeInTheStore() throws InterruptedException {
        poisonous.add(101);
        letters.failsToPark(new IllegalArgumentException("no such name"));
        setup.server.opens().batch(insert(101));

        assertThat(setup.runToFailure())
                .isInstanceOf(StoreException.class)
                .hasMessage("Cannot park an event of watcher 'orders': MemoryLetters failed with"
                        + " java.lang.IllegalArgumentException: no such name, which is a mistake in the program and not tried"
                        + " again. Nothing is lost: the event comes again at the next start. Mend the store; for a failure that"
                        + " may pass, let it throw a StoreException.");
    }

    @Test
    void endsWithWhatHasToBeConfigured() throws InterruptedException {
        poisonous.add(101);
        ConfigurationException refusal = new ConfigurationException("Choose another folder.", null);
        letters.failsToPark(refusal);
        setup.server.opens().batch(insert(101));

        assertThat(setup.runToFailure()).isSameAs(refusal);
    }

    @Test
    void makesNoSecondLetterWhereTheEventComesAgain() throws InterruptedException {
        poisonous.add(101);
        setup.server.opens().batch(insert(101));
        setup.run();
        WatchSetup again = new WatchSetup()
                .store(MemoryStore.empty())
                .parkIn(letters, ParkingOrder.GO_ON)
                .handler(event -> {
                    throw new IllegalStateException("poison again");
                });
        again.server.opens().batch(insert(101), insert(102));
        ChangeWatcher watcher = again.run();

        assertThat(letters.times()).containsExactly(101, 102);
        assertThat(letters.all().get(0).cause().map(ParkingCause::message)).contains("poison");
        assertThat(again.listener.all(EventParked.class))
                .extracting(EventParked::isNew)
                .containsExactly(false, true);
        assertThat(watcher.stats().parked()).isEqualTo(1);
    }

    @Nested
    final class WhileADocumentIsBlocked {

        @Test
        void parksLaterEventsOfTheDocumentAndNoOther() throws InterruptedException {
            setup.parkIn(letters, ParkingOrder.BLOCK_KEY);
            poisonous.add(101);
            setup.server.opens().batch(of(1, 101), of(2, 102), of(1, 103), of(2, 104), of(1, 105));
            setup.run();

            assertThat(setup.handledTimes()).containsExactly(102, 104);
            assertThat(letters.times()).containsExactly(101, 103, 105);
            assertThat(letters.all())
                    .extracting(DeadLetter::reason)
                    .containsExactly(ParkingReason.FAILED, ParkingReason.BLOCKED, ParkingReason.BLOCKED);
            assertThat(letters.all().get(1).cause()).isEmpty();
            assertThat(store.token()).hasValue(token(105));
        }

        @Test
        void parksBehindWhatCouldNotBeDecoded() throws InterruptedException {
            setup.parkIn(letters, ParkingOrder.BLOCK_KEY);
            setup.server.opens().batch(undecodable(101), of(101, 102), of(2, 103));
            setup.run();

            assertThat(setup.handledTimes()).containsExactly(103);
            assertThat(letters.times()).containsExactly(101, 102);
        }

        @Test
        void knowsWhatWasBlockedBeforeItStarted() throws InterruptedException {
            parkBefore(of(1, 50));
            setup.parkIn(letters, ParkingOrder.BLOCK_KEY);
            setup.server.opens().batch(of(1, 101), of(2, 102));
            setup.run();

            assertThat(setup.handledTimes()).containsExactly(102);
            assertThat(letters.times()).containsExactly(50, 101);
        }

        @Test
        void asksNothingAboutOtherDocuments() throws InterruptedException {
            parkBefore(of(1, 50));
            setup.parkIn(letters, ParkingOrder.BLOCK_KEY);
            setup.server.opens().batch(of(2, 101), of(3, 102), of(4, 103), of(5, 104));
            setup.run();

            assertThat(letters.questions.get()).as("for the keys, once").isEqualTo(1);
        }

        @Test
        void handlesTheDocumentAgainWhenItsLettersAreGone() throws InterruptedException {
            parkBefore(of(1, 50));
            setup.parkIn(letters, ParkingOrder.BLOCK_KEY);
            setup.server
                    .opens()
                    .batch(of(1, 101), of(2, 102))
                    .then(() -> letters.all().forEach(letter -> letters.remove("orders", letter.id())))
                    .batch(of(1, 103), of(1, 104));
            setup.run();

            assertThat(setup.handledTimes()).containsExactly(102, 103, 104);
            assertThat(letters.questions.get())
                    .as("for the keys, and of the document until it is free")
                    .isEqualTo(3);
        }

        @Test
        void handlesNothingOfADocumentWhileItCannotAsk() throws InterruptedException {
            parkBefore(of(1, 50));
            letters.breakDown();
            setup.parkIn(letters, ParkingOrder.BLOCK_KEY);
            setup.server.opens().batch(of(1, 101), of(2, 102));
            WatcherEngine<BsonDocument> watcher = setup.build();
            watcher.start();
            letters.awaitFailure();

            assertThat(setup.handled).isEmpty();
            letters.mend();
            setup.server.awaitQuiet();
            watcher.close();
            assertThat(setup.handledTimes()).containsExactly(102);
            assertThat(letters.times()).containsExactly(50, 101);
        }

        @Test
        void blocksNothingByAnEventWithoutADocument() throws InterruptedException {
            setup.parkIn(letters, ParkingOrder.BLOCK_KEY);
            poisonous.add(101);
            setup.server.opens().batch(Events.drop(101), of(1, 102), Events.drop(103));
            setup.run();

            assertThat(setup.handledTimes()).containsExactly(102, 103);
            assertThat(letters.times()).containsExactly(101);
        }

        private void parkBefore(BsonDocument event) {
            letters.park(DeadLetter.of(
                    "orders", event, ParkingReason.FAILED, Optional.empty(), 1, ManualSurroundings.BEGIN));
        }
    }

    @Test
    void namesALetterByItsPlaceWhateverTheVersionOfItsToken() {
        BsonDocument plain = tokened("8200000065000000012B022C0100296E5A1004AA");
        BsonDocument split = tokened("8200000065000000012B042C0100296E5A1004BB");
        BsonDocument next = tokened("8200000065000000012B042C01002B02296E5A1004BB");

        assertThat(List.of(id(plain), id(split))).containsOnly(id(plain));
        assertThat(id(next)).isGreaterThan(id(plain));
        assertThat(id(plain)).matches("0000006500000001-2c010029.*-k[0-9a-f]{32}");
    }

    private static BsonDocument tokened(String data) {
        BsonDocument event = insert(101);
        event.getDocument("_id").append("_data", new BsonString(data));
        return event;
    }

    private static String id(BsonDocument event) {
        return DeadLetter.of("orders", event, ParkingReason.FAILED, Optional.empty(), 1, ManualSurroundings.BEGIN)
                .id();
    }

    @Test
    void showsNeitherTheEventNorItsKey() {
        DeadLetter letter = DeadLetter.of(
                "orders",
                of(424_242, 101),
                ParkingReason.FAILED,
                Optional.of(ParkingCause.of(new IllegalStateException("424242"))),
                1,
                ManualSurroundings.BEGIN);

        assertThat(letter.toString()).doesNotContain("424242");
        assertThat(String.valueOf(letter.cause())).doesNotContain("424242");
    }
}
