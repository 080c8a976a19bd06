package io.changewatch.internal.diagnose;

import java.util.Comparator;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.bson.BsonDocument;
import org.bson.BsonString;
import org.jspecify.annotations.Nullable;

/** A version of MongoDB. Immutable and thread-safe. */
record Version(int major, int minor, int patch) implements Comparable<Version> {
    private static final Pattern TEXT = Pattern.compile("(\\d{1,4})\\.(\\d{1,4})(?:\\.(\\d{1,6}))?.*");
    private static final Comparator<Version> ORDER = Comparator.comparingInt(Version::major)
            .thenComparingInt(Version::minor)
            .thenComparingInt(Version::patch);

    /** Reads {@code 6.0}, {@code 6.0.27} or {@code 7.0.2-rc1}; empty where it is none. */
    static Optional<Version> of(String text) {
        Matcher matcher = TEXT.matcher(text);
        return matcher.matches()
                ? Optional.of(new Version(number(matcher.group(1)), number(matcher.group(2)), number(matcher.group(3))))
                : Optional.empty();
    }

    /** The version in the reply to {@code buildInfo}. */
    static Optional<Version> of(BsonDocument buildInfo) {
        return buildInfo.get("version") instanceof BsonString text ? of(text.getValue()) : Optional.empty();
    }

    private static int number(@Nullable String digits) {
        return digits == null ? 0 : Integer.parseInt(digits);
    }

    boolean isBefore(int otherMajor, int otherMinor) {
        return compareTo(new Version(otherMajor, otherMinor, 0)) < 0;
    }

    /** Whether {@code $changeStreamSplitLargeEvent} is known: from 6.0.9 and from 7.0 on. */
    boolean splitsLargeEvents() {
        return !isBefore(7, 0) || (major == 6 && minor == 0 && patch >= 9);
    }

    @Override
    public int compareTo(Version other) {
        return ORDER.compare(this, other);
    }

    @Override
    public String toString() {
        return major + "." + minor + "." + patch;
    }
}
