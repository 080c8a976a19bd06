package io.changewatch.internal.diagnose;

import static io.changewatch.diagnose.Check.OPLOG;
import static io.changewatch.diagnose.Severity.NOTE;
import static io.changewatch.diagnose.Severity.OK;
import static io.changewatch.diagnose.Severity.PROBLEM;
import static io.changewatch.diagnose.Severity.WARNING;

import io.changewatch.diagnose.Finding;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.bson.BsonTimestamp;

/**
 * Whether the oplog reaches back to where the watcher would begin, and by how much.
 *
 * <p>Immutable and thread-safe.
 *
 * @param goesOn whether the watcher was told to go on behind a gap
 * @param thresholds below which headroom is low; none if it is not to be judged
 */
public record OplogJudgement(Window window, List<Duration> thresholds, boolean goesOn) {
    private static final String LOST_REMEDY = "Enlarge the oplog or its minimum retention. To accept the gap, choose "
            + "whenHistoryLost(HistoryLostPolicy.RESTART_FROM_OLDEST) or RESTART_FROM_NOW.";

    /** By which clocks differ. */
    private static final Duration CLOCKS = Duration.ofMinutes(1);

    private static final String ENLARGE = "Enlarge the oplog or its minimum retention: replSetResizeOplog.";

    /**
     * What an oplog spans.
     *
     * @param growing whether it still has the first entry that it ever had
     */
    public record Window(BsonTimestamp oldest, BsonTimestamp newest, boolean growing) {
        /** The time from its first entry to its last. */
        public Duration span() {
            return Span.between(oldest, newest);
        }

        /** How long ago {@code time} was when the last entry was written. */
        public Duration since(BsonTimestamp time) {
            return Span.between(time, newest);
        }

        /** Whether what happened at {@code time} has been cut off. */
        boolean hasLost(BsonTimestamp time) {
            return !growing && time.compareTo(oldest) < 0;
        }
    }

    private static final String GAP_REMEDY =
            "The watcher goes on behind a Gap, as whenHistoryLost says. To lose nothing the next time, "
                    + "enlarge the oplog or its minimum retention.";

    /** What to do about lost history. */
    public static String remedyOfLoss(boolean goesOn) {
        return goesOn ? GAP_REMEDY : LOST_REMEDY;
    }

    /** What is said where the oplog cannot be looked at. */
    public static Finding unknown(Answer.Refusal refusal, Answer connectionStatus) {
        String found = "How far back the oplog reaches could not be checked, and headroom stays unknown: "
                + refusal.reason() + ".";
        Optional<PrivilegesJudgement.User> user = connectionStatus.reply().flatMap(PrivilegesJudgement.User::of);
        return refusal.isForWantOfPrivilege() && user.isPresent()
                ? Finding.of(
                        NOTE,
                        OPLOG,
                        found + " The user " + user.get()
                                + " may not find on {db: \"local\", collection: \"oplog.rs\"}.",
                        PrivilegesJudgement.clusterMonitor(user.get()))
                : Finding.of(NOTE, OPLOG, found);
    }

    /**
     * Findings.
     *
     * @param position where the watcher would begin; empty if that is now
     * @param what the position is called, such as {@code the checkpoint}
     */
    public List<Finding> judge(Optional<BsonTimestamp> position, String what) {
        return List.of(position.map(time -> ofPosition(time, what)).orElseGet(this::ofWindow));
    }

    private Finding ofPosition(BsonTimestamp position, String what) {
        if (window.hasLost(position)) {
            return lost(position, what);
        }
        if (Span.between(window.newest(), position).compareTo(CLOCKS) > 0) {
            return future(position, what);
        }
        if (position.compareTo(window.oldest()) < 0) {
            return Finding.of(
                    OK,
                    OPLOG,
                    upperCase(what) + " of " + Span.wallTime(position) + " lies before the oldest entry of the "
                            + "oplog, which has not lost an entry yet.");
        }
        Duration remaining = Span.between(window.oldest(), position);
        String reach = what + " of " + Span.wallTime(position) + " lies " + inWords(remaining)
                + " behind the oldest entry of the oplog, which spans " + inWords(window.span());
        Optional<Duration> crossed = crossed(remaining);
        if (window.growing() || crossed.isEmpty()) {
            return Finding.of(
                    OK, OPLOG, upperCase(reach) + (window.growing() ? " and has not lost an entry yet." : "."));
        }
        return Finding.of(
                WARNING,
                OPLOG,
                upperCase(reach) + ". That is less than " + inWords(crossed.get())
                        + " until the history of a watcher that stands still is lost.",
                "Start the watcher soon. " + ENLARGE);
    }

    private Finding future(BsonTimestamp position, String what) {
        return Finding.of(
                WARNING,
                OPLOG,
                upperCase(what) + " of " + Span.wallTime(position) + " lies "
                        + inWords(Span.between(window.newest(), position))
                        + " after the newest entry of the oplog: until then, the watcher hands out nothing.",
                "Correct the time, if that is not meant.");
    }

    private Finding lost(BsonTimestamp position, String what) {
        return Finding.of(
                goesOn ? WARNING : PROBLEM,
                OPLOG,
                "The oplog no longer reaches back to " + what + " of " + Span.wallTime(position)
                        + ": its oldest entry is of "
                        + Span.wallTime(window.oldest()) + ", " + inWords(Span.between(position, window.oldest()))
                        + " later. The events between are lost to this watcher.",
                remedyOfLoss(goesOn));
    }

    private Finding ofWindow() {
        String found = "The oplog spans " + inWords(window.span()) + ", since " + Span.wallTime(window.oldest());
        if (window.growing()) {
            return Finding.of(OK, OPLOG, found + ", and has not lost an entry yet.");
        }
        Optional<Duration> crossed = crossed(window.span());
        return crossed.isEmpty()
                ? Finding.of(OK, OPLOG, found + ".")
                : Finding.of(
                        WARNING,
                        OPLOG,
                        found + ". That is less than " + inWords(crossed.get())
                                + ", and a watcher that is away for longer loses its history.",
                        ENLARGE);
    }

    private Optional<Duration> crossed(Duration remaining) {
        return thresholds.stream()
                .filter(threshold -> remaining.compareTo(threshold) < 0)
                .min(Comparator.naturalOrder());
    }

    private static String inWords(Duration span) {
        return Span.inWords(span);
    }

    private static String upperCase(String text) {
        return Character.toUpperCase(text.charAt(0)) + text.substring(1);
    }
}
