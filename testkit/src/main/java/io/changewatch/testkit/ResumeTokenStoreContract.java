package io.changewatch.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.changewatch.event.ResumeToken;
import io.changewatch.resume.Checkpoint;
import io.changewatch.resume.Fingerprint;
import io.changewatch.resume.ResumeTokenStore;
import io.changewatch.resume.StaleCheckpointException;
import io.changewatch.resume.StoreLockedException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.bson.BsonBinary;
import org.bson.BsonDocument;
import org.bson.BsonString;
import org.bson.BsonTimestamp;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * What every {@link ResumeTokenStore} promises, as tests. The author of a store extends it and says how to open the store:
 *
 * {@snippet class="io.changewatch.examples.PropertiesStoreTest" region="contract"}
 *
 * <p>Damage to what is stored, and a storage that does not answer, are different for each store: test those beside it.
 *
 * <p>JUnit calls each test on one thread; two of them start threads of their own and join them.
 */
public abstract class ResumeTokenStoreContract {

    private static final String WATCHER = "order-indexer";
    private static final int THREADS = 8;
    private static final int SAVES = 25;
    private static final String WHAT_WAS_REFUSED = "what was refused changes nothing";

    private final List<ResumeTokenStore> opened = new ArrayList<>();

    /** For subclasses. */
    protected ResumeTokenStoreContract() {}

    /**
     * Opens the store over the storage of the running test, which is empty when the test begins. A test calls this more than
     * once to find what was saved before, as a process does that starts again; all stores are open at the same time, but a
     * watcher is released in one before another uses it. A store that is {@link AutoCloseable} is closed after the test.
     */
    protected abstract ResumeTokenStore open();

    /** Closes what {@link #open()} returned. */
    @AfterEach
    final void closeStores() throws Exception {
        for (ResumeTokenStore store : opened) {
            if (store instanceof AutoCloseable closeable) {
                closeable.close();
            }
        }
    }

    @Test
    void isEmptyForAWatcherItHasNeverSeen() {
        assertThat(opened().load(WATCHER))
                .as("load(...) of a watcher for which nothing was saved is empty, not null and not an exception")
                .isEmpty();
    }

    @Test
    void loadsExactlyWhatWasSaved() {
        ResumeTokenStore store = opened();
        BsonDocument token = new BsonDocument("_data", new BsonString("8263A1B2C3000000012B0229296E04"))
                .append("_typeBits", new BsonBinary(new byte[] {(byte) 0x80, 0, 1}));
        Checkpoint checkpoint = new Checkpoint(
                new ResumeToken(token),
                new BsonTimestamp(0xF0000000, 7), // later than 2038: the seconds are unsigned
                Instant.parse("2026-05-01T10:00:00.123Z"),
                new Fingerprint("shop.\"orders\" ä\n中😀", "a1b2"),
                Long.MAX_VALUE);

        store.save(WATCHER, checkpoint);

        assertThat(store.load(WATCHER))
                .as("load(...) returns every part of what was saved, as Checkpoint.fromBson or fromJson reads it")
                .contains(checkpoint);
    }

    @Test
    void replacesAnOlderCheckpoint() {
        ResumeTokenStore store = opened();
        store.save(WATCHER, at(0, 100, "A"));

        store.save(WATCHER, at(0, 200, "A"));
        assertHolds(store, at(0, 200, "A"), "a later cluster time replaces an earlier one");

        store.save(WATCHER, at(0, 200, "B"));
        assertHolds(store, at(0, 200, "B"), "a later token of the same cluster time replaces an earlier one");
    }

    @Test
    void acceptsTheSamePositionAgain() {
        ResumeTokenStore store = opened();
        store.save(WATCHER, at(1, 100, "A"));
        Checkpoint again = new Checkpoint(
                new ResumeToken(new BsonDocument("_data", new BsonString("A"))),
                new BsonTimestamp(100, 1),
                Instant.parse("2026-05-01T11:00:00Z"),
                new Fingerprint("shop.orders", "other pipeline"),
                1);

        store.save(WATCHER, again);

        assertHolds(store, again, "a save of the position that is held is accepted, with what else it brings");
    }

    @Test
    void refusesAnOlderPosition() {
        ResumeTokenStore store = opened();
        store.save(WATCHER, at(0, 200, "B"));

        assertRefused(store, at(0, 100, "C"), "an earlier cluster time, whatever its token");
        assertRefused(store, at(0, 200, "A"), "an earlier token of the same cluster time");

        assertHolds(store, at(0, 200, "B"), WHAT_WAS_REFUSED);
    }

