package io.changewatch.resume;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * Which of a watcher's earlier checkpoints a store keeps, to go back to: close together for a while, further apart before that.
 *
 * {@snippet class="io.changewatch.examples.GoingBack" region="policy"}
 *
 * <p>Time is divided into slots of the wanted length, and of those saved within a slot the first is kept: so one that is kept
 * stays when it grows old. Age is that to the newest checkpoint, by the clients' clocks. Immutable and thread-safe.
 *
 * @param stretches how they are kept, from the newest back
 */
public record HistoryPolicy(List<Stretch> stretches) {

    /**
     * A stretch of time.
     *
     * @param span how long it is
     * @param every how far apart the checkpoints in it are
     */
    public record Stretch(Duration span, Duration every) {
        /** Checks that both are positive, and whole milliseconds at least. */
        public Stretch {
            if (span.toMillis() < 1 || every.toMillis() < 1) {
                throw new IllegalArgumentException(
                        "A history is kept for a positive time and at positive distances, not for " + span + " every "
                                + every + ".");
            }
        }
    }

    /**
     * Copies the list.
     *
     * @throws IllegalArgumentException if the first stretch ends before its second checkpoint
     */
    public HistoryPolicy {
        stretches = List.copyOf(stretches);
        stretches.stream().findFirst().ifPresent(HistoryPolicy::requireTwo);
    }

    private static void requireTwo(Stretch first) {
        if (first.span().compareTo(first.every()) < 0) {
            throw new IllegalArgumentException("A history that is kept for " + first.span()
                    + " holds nothing to go back to with one checkpoint every " + first.every()
                    + ": keep it for longer, or choose a shorter distance.");
        }
    }

    /** One each minute for an hour, and one each hour for three days before that: some 130, and the default of the stores. */
    public static HistoryPolicy standard() {
        return keep(Duration.ofHours(1), Duration.ofMinutes(1)).then(Duration.ofDays(3), Duration.ofHours(1));
    }

    /** No history. */
    public static HistoryPolicy none() {
        return new HistoryPolicy(List.of());
    }

    /**
     * One in each {@code every}, for {@code span}.
     *
     * @throws IllegalArgumentException if one of them is not positive, or {@code span} is shorter than {@code every}
     */
    public static HistoryPolicy keep(Duration span, Duration every) {
        return none().then(span, every);
    }

    /**
     * The same, and before that one in each {@code every} for {@code span}.
     *
     * @throws IllegalArgumentException if one of them is not positive
     */
    public HistoryPolicy then(Duration span, Duration every) {
        List<Stretch> more = new ArrayList<>(stretches);
        more.add(new Stretch(span, every));
        return new HistoryPolicy(more);
    }

    /** Whether {@code next} belongs into a history whose newest was saved at {@code newest}; empty for a history that is empty or not known. */
    public boolean isDue(Optional<Instant> newest, Checkpoint next) {
        Objects.requireNonNull(next, "next");
        if (stretches.isEmpty()) {
            return false;
        }
        Duration every = stretches.get(0).every();
        return newest.isEmpty() || slot(newest.get(), every) != slot(next.savedAt(), every);
    }

    /** The history with {@code next}, and without what is no longer to be kept; both with the newest first. */
    public List<Checkpoint> add(List<Checkpoint> history, Checkpoint next) {
        List<Checkpoint> oldestFirst = new ArrayList<>(history);
        Collections.reverse(oldestFirst);
        oldestFirst.add(next);
        Set<Slot> taken = new HashSet<>();
        List<Checkpoint> kept = new ArrayList<>();
        for (Checkpoint checkpoint : oldestFirst) {
            if (slot(checkpoint, next.savedAt()).filter(taken::add).isPresent()) {
                kept.add(checkpoint);
            }
        }
        Collections.reverse(kept);
        return List.copyOf(kept);
    }

    private record Slot(Duration every, long number) {}

    private Optional<Slot> slot(Checkpoint checkpoint, Instant now) {
        Duration age = Duration.between(checkpoint.savedAt(), now);
        Duration end = Duration.ZERO;
        for (Stretch stretch : stretches) {
            end = end.plus(stretch.span());
            if (age.compareTo(end) <= 0) {
                return Optional.of(new Slot(stretch.every(), slot(checkpoint.savedAt(), stretch.every())));
            }
        }
        return Optional.empty();
    }

    private static long slot(Instant time, Duration every) {
        return Math.floorDiv(time.toEpochMilli(), every.toMillis());
    }
}
