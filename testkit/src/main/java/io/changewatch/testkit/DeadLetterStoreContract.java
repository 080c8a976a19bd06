package io.changewatch.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.changewatch.deadletter.DeadLetter;
import io.changewatch.deadletter.DeadLetterStore;
import io.changewatch.deadletter.ParkingCause;
import io.changewatch.deadletter.ParkingReason;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.bson.BsonBinary;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.bson.BsonString;
import org.bson.BsonTimestamp;
import org.bson.BsonValue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * What every {@link DeadLetterStore} promises, as tests. The author of a store extends it and says how to open the store.
 *
 * <p>Damage to what is stored, and a storage that does not answer, are different for each store: test those beside it.
 *
 * <p>JUnit calls each test on one thread; two of them start threads of their own and join them.
 */
public abstract class DeadLetterStoreContract {
    /** The watcher of the letters that {@link #letter} makes. */
    protected static final String WATCHER = "order-indexer";

    private static final Duration LONG = Duration.ofMinutes(5);
    private static final Instant BEGIN = Instant.parse("2026-05-01T10:00:00.123Z");
    private static final ParkingCause CAUSE =
            new ParkingCause("java.lang.IllegalStateException", "no price \"ä\n中😀", "at Handler.java:7\n");
    private static final int THREADS = 8;
    private static final int EACH = 20;
    private static final int ALL = 1_000;

    private final List<DeadLetterStore> opened = new ArrayList<>();

    /** For subclasses. */
    protected DeadLetterStoreContract() {}

    /**
     * Opens the store over the storage of the running test, which is empty when the test begins. A test calls this more than once:
     * all stores that it returns are open at the same time and see the same letters. A store that is {@link AutoCloseable} is closed
     * after the test.
     */
    protected abstract DeadLetterStore open();

    /** Closes what {@link #open()} returned. */
    @AfterEach
    final void closeStores() throws Exception {
        for (DeadLetterStore store : opened) {
            if (store instanceof AutoCloseable closeable) {
                closeable.close();
            }
        }
    }

    private DeadLetterStore opened() {
        DeadLetterStore store = open();
        opened.add(store);
        return store;
    }

    /** A letter of the document with {@code id}, of an event at {@code seconds}. */
    protected static DeadLetter letter(int seconds, int id) {
        return letter(WATCHER, seconds, id, new byte[0]);
    }

    /** The same of a large event. */
    protected static DeadLetter letter(String watcher, int seconds, int id, byte[] content) {
        return DeadLetter.of(
                watcher,
                event(seconds, new BsonInt32(id), content),
                ParkingReason.FAILED,
                Optional.of(CAUSE),
                5,
                BEGIN);
    }

    private static BsonDocument event(int seconds, BsonValue id, byte[] content) {
        String token = String.format(Locale.ROOT, "82%08X000000012B042C0100296E5A1004", seconds);
        return new BsonDocument("_id", new BsonDocument("_data", new BsonString(token)))
                .append("operationType", new BsonString("insert"))
                .append("clusterTime", new BsonTimestamp(seconds, 1))
                .append("ns", new BsonDocument("db", new BsonString("shop")).append("coll", new BsonString("orders")))
                .append("documentKey", new BsonDocument("_id", id))
                .append("fullDocument", new BsonDocument("_id", id).append("content", new BsonBinary(content)));
    }

    private static List<String> ids(List<DeadLetter> letters) {
        return letters.stream().map(DeadLetter::id).toList();
    }

    private static String key(int id) {
        return letter(1, id).key().orElseThrow();
    }

    @Test
    void isEmptyForAWatcherItHasNeverSeen() {
        DeadLetterStore store = opened();

        assertThat(store.list(WATCHER, "", 10)).isEmpty();
        assertThat(store.find(WATCHER, letter(1, 1).id())).isEmpty();
        assertThat(store.oldestOf(WATCHER, key(1))).isEmpty();
        assertThat(store.keys(WATCHER, 10)).isEmpty();
        assertThat(store.count(WATCHER)).isZero();
        assertThat(store.remove(WATCHER, letter(1, 1).id())).isFalse();
    }

