package io.changewatch.internal.diagnose;

import java.time.Duration;
import java.time.Instant;
import org.bson.BsonTimestamp;

/** Times between cluster times, and how they are read aloud. Stateless and thread-safe. */
final class Span {
    private Span() {}

    static Duration between(BsonTimestamp early, BsonTimestamp late) {
        return Duration.between(wallTime(early), wallTime(late));
    }

    static Instant wallTime(BsonTimestamp clusterTime) {
        return Instant.ofEpochSecond(Integer.toUnsignedLong(clusterTime.getTime()));
    }

    /** The two largest units: {@code 2 d 4 h}, {@code 3 h 20 min}, {@code 45 s}. */
    static String inWords(Duration span) {
        if (span.toDays() > 0) {
            return span.toDays() + " d" + part(span.toHoursPart(), " h");
        }
        if (span.toHours() > 0) {
            return span.toHours() + " h" + part(span.toMinutesPart(), " min");
        }
        return span.toMinutes() > 0
                ? span.toMinutes() + " min" + part(span.toSecondsPart(), " s")
                : span.toSeconds() + " s";
    }

    private static String part(int count, String unit) {
        return count == 0 ? "" : " " + count + unit;
    }
}