    /** Only Checkpoint.isOlderThan knows the order of tokens of which one comes from a stream that splits large events. */
    @Test
    void comparesTokensOfTwoVersionsByTheirPlaces() {
        String time = "820000000500000001";
        Checkpoint splitThird = at(0, 5, time + "2B042C01002B066E5A1004AA");
        Checkpoint plainThird = at(0, 5, time + "2B022C01002B066E5A1004BB");
        Checkpoint plainFourth = at(0, 5, time + "2B022C01002B086E5A1004BB");
        Checkpoint splitSecond = at(0, 5, time + "2B042C01002B046E5A1004AA");
        ResumeTokenStore store = opened();
        store.save(WATCHER, splitThird);

        store.save(WATCHER, plainFourth);
        assertHolds(store, plainFourth, "a later place replaces an earlier one, whatever the versions of their tokens");
        store.delete(WATCHER);
        store.save(WATCHER, plainThird);
        assertRefused(
                store, splitSecond, "an earlier place of the same cluster time, whose token is of another version");

        assertHolds(store, plainThird, WHAT_WAS_REFUSED);
    }

    @Test
    void refusesALowerTermEvenWithALaterPosition() {
        ResumeTokenStore store = opened();
        store.save(WATCHER, at(2, 100, "A"));

        assertRefused(store, at(1, 900, "Z"), "a term that is lower by one, although its position is later");
        assertRefused(store, at(0, 900, "Z"), "the term 0, although its position is later");

        assertHolds(store, at(2, 100, "A"), WHAT_WAS_REFUSED);
    }

    @Test
    void comparesTermsWhereNothingElseDiffers() {
        ResumeTokenStore store = opened();
        store.save(WATCHER, at(2, 100, "A"));

        assertRefused(store, at(1, 100, "A"), "a lower term of the very same position");
        assertHolds(store, at(2, 100, "A"), WHAT_WAS_REFUSED);

        store.save(WATCHER, at(3, 100, "A"));
        assertHolds(store, at(3, 100, "A"), "a higher term of the very same position is accepted");
        assertRefused(store, at(2, 100, "A"), "the term that was accepted before");
    }

    @Test
    void acceptsAHigherTermEvenWithAnOlderPosition() {
        ResumeTokenStore store = opened();
        store.save(WATCHER, at(1, 900, "Z"));

        store.save(WATCHER, at(2, 100, "A"));

        assertHolds(store, at(2, 100, "A"), "a higher term is accepted, although its position is earlier");
    }

    @Test
    void takesClusterTimeAsUnsigned() {
        ResumeTokenStore store = opened();
        store.save(WATCHER, at(0, Integer.MAX_VALUE, "A"));

        store.save(WATCHER, at(0, Integer.MIN_VALUE, "A"));

        assertRefused(
                store, at(0, Integer.MAX_VALUE, "Z"), "seconds before 2038, over some after it: they are unsigned");
        assertHolds(store, at(0, Integer.MIN_VALUE, "A"), "seconds after 2038 replace those before: they are unsigned");
    }

    /** The clocks of clients may be wrong, and set. */
    @Test
    void comparesPositionsAndNotWhenTheyWereSaved() {
        ResumeTokenStore store = opened();
        store.save(WATCHER, savedAfter(at(0, 100, "A"), Duration.ZERO));

        store.save(WATCHER, savedAfter(at(0, 200, "A"), Duration.ofHours(-2)));
        assertHolds(
                store,
                savedAfter(at(0, 200, "A"), Duration.ofHours(-2)),
                "a later position is accepted from a client whose clock is behind");

        assertRefused(
                store,
                savedAfter(at(0, 150, "A"), Duration.ofHours(2)),
                "an earlier position of a client whose clock is ahead");
    }

    private static Checkpoint savedAfter(Checkpoint checkpoint, Duration time) {
        return new Checkpoint(
                checkpoint.token(),
                checkpoint.clusterTime(),
                checkpoint.savedAt().plus(time),
                checkpoint.fingerprint(),
                checkpoint.term());
    }

    @Test
    void resetsToALaterPosition() {
        ResumeTokenStore store = opened();
        store.reset(WATCHER, at(0, 100, "A"));
        assertHolds(store, at(0, 100, "A"), "reset(...) keeps a checkpoint where there was none");

        store.reset(WATCHER, at(0, 200, "A"));

        assertHolds(store, at(0, 200, "A"), "reset(...) replaces an earlier position");
    }

