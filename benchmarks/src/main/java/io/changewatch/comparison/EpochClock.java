package io.changewatch.comparison;

import java.time.Clock;
import java.time.Instant;

/** The clock of the machine, which all its processes share. */
final class EpochClock {
    private static final long SECOND = 1_000_000_000L;
    private static final Clock CLOCK = Clock.systemUTC();

    private EpochClock() {}

    /** Nanoseconds since the epoch. */
    static long nanos() {
        Instant now = CLOCK.instant();
        return now.getEpochSecond() * SECOND + now.getNano();
    }
}
