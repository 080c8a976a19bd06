package io.changewatch.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.changewatch.lease.Claim;
import io.changewatch.lease.Lease;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/**
 * What every {@link Lease} promises, as tests. The author of a lease extends it and says how to open the lease.
 *
 * <p>JUnit calls each test on one thread; one of them starts threads of its own and joins them. One waits for {@link #ttl()}.
 */
public abstract class LeaseContract {

    private static final String WATCHER = "order-indexer";
    private static final String ONE = "one";
    private static final String OTHER = "other";
    private static final int THREADS = 8;
    private static final int ROUNDS = 20;

    /** For subclasses. */
    protected LeaseContract() {}

    /**
     * Opens the lease over the storage of the running test, which is empty when the test begins, with {@link #ttl()}. A test may
     * call this more than once, as several processes do.
     */
    protected abstract Lease open();

    /** The shortest time for which the lease can be had. The default is 1 s. */
    protected Duration ttl() {
        return Duration.ofSeconds(1);
    }

    /** Forgets everything about {@code watcher}, as somebody does who deletes what is stored. */
    protected abstract void forget(String watcher);

    @Test
    void hasTheTimeToLiveItIsOpenedWith() {
        assertThat(open().ttl()).as("ttl()").isEqualTo(ttl());
    }

    @Test
    void grantsWhatNobodyHas() {
        Claim claim = open().acquire(WATCHER, ONE, 0);

        assertThat(claim).as("the first who asks is granted term 1").isEqualTo(Claim.granted(ONE, 1));
    }

    @Test
    void tellsEverybodyElseWhoHasIt() {
        Lease lease = open();
        lease.acquire(WATCHER, ONE, 0);

        assertThat(open().acquire(WATCHER, OTHER, 0))
                .as("who asks second is told holder and term, through another lease object, too")
                .isEqualTo(Claim.heldBy(ONE, 1));
        assertThat(open().acquire(WATCHER, OTHER, 9))
                .as("a known higher term takes it from nobody")
                .isEqualTo(Claim.heldBy(ONE, 1));
    }

    @Test
    void givesItsHolderANewTermIfItAsksAgain() {
        Lease lease = open();
        lease.acquire(WATCHER, ONE, 0);

        assertThat(lease.acquire(WATCHER, ONE, 0))
                .as("the holder may ask again, as after a lost answer, and gets a new term")
                .isEqualTo(Claim.granted(ONE, 2));
        assertThat(lease.renew(WATCHER, ONE, 1)).as("the old term is over").isFalse();
        assertThat(lease.renew(WATCHER, ONE, 2)).as("the new one is not").isTrue();
    }

    @Test
    void renewsForItsHolderInItsTermOnly() {
        Lease lease = open();
        lease.acquire(WATCHER, ONE, 0);

        assertThat(lease.renew(WATCHER, ONE, 1)).as("the holder renews").isTrue();
        assertThat(lease.renew(WATCHER, OTHER, 1)).as("another one does not").isFalse();
        assertThat(lease.renew(WATCHER, ONE, 2))
                .as("nor anybody in another term")
                .isFalse();
        assertThat(lease.renew("another watcher", ONE, 1))
                .as("nor for another watcher")
                .isFalse();
    }

    @Test
    void passesToTheNextAtOnceWhenGivenBack() {
        Lease lease = open();
        lease.acquire(WATCHER, ONE, 0);

        lease.release(WATCHER, ONE, 1);

        assertThat(lease.renew(WATCHER, ONE, 1))
                .as("who gave it back has it no more")
                .isFalse();
        assertThat(lease.acquire(WATCHER, OTHER, 0))
                .as("the next one has it in the next term, taken from nobody")
                .isEqualTo(Claim.granted(OTHER, 2));
    }

    @Test
    void isNotGivenBackByAnybodyElse() {
        Lease lease = open();
        lease.acquire(WATCHER, ONE, 0);

        lease.release(WATCHER, OTHER, 1);
        lease.release(WATCHER, ONE, 7);
        lease.release("another watcher", ONE, 1);

        assertThat(lease.acquire(WATCHER, OTHER, 0))
                .as("release(...) of another holder, term or watcher changes nothing")
                .isEqualTo(Claim.heldBy(ONE, 1));
    }