    /** Who cannot do it in one step must not try: a crash in between would lose the place. */
    @Test
    void resetsToAnOlderPositionOrLeavesWhatItHolds() {
        ResumeTokenStore store = opened();
        store.save(WATCHER, at(0, 200, "B"));

        if (isRefusedToReset(store, at(0, 100, "A"))) {
            assertHolds(store, at(0, 200, "B"), "a store that does not go back leaves what it holds");
            return;
        }
        assertHolds(store, at(0, 100, "A"), "reset(...) replaces a later position by an earlier one");
        assertRefused(store, at(0, 50, "A"), "an earlier position than the one of reset(...)");
        store.save(WATCHER, at(0, 150, "A"));
        assertHolds(store, at(0, 150, "A"), "after reset(...) positions are compared with the one of reset(...)");
        store.release(WATCHER);
        assertHolds(opened(), at(0, 150, "A"), "and a store that is opened later does not find the later one again");
    }

    private static boolean isRefusedToReset(ResumeTokenStore store, Checkpoint checkpoint) {
        try {
            store.reset(WATCHER, checkpoint);
            return false;
        } catch (UnsupportedOperationException refused) {
            return true;
        }
    }

    @Test
    void refusesToResetToALowerTerm() {
        ResumeTokenStore store = opened();
        store.save(WATCHER, at(2, 100, "A"));

        assertThat(catchThrowable(() -> store.reset(WATCHER, at(1, 900, "Z"))))
                .as("reset(...) refuses a term that is lower with a StaleCheckpointException, as save(...) does")
                .isInstanceOf(StaleCheckpointException.class);

        assertHolds(store, at(2, 100, "A"), WHAT_WAS_REFUSED);
    }

    /** A store need not keep a history; what it keeps must be true. */
    @Test
    void keepsOnlyWhatWasSavedInItsHistory() {
        ResumeTokenStore store = opened();
        assertThat(store.history(WATCHER))
                .as("history(...) of a watcher for which nothing was saved is empty")
                .isEmpty();
        List<Checkpoint> saved = new ArrayList<>();
        for (int hour = 1; hour <= 3; hour++) {
            Checkpoint next = savedAfter(at(0, 100 * hour, "A"), Duration.ofHours(hour));
            store.save(WATCHER, next);
            saved.add(0, next);
        }

        List<Checkpoint> history = store.history(WATCHER);
        List<Checkpoint> expected = saved.stream().filter(history::contains).toList();
        assertThat(history)
                .as("history(...) holds nothing but what was saved, the newest first")
                .isEqualTo(expected);
        store.release(WATCHER);
        assertThat(opened().history(WATCHER))
                .as("a store that is opened later has the same history")
                .isEqualTo(history);

        store.delete(WATCHER);
        assertThat(store.history(WATCHER))
                .as("delete(...) forgets the history, too")
                .isEmpty();
    }

    @Test
    void forgetsADeletedWatcher() {
        ResumeTokenStore store = opened();
        store.save(WATCHER, at(0, 100, "A"));

        store.delete(WATCHER);

        assertNothing(store, "after delete(...) nothing is loaded");
        store.release(WATCHER);
        assertNothing(opened(), "after delete(...) nothing is loaded by a store that is opened later either");
    }

    @Test
    void deletesWhatIsNotThere() {
        ResumeTokenStore store = opened();

        assertThatCode(() -> store.delete(WATCHER))
                .as("delete(...) of a watcher that is not there does nothing")
                .doesNotThrowAnyException();
        store.delete(WATCHER);

        assertNothing(store, "delete(...) of what is not there makes nothing");
    }

    @Test
    void acceptsAnOlderPositionAfterADelete() {
        ResumeTokenStore store = opened();
        store.save(WATCHER, at(5, 200, "B"));

        store.delete(WATCHER);
        store.save(WATCHER, at(0, 100, "A"));

        assertHolds(store, at(0, 100, "A"), "after delete(...) any position and any term is accepted");
    }

    @Test
    void keepsTheCheckpointWhenOpenedAgain() {
        ResumeTokenStore before = opened();
        before.save(WATCHER, at(0, 100, "A"));
        before.save(WATCHER, at(0, 200, "A"));
        before.release(WATCHER);

        ResumeTokenStore after = opened();

        assertHolds(after, at(0, 200, "A"), "a store that is opened later finds what was saved last");
    }

    @Test
    void refusesAnOlderPositionWhenOpenedAgain() {
        ResumeTokenStore before = opened();
        before.save(WATCHER, at(0, 200, "A"));
        before.release(WATCHER);

        ResumeTokenStore after = opened();

        assertRefused(after, at(0, 100, "A"), "an earlier position than another store saved, also in the first save");
    }