    @Test
    void returnsExactlyWhatWasParked() {
        DeadLetter letter = letter(1, 1);
        assertThat(opened().park(letter)).as("park(...) of a new letter").isTrue();

        DeadLetterStore store = opened();

        assertThat(store.find(WATCHER, letter.id()))
                .as("find(...) in a store that is opened later")
                .contains(letter);
        assertThat(store.list(WATCHER, "", 10))
                .as("list(...) in a store that is opened later")
                .containsExactly(letter);
        assertThat(store.count(WATCHER)).isEqualTo(1);
    }

    @Test
    void keepsALetterWithoutACauseAndWithoutADocument() {
        BsonDocument drop = event(1, new BsonInt32(1), new byte[0]);
        drop.remove("documentKey");
        DeadLetter letter = DeadLetter.of(WATCHER, drop, ParkingReason.BLOCKED, Optional.empty(), 0, BEGIN);
        DeadLetterStore store = opened();

        store.park(letter);

        assertThat(store.find(WATCHER, letter.id())).contains(letter);
        assertThat(store.list(WATCHER, "", 10)).containsExactly(letter);
        assertThat(store.keys(WATCHER, 10))
                .as("a letter without a document key has no key")
                .isEmpty();
    }

    @Test
    void makesNoSecondLetterOfAnEventThatComesAgain() {
        DeadLetterStore store = opened();
        DeadLetter first = letter(1, 1);
        store.park(first);
        DeadLetter again = DeadLetter.of(
                WATCHER, first.event(), ParkingReason.BLOCKED, Optional.empty(), 0, BEGIN.plusSeconds(60));

        assertThat(opened().park(again))
                .as("park(...) of a letter that is there")
                .isFalse();

        assertThat(store.list(WATCHER, "", 10))
                .as("the letter that was there stays as it was")
                .containsExactly(first);
    }

    @Test
    void listsInTheOrderOfTheStreamPageByPage() {
        DeadLetterStore store = opened();
        List<Integer> times = new ArrayList<>(IntStream.range(1, 26).boxed().toList());
        times.add(0x80000001); // later than 2038: the seconds are unsigned
        List<Integer> shuffled = new ArrayList<>(times);
        Collections.shuffle(shuffled, new Random(7));
        shuffled.forEach(time -> store.park(letter(time, 3)));

        List<String> listed = new ArrayList<>();
        for (List<DeadLetter> page = store.list(WATCHER, "", 4);
                !page.isEmpty();
                page = store.list(WATCHER, listed.get(listed.size() - 1), 4)) {
            assertThat(page).hasSizeLessThanOrEqualTo(4);
            listed.addAll(ids(page));
        }

        assertThat(listed)
                .isEqualTo(times.stream().map(time -> letter(time, 3).id()).toList());
    }

    @Test
    void listsBehindALetterThatIsGone() {
        DeadLetterStore store = opened();
        IntStream.rangeClosed(1, 3).forEach(time -> store.park(letter(time, time)));
        store.remove(WATCHER, letter(2, 2).id());

        assertThat(store.list(WATCHER, letter(2, 2).id(), 10)).containsExactly(letter(3, 3));
    }

    @Test
    void keepsEventsThatAreLargerThanADocumentMayBe() {
        byte[] content = new byte[17_000_000];
        new Random(3).nextBytes(content);
        DeadLetter large = letter(WATCHER, 2, 2, content);
        DeadLetterStore store = opened();
        store.park(letter(1, 1));
        store.park(large);
        store.park(letter(3, 3));

        assertThat(store.park(large))
                .as("park(...) of a large letter that is there")
                .isFalse();
        assertThat(store.find(WATCHER, large.id()).orElseThrow().equals(large))
                .as("the large letter is found as it was parked")
                .isTrue();
        assertThat(ids(store.list(WATCHER, "", 10)))
                .as("a page ends before it exceeds its bytes")
                .containsExactly(letter(1, 1).id());
        assertThat(ids(store.list(WATCHER, letter(1, 1).id(), 10)))
                .as("a page holds one letter, however large")
                .containsExactly(large.id());
        assertThat(store.count(WATCHER)).as("parts of a letter do not count").isEqualTo(3);
        assertThat(store.remove(WATCHER, large.id())).isTrue();
        assertThat(ids(store.list(WATCHER, "", 10)))
                .containsExactly(letter(1, 1).id(), letter(3, 3).id());
    }