    @Test
    void goesAboveTermsThatAreKnownToBeUsed() {
        Lease lease = open();
        lease.acquire(WATCHER, ONE, 0);
        forget(WATCHER);

        assertThat(lease.renew(WATCHER, ONE, 1))
                .as("what is forgotten is held by nobody")
                .isFalse();
        assertThat(lease.acquire(WATCHER, OTHER, 41))
                .as("the new term is above the one that is known")
                .isEqualTo(Claim.granted(OTHER, 42));
    }

    @Test
    void passesToTheNextWhenItsTimeIsOver() {
        Lease lease = open();
        lease.acquire(WATCHER, ONE, 0);

        Claim taken = acquireWhenExpired(lease);

        assertThat(taken).as("it is taken from whom it was not renewed").isEqualTo(Claim.grantedAfter(ONE, OTHER, 2));
        assertThat(lease.renew(WATCHER, ONE, 1)).as("who comes late is told so").isFalse();
        lease.release(WATCHER, ONE, 1);
        assertThat(lease.renew(WATCHER, OTHER, 2))
                .as("and takes it from nobody by giving it back")
                .isTrue();
    }

    private Claim acquireWhenExpired(Lease lease) {
        Claim claim = lease.acquire(WATCHER, OTHER, 0);
        long begin = System.nanoTime();
        while (!claim.isGranted()) {
            assertThat(Duration.ofNanos(System.nanoTime() - begin))
                    .as("the lease is free when its time is over")
                    .isLessThan(ttl().multipliedBy(20));
            claim = lease.acquire(WATCHER, OTHER, 0);
        }
        return claim;
    }

    @Test
    void keepsWatchersApart() {
        Lease lease = open();
        lease.acquire(WATCHER, ONE, 0);

        assertThat(lease.acquire("$another", OTHER, 0))
                .as("the lease of another name, whatever characters it has")
                .isEqualTo(Claim.granted(OTHER, 1));
        assertThat(lease.acquire(WATCHER.toUpperCase(Locale.ROOT), "$holder", 0))
                .as("names that differ in case, and a holder with a dollar")
                .isEqualTo(Claim.granted("$holder", 1));
    }

    @Test
    void givesNoTermToTwo() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(THREADS);
        try {
            List<Callable<List<Long>>> contenders = IntStream.range(0, THREADS)
                    .<Callable<List<Long>>>mapToObj(number -> () -> takeAndGiveBack(open(), "holder " + number))
                    .toList();
            List<Long> terms = new ArrayList<>();
            for (Future<List<Long>> contender : threads.invokeAll(contenders)) {
                terms.addAll(contender.get());
            }
            assertThat(terms)
                    .as("terms granted to %d contenders", THREADS)
                    .doesNotHaveDuplicates()
                    .isNotEmpty();
        } finally {
            threads.shutdownNow();
        }
    }

    private static List<Long> takeAndGiveBack(Lease lease, String holder) {
        List<Long> terms = new ArrayList<>();
        for (int round = 0; round < ROUNDS; round++) {
            Claim claim = lease.acquire(WATCHER, holder, 0);
            if (claim.isGranted()) {
                terms.add(claim.term());
                lease.release(WATCHER, holder, claim.term());
            }
        }
        return terms;
    }

    @Test
    void refusesNull() {
        Lease lease = open();
        assertRefusesNull("acquire(null, holder, 0)", () -> lease.acquire(absent(), ONE, 0));
        assertRefusesNull("acquire(watcher, null, 0)", () -> lease.acquire(WATCHER, absent(), 0));
        assertRefusesNull("renew(null, holder, 1)", () -> lease.renew(absent(), ONE, 1));
        assertRefusesNull("renew(watcher, null, 1)", () -> lease.renew(WATCHER, absent(), 1));
        assertRefusesNull("release(null, holder, 1)", () -> lease.release(absent(), ONE, 1));
        assertRefusesNull("release(watcher, null, 1)", () -> lease.release(WATCHER, absent(), 1));
    }

    private static void assertRefusesNull(String call, ThrowingCallable code) {
        assertThat(catchThrowable(code))
                .as("%s: an argument that is null is refused with a NullPointerException", call)
                .isInstanceOf(NullPointerException.class);
    }

    @SuppressWarnings({"NullAway", "TypeParameterUnusedInFormals"}) // a lease must bear callers that are not checked
    private static <T> T absent() {
        return null;
    }
}