    @Test
    void handsAReleasedWatcherToAndFro() {
        ResumeTokenStore one = opened();
        ResumeTokenStore other = opened();
        one.save(WATCHER, at(0, 100, "A"));
        one.release(WATCHER);

        other.save(WATCHER, at(0, 200, "A"));
        other.release(WATCHER);

        assertRefused(one, at(0, 150, "A"), "an earlier position than the one that another store saved meanwhile");
        assertHolds(one, at(0, 200, "A"), "a store sees what another one saved after release(...)");
    }

    @Test
    void peeksAtWhatIsSavedWithoutTakingTheWatcher() {
        ResumeTokenStore holding = opened();
        ResumeTokenStore looking = opened();
        assertThat(looking.peek(WATCHER)).as("before anything is saved").isEmpty();
        holding.save(WATCHER, at(0, 100, "A"));

        assertThat(looking.peek(WATCHER))
                .as("while another store holds the watcher")
                .contains(at(0, 100, "A"));

        holding.save(WATCHER, at(0, 200, "A"));
        assertThat(holding.peek(WATCHER))
                .as("while it holds the watcher itself")
                .contains(at(0, 200, "A"));
        assertThat(holding.load(WATCHER)).as("after others have looked").contains(at(0, 200, "A"));
    }

    @Test
    void releasesWhatItDoesNotHold() {
        ResumeTokenStore store = opened();

        assertThatCode(() -> store.release(WATCHER))
                .as("release(...) of a watcher that is not held does nothing")
                .doesNotThrowAnyException();
    }

    @Test
    void takesAPlaceAgainThatWasReleased() {
        ResumeTokenStore store = opened();
        store.acquire(WATCHER);
        store.save(WATCHER, at(0, 100, "A"));
        store.release(WATCHER);

        assertThatCode(() -> store.acquire(WATCHER))
                .as("acquire(...) is accepted after release(...)")
                .doesNotThrowAnyException();

        assertHolds(store, at(0, 100, "A"), "acquire(...) and release(...) leave the checkpoint as it is");
        store.save(WATCHER, at(0, 200, "A"));
        assertHolds(store, at(0, 200, "A"), "whoever acquired may save");
    }

    /** Whether it is refused is the store's choice, and a refusal is a {@link StoreLockedException}. */
    @Test
    void leavesAWatcherItsPlaceWhenItRefusesAnother() {
        ResumeTokenStore store = opened();
        ResumeTokenStore other = opened();
        store.acquire(WATCHER);
        store.save(WATCHER, at(0, 100, "A"));

        if (isRefused(other)) {
            store.save(WATCHER, at(0, 200, "A"));
            assertHolds(store, at(0, 200, "A"), "who was refused does not disturb the watcher that has the place");
        } else {
            other.save(WATCHER, at(0, 200, "A"));
            assertHolds(other, at(0, 200, "A"), "who was accepted may save");
        }
    }

    private static boolean isRefused(ResumeTokenStore store) {
        try {
            store.acquire(WATCHER);
            return false;
        } catch (StoreLockedException refused) {
            return true;
        }
    }

    @Test
    void keepsWatchersApartWhateverTheirNames() {
        ResumeTokenStore store = opened();
        List<String> names = oddNames();
        for (int i = 0; i < names.size(); i++) {
            store.save(names.get(i), at(0, i + 1, "A"));
        }

        store.delete(names.get(0));

        assertThat(store.load(names.get(0)))
                .as("the watcher '%s', which was deleted", names.get(0))
                .isEmpty();
        for (int i = 1; i < names.size(); i++) {
            assertThat(store.load(names.get(i)))
                    .as("the watcher '%s' has a checkpoint of its own, whatever the others are called", names.get(i))
                    .contains(at(0, i + 1, "A"));
        }
    }

    @Test
    void servesWatchersFromManyThreads() throws Exception {
        ResumeTokenStore store = opened();
        onThreads(thread -> {
            for (int save = 1; save <= SAVES; save++) {
                store.save("watcher-" + thread, at(0, save, "A"));
                assertThat(store.load("watcher-" + thread))
                        .as("a thread finds what it saved for a watcher of its own, while others save for theirs")
                        .contains(at(0, save, "A"));
            }
        });

        for (int thread = 0; thread < THREADS; thread++) {
            assertThat(store.load("watcher-" + thread))
                    .as("the last save of each watcher is kept when all threads have ended")
                    .contains(at(0, SAVES, "A"));
        }
    }