    @Test
    void knowsTheOldestLetterOfADocument() {
        DeadLetterStore store = opened();
        store.park(letter(5, 1));
        store.park(letter(3, 1));
        store.park(letter(1, 2));

        assertThat(store.oldestOf(WATCHER, key(1))).contains(letter(3, 1).id());
        opened().remove(WATCHER, letter(3, 1).id());
        assertThat(store.oldestOf(WATCHER, key(1)))
                .as("after another store has removed the older one")
                .contains(letter(5, 1).id());
        store.remove(WATCHER, letter(5, 1).id());
        assertThat(store.oldestOf(WATCHER, key(1))).isEmpty();
    }

    @Test
    void tellsTheDocumentsThatHaveLetters() {
        DeadLetterStore store = opened();
        IntStream.range(0, 30).forEach(time -> store.park(letter(1 + time, time % 3)));

        assertThat(store.keys(WATCHER, ALL)).containsExactlyInAnyOrder(key(0), key(1), key(2));
        assertThat(store.keys(WATCHER, 2)).hasSize(2);
    }

    @Test
    void replacesALetterThatIsThere() {
        DeadLetterStore store = opened();
        store.park(letter(1, 1));
        DeadLetter again = letter(1, 1)
                .failedAgain(
                        2,
                        ParkingReason.UNDECODABLE,
                        ParkingCause.of(new IllegalArgumentException("again")),
                        BEGIN.plusSeconds(3_600));

        assertThat(store.replace(again)).isTrue();

        assertThat(opened().list(WATCHER, "", 10)).containsExactly(again);
    }

    @Test
    void doesNotBringBackALetterThatIsGone() {
        DeadLetterStore store = opened();
        store.park(letter(1, 1));
        store.remove(WATCHER, letter(1, 1).id());

        assertThat(store.replace(letter(1, 1))).isFalse();

        assertThat(store.count(WATCHER)).isZero();
        assertThat(store.oldestOf(WATCHER, key(1))).isEmpty();
    }

    @Test
    void replacesALargeLetter() {
        DeadLetterStore store = opened();
        DeadLetter large = letter(WATCHER, 1, 1, new byte[17_000_000]);
        store.park(large);
        DeadLetter again = large.failedAgain(
                1, ParkingReason.FAILED, ParkingCause.of(new IllegalArgumentException("again")), BEGIN);

        assertThat(store.replace(again)).isTrue();

        assertThat(store.find(WATCHER, large.id()).orElseThrow().equals(again)).isTrue();
        assertThat(store.count(WATCHER)).isEqualTo(1);
    }

    @Test
    void keepsWatchersApartWhateverTheirNames() {
        List<String> names = List.of(
                WATCHER,
                "Order-Indexer",
                "order",
                "a/../b",
                "..",
                "con",
                "ä 中 😀",
                "$where",
                "a.b",
                "a\"b\\c",
                "with\nline",
                "x".repeat(300));
        DeadLetterStore store = opened();
        for (String name : names) {
            store.park(letter(name, 1, 1, new byte[0]));
        }

        DeadLetterStore later = opened();
        for (String name : names) {
            assertThat(later.list(name, "", 10)).as(name).containsExactly(letter(name, 1, 1, new byte[0]));
            assertThat(later.count(name)).as(name).isEqualTo(1);
        }
        later.remove("..", letter("..", 1, 1, new byte[0]).id());
        assertThat(later.count("..")).isZero();
        assertThat(later.count("a/../b")).isEqualTo(1);
    }

    @Test
    void findsNothingUnderTheIdOfAnotherWatchersLetter() {
        DeadLetterStore store = opened();
        store.park(letter("other", 1, 1, new byte[0]));
        String id = letter("other", 1, 1, new byte[0]).id();

        assertThat(store.find(WATCHER, id)).isEmpty();
        assertThat(store.remove(WATCHER, id)).isFalse();
        assertThat(store.count("other")).isEqualTo(1);
    }

    @Test
    void findsNothingUnderWhatIsNoId() {
        DeadLetterStore store = opened();
        store.park(letter(1, 1));

        for (String text : List.of("", "..", "../" + letter(1, 1).id(), "$ne", "\0", "x".repeat(5_000))) {
            assertThat(store.find(WATCHER, text)).as(text).isEmpty();
            assertThat(store.remove(WATCHER, text)).as(text).isFalse();
        }
        assertThat(store.count(WATCHER)).isEqualTo(1);
    }

