package io.changewatch.lease;

import java.time.Duration;

/**
 * The place of a watcher that one holder has at a time, for {@link #ttl()} unless it renews it.
 *
 * {@snippet class="io.changewatch.examples.OneActiveOfMany" region="lease"}
 *
 * <p>Each time the place gets a holder, the same one again included, its <em>term</em> grows by one. The watcher puts the term into
 * every checkpoint, and the store refuses one of a lower term: so a holder that does not know yet that its time is over cannot
 * move the checkpoint back. A term is never used twice, also after {@link #release}; an implementation whose memory of a name may be deleted
 * learns from {@code above} where to go on.
 *
 * <p>An implementation measures time by one clock only, that of whoever keeps the place. The holder counts on {@code ttl} by
 * its own clock, from before it asked, so the clocks need not agree. Test an implementation with {@code LeaseContract} of
 * {@code changewatch-testkit}.
 *
 * <p>All methods may block, for less than {@code ttl}; they are called on a watcher's lease thread. An implementation must be
 * thread-safe. No argument and no result is null.
 */
public interface Lease {

    /** For how long a holder has the place after it got or renewed it. */
    Duration ttl();

    /** How often a holder renews. The default is a third of {@link #ttl()}. */
    default Duration renewEvery() {
        return ttl().dividedBy(3);
    }

    /** How often, at least, who waits for the place asks for it; it does so a little oftener, at random. The default is 500 ms, or {@link #renewEvery()} if that is shorter. */
    default Duration askEvery() {
        Duration usual = Duration.ofMillis(500);
        return renewEvery().compareTo(usual) < 0 ? renewEvery() : usual;
    }

    /**
     * Asks for the place of a watcher. It is granted if nobody has it, if the time of the holder is over, or if {@code holder} has
     * it already: each time with a new term.
     *
     * @param holder who asks; different for each instance
     * @param above the highest term that is known to have been used; the new one is higher. 0 if none is known
     * @throws LeaseException if nobody can tell now; it may have been granted all the same, and asking again is safe
     * @throws io.changewatch.ConfigurationException if the lease cannot work as it is set up
     */
    Claim acquire(String watcher, String holder, long above);

    /**
     * Begins the holder's time anew.
     *
     * @return whether {@code holder} still has the place in this term; if not, it must stop
     * @throws LeaseException if nobody can tell now; trying again is safe
     */
    boolean renew(String watcher, String holder, long term);

    /**
     * Gives the place back, so that the next who asks gets it at once. Does nothing if {@code holder} does not have it in this term.
     *
     * @throws LeaseException if it could not be given back now; it is free when its time is over
     */
    void release(String watcher, String holder, long term);
}
