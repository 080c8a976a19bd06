package io.changewatch.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.changewatch.event.ResumeToken;
import io.changewatch.resume.Checkpoint;
import io.changewatch.resume.Fingerprint;
import io.changewatch.resume.ResumeTokenStore;
import io.changewatch.resume.StaleCheckpointException;
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
        assertThat(opened().load(WATCHER)).isEmpty();
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

        assertThat(store.load(WATCHER)).contains(checkpoint);
    }

    @Test
    void replacesAnOlderCheckpoint() {
        ResumeTokenStore store = opened();
        store.save(WATCHER, at(0, 100, "A"));

        store.save(WATCHER, at(0, 200, "A"));
        assertThat(store.load(WATCHER)).contains(at(0, 200, "A"));

        store.save(WATCHER, at(0, 200, "B"));
        assertThat(store.load(WATCHER)).contains(at(0, 200, "B"));
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

        assertThat(store.load(WATCHER)).contains(again);
    }

    @Test
    void refusesAnOlderPosition() {
        ResumeTokenStore store = opened();
        store.save(WATCHER, at(0, 200, "B"));

        assertRefused(store, at(0, 100, "C"));
        assertRefused(store, at(0, 200, "A"));

        assertThat(store.load(WATCHER)).contains(at(0, 200, "B"));
    }

    @Test
    void refusesALowerTermEvenWithALaterPosition() {
        ResumeTokenStore store = opened();
        store.save(WATCHER, at(2, 100, "A"));

        assertRefused(store, at(1, 900, "Z"));
        assertRefused(store, at(0, 900, "Z"));

        assertThat(store.load(WATCHER)).contains(at(2, 100, "A"));
    }

    @Test
    void acceptsAHigherTermEvenWithAnOlderPosition() {
        ResumeTokenStore store = opened();
        store.save(WATCHER, at(1, 900, "Z"));

        store.save(WATCHER, at(2, 100, "A"));

        assertThat(store.load(WATCHER)).contains(at(2, 100, "A"));
    }

    @Test
    void takesClusterTimeAsUnsigned() {
        ResumeTokenStore store = opened();
        store.save(WATCHER, at(0, Integer.MAX_VALUE, "A"));

        store.save(WATCHER, at(0, Integer.MIN_VALUE, "A"));

        assertRefused(store, at(0, Integer.MAX_VALUE, "Z"));
        assertThat(store.load(WATCHER)).contains(at(0, Integer.MIN_VALUE, "A"));
    }

    @Test
    void forgetsADeletedWatcher() {
        ResumeTokenStore store = opened();
        store.save(WATCHER, at(0, 100, "A"));

        store.delete(WATCHER);

        assertThat(store.load(WATCHER)).isEmpty();
        store.release(WATCHER);
        assertThat(opened().load(WATCHER)).isEmpty();
    }

    @Test
    void deletesWhatIsNotThere() {
        ResumeTokenStore store = opened();

        store.delete(WATCHER);
        store.delete(WATCHER);

        assertThat(store.load(WATCHER)).isEmpty();
    }

    @Test
    void acceptsAnOlderPositionAfterADelete() {
        ResumeTokenStore store = opened();
        store.save(WATCHER, at(5, 200, "B"));

        store.delete(WATCHER);
        store.save(WATCHER, at(0, 100, "A"));

        assertThat(store.load(WATCHER)).contains(at(0, 100, "A"));
    }

    @Test
    void keepsTheCheckpointWhenOpenedAgain() {
        ResumeTokenStore before = opened();
        before.save(WATCHER, at(0, 100, "A"));
        before.save(WATCHER, at(0, 200, "A"));
        before.release(WATCHER);

        ResumeTokenStore after = opened();

        assertThat(after.load(WATCHER)).contains(at(0, 200, "A"));
    }

    @Test
    void refusesAnOlderPositionWhenOpenedAgain() {
        ResumeTokenStore before = opened();
        before.save(WATCHER, at(0, 200, "A"));
        before.release(WATCHER);

        ResumeTokenStore after = opened();

        assertRefused(after, at(0, 100, "A"));
    }

    @Test
    void handsAReleasedWatcherToAndFro() {
        ResumeTokenStore one = opened();
        ResumeTokenStore other = opened();
        one.save(WATCHER, at(0, 100, "A"));
        one.release(WATCHER);

        other.save(WATCHER, at(0, 200, "A"));
        other.release(WATCHER);

        assertRefused(one, at(0, 150, "A"));
        assertThat(one.load(WATCHER)).contains(at(0, 200, "A"));
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

        assertThatCode(() -> store.release(WATCHER)).doesNotThrowAnyException();
    }

    @Test
    void keepsWatchersApartWhateverTheirNames() {
        ResumeTokenStore store = opened();
        List<String> names = oddNames();
        for (int i = 0; i < names.size(); i++) {
            store.save(names.get(i), at(0, i + 1, "A"));
        }

        store.delete(names.get(0));

        assertThat(store.load(names.get(0))).isEmpty();
        for (int i = 1; i < names.size(); i++) {
            assertThat(store.load(names.get(i))).as(names.get(i)).contains(at(0, i + 1, "A"));
        }
    }

    @Test
    void servesWatchersFromManyThreads() throws Exception {
        ResumeTokenStore store = opened();
        onThreads(thread -> {
            for (int save = 1; save <= SAVES; save++) {
                store.save("watcher-" + thread, at(0, save, "A"));
                assertThat(store.load("watcher-" + thread)).contains(at(0, save, "A"));
            }
        });

        for (int thread = 0; thread < THREADS; thread++) {
            assertThat(store.load("watcher-" + thread)).contains(at(0, SAVES, "A"));
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
                        .as("accepted: " + accepted)
                        .isFalse();
            }
        });

        int last = SAVES % 2 == 1 ? SAVES : SAVES - 1;
        assertThat(store.load(WATCHER)).contains(at(1, last, "A"));
    }

    @Test
    void refusesNull() {
        ResumeTokenStore store = opened();

        assertThatNullPointerException().isThrownBy(() -> store.load(absent()));
        assertThatNullPointerException().isThrownBy(() -> store.peek(absent()));
        assertThatNullPointerException().isThrownBy(() -> store.save(absent(), at(0, 1, "A")));
        assertThatNullPointerException().isThrownBy(() -> store.save(WATCHER, absent()));
        assertThatNullPointerException().isThrownBy(() -> store.delete(absent()));
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

    private static void assertRefused(ResumeTokenStore store, Checkpoint checkpoint) {
        assertThatThrownBy(() -> store.save(WATCHER, checkpoint)).isInstanceOf(StaleCheckpointException.class);
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