    @Test
    void parksEachEventOnceFromManyThreads() throws Exception {
        List<DeadLetterStore> stores = List.of(opened(), opened());
        List<Callable<Integer>> work = new ArrayList<>();
        for (int thread = 0; thread < THREADS; thread++) {
            DeadLetterStore store = stores.get(thread % 2);
            work.add(() -> (int) IntStream.rangeClosed(1, EACH)
                    .filter(time -> store.park(letter(time, time % 5)))
                    .count());
        }

        assertThat(together(work).stream().mapToInt(Integer::intValue).sum())
                .as("how often park(...) said that a letter is new")
                .isEqualTo(EACH);
        assertThat(ids(stores.get(0).list(WATCHER, "", ALL)))
                .isEqualTo(IntStream.rangeClosed(1, EACH)
                        .mapToObj(time -> letter(time, time % 5).id())
                        .toList());
    }

    @Test
    void removesEachLetterOnceFromManyThreads() throws Exception {
        DeadLetterStore store = opened();
        IntStream.rangeClosed(1, EACH).forEach(time -> store.park(letter(time, 1)));
        List<Callable<Integer>> work = new ArrayList<>();
        for (int thread = 0; thread < THREADS; thread++) {
            work.add(() -> (int) IntStream.rangeClosed(1, EACH)
                    .filter(time -> store.remove(WATCHER, letter(time, 1).id()))
                    .count());
        }

        assertThat(together(work).stream().mapToInt(Integer::intValue).sum())
                .as("how often remove(...) said that a letter was there")
                .isEqualTo(EACH);
        assertThat(store.count(WATCHER)).isZero();
    }

    @Test
    void givesTheRightToReDriveToOne() {
        DeadLetterStore store = opened();
        DeadLetterStore other = opened();

        assertThat(store.reserve(WATCHER, "a", LONG)).isTrue();
        assertThat(other.reserve(WATCHER, "b", LONG)).isFalse();
        assertThat(store.reserve(WATCHER, "b", LONG)).as("on the same store").isFalse();
        assertThat(store.reserve(WATCHER, "a", LONG)).as("for longer").isTrue();
        assertThat(other.reserve("another", "b", LONG)).as("of another watcher").isTrue();

        other.release(WATCHER, "b");
        assertThat(other.reserve(WATCHER, "b", LONG))
                .as("release(...) of who does not have it does nothing")
                .isFalse();
        store.release(WATCHER, "a");
        assertThat(other.reserve(WATCHER, "b", LONG)).isTrue();
        assertThat(store.count(WATCHER)).as("a right is no letter").isZero();
        assertThat(store.list(WATCHER, "", 10)).isEmpty();
    }

    @Test
    void endsTheRightToReDriveByItself() {
        DeadLetterStore store = opened();

        assertThat(store.reserve(WATCHER, "a", Duration.ZERO)).isTrue();
        assertThat(store.reserve(WATCHER, "b", LONG)).isTrue();
        assertThat(store.reserve(WATCHER, "a", LONG)).isFalse();
    }

    @Test
    void givesTheRightToReDriveToOneOfManyThreads() throws Exception {
        List<DeadLetterStore> stores = List.of(opened(), opened());
        List<Callable<Integer>> work = new ArrayList<>();
        for (int thread = 0; thread < THREADS; thread++) {
            DeadLetterStore store = stores.get(thread % 2);
            String holder = "holder " + thread;
            work.add(() -> store.reserve(WATCHER, holder, LONG) ? 1 : 0);
        }

        assertThat(together(work).stream().mapToInt(Integer::intValue).sum()).isEqualTo(1);
    }

    private static <V> List<V> together(List<Callable<V>> work) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(work.size());
        try {
            List<V> results = new ArrayList<>();
            for (Future<V> result : threads.invokeAll(work)) {
                results.add(result.get());
            }
            return results;
        } finally {
            threads.shutdown();
            assertThat(threads.awaitTermination(1, TimeUnit.MINUTES)).isTrue();
        }
    }
}