    /** Two watchers of one name are a mistake that a store turns into refusals, never into a position that goes back. */
    @Test
    void neverGoesBackWhenManyThreadsSaveOneWatcher() throws Exception {
        ResumeTokenStore store = opened();
        onThreads(thread -> {
            for (int save : shuffled(thread)) {
                Checkpoint offered = at(save % 2, save, "A");
                boolean accepted = isAccepted(store, offered);
                Checkpoint held = store.load(WATCHER).orElseThrow();
                assertThat(held.isOlderThan(offered))
                        .as(
                                "after save(...) of %s was %s, load(...) returns %s, which must not be older",
                                offered, accepted ? "accepted" : "refused", held)
                        .isFalse();
            }
        });

        int last = SAVES % 2 == 1 ? SAVES : SAVES - 1;
        assertHolds(store, at(1, last, "A"), "of all that threads offered at the same time, the newest is kept");
    }

    @Test
    void refusesNull() {
        ResumeTokenStore store = opened();

        assertRefusesNull("load(null)", () -> store.load(absent()));
        assertRefusesNull("peek(null)", () -> store.peek(absent()));
        assertRefusesNull("save(null, checkpoint)", () -> store.save(absent(), at(0, 1, "A")));
        assertRefusesNull("save(watcher, null)", () -> store.save(WATCHER, absent()));
        assertRefusesNull("reset(null, checkpoint)", () -> store.reset(absent(), at(0, 1, "A")));
        assertRefusesNull("reset(watcher, null)", () -> store.reset(WATCHER, absent()));
        assertRefusesNull("delete(null)", () -> store.delete(absent()));
    }

    private static void assertRefusesNull(String call, ThrowingCallable code) {
        assertThat(catchThrowable(code))
                .as("%s: an argument that is null is refused with a NullPointerException", call)
                .isInstanceOf(NullPointerException.class);
    }

    private ResumeTokenStore opened() {
        ResumeTokenStore store = open();
        opened.add(store);
        return store;
    }

    private static Checkpoint at(long term, int seconds, String data) {
        return new Checkpoint(
                new ResumeToken(new BsonDocument("_data", new BsonString(data))),
                new BsonTimestamp(seconds, 1),
                Instant.parse("2026-05-01T10:00:00Z"),
                new Fingerprint("shop.orders", "a1b2"),
                term);
    }

    private static void assertRefused(ResumeTokenStore store, Checkpoint checkpoint, String what) {
        assertThat(catchThrowable(() -> store.save(WATCHER, checkpoint)))
                .as("save(...) refuses with a StaleCheckpointException: %s", what)
                .isInstanceOf(StaleCheckpointException.class);
    }

    private static void assertHolds(ResumeTokenStore store, Checkpoint checkpoint, String promise) {
        assertThat(store.load(WATCHER)).as(promise).contains(checkpoint);
    }

    private static void assertNothing(ResumeTokenStore store, String promise) {
        assertThat(store.load(WATCHER)).as(promise).isEmpty();
    }

    private static boolean isAccepted(ResumeTokenStore store, Checkpoint checkpoint) {
        try {
            store.save(WATCHER, checkpoint);
            return true;
        } catch (StaleCheckpointException refused) {
            return false;
        }
    }

    private static List<String> oddNames() {
        String longName = "a-very-long-name-".repeat(30);
        return List.of(
                "orders",
                "Orders",
                "ORDERS",
                "orders.tmp",
                "orders/archive",
                "orders%2farchive",
                "orders\\archive",
                "../orders",
                "..",
                ".",
                ".orders",
                "orders.",
                " ",
                "orders ",
                "$orders",
                "con",
                "nul.txt",
                "a:b*c?d\"e<f>g|h",
                "line\nbreak",
                "{\"_id\": 1}",
                "h\u00e4ndler",
                "ha\u0308ndler",
                "注文",
                "😀",
                longName + "1",
                longName + "2");
    }

    private static List<Integer> shuffled(int seed) {
        List<Integer> saves =
                new ArrayList<>(IntStream.rangeClosed(1, SAVES).boxed().toList());
        Collections.shuffle(saves, new Random(seed));
        return saves;
    }

    private static void onThreads(ThreadTask task) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(THREADS);
        try {
            List<Callable<Integer>> calls = IntStream.range(0, THREADS)
                    .mapToObj(thread -> (Callable<Integer>) () -> {
                        task.run(thread);
                        return thread;
                    })
                    .toList();
            for (Future<Integer> result : threads.invokeAll(calls, 2, TimeUnit.MINUTES)) {
                result.get();
            }
        } finally {
            threads.shutdownNow();
        }
    }

    @SuppressWarnings({"NullAway", "TypeParameterUnusedInFormals"}) // a store must bear callers that are not checked
    private static <T> T absent() {
        return null;
    }

    /** What one of the threads does. */
    private interface ThreadTask {
        void run(int thread) throws Exception;
    }
}
