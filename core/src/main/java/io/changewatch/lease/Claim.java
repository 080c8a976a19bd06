package io.changewatch.lease;

import java.util.Objects;
import java.util.Optional;

/**
 * What a {@link Lease} answers to who asks for it.
 *
 * <p>Immutable and thread-safe.
 *
 * @param isGranted whether who asked has it now
 * @param holder who has it now
 * @param term the term in which the holder has it
 * @param expiredHolder if granted, from whom it was taken, whose time was over; empty if it was free: new, or given back
 */
public record Claim(boolean isGranted, String holder, long term, Optional<String> expiredHolder) {

    /** Checks that no part is null, and the term positive. */
    public Claim {
        Objects.requireNonNull(holder, "holder");
        Objects.requireNonNull(expiredHolder, "expiredHolder");
        if (term < 1) {
            throw new IllegalArgumentException("The term of a lease is 1 or more, not " + term + ".");
        }
    }

    /** Who asked has it, and it was free. */
    public static Claim granted(String holder, long term) {
        return new Claim(true, holder, term, Optional.empty());
    }

    /** Who asked has it, as the time of {@code expiredHolder} was over. */
    public static Claim grantedAfter(String expiredHolder, String holder, long term) {
        return new Claim(true, holder, term, Optional.of(expiredHolder));
    }

    /** Somebody else has it. */
    public static Claim heldBy(String holder, long term) {
        return new Claim(false, holder, term, Optional.empty());
    }
}
