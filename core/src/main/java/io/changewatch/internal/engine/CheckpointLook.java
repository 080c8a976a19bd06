package io.changewatch.internal.engine;

import static io.changewatch.diagnose.Check.CHECKPOINT;
import static io.changewatch.diagnose.Severity.NOTE;
import static io.changewatch.diagnose.Severity.OK;
import static io.changewatch.diagnose.Severity.PROBLEM;

import io.changewatch.StartPosition;
import io.changewatch.diagnose.Finding;
import io.changewatch.internal.checkpoint.Position;
import io.changewatch.internal.checkpoint.StoreErrors;
import io.changewatch.internal.engine.FailureMessages.Advice;
import io.changewatch.internal.source.ClusterFacts;
import io.changewatch.resume.Checkpoint;
import io.changewatch.resume.Fingerprint;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Looks at the checkpoint, and finds out where the watcher would begin. Nothing is held or changed by it.
 *
 * <p>Not thread-safe.
 */
final class CheckpointLook {
    private final DiagnosisPlan plan;
    private final StoreQuestion question;
    private final Fingerprint mine;
    private final List<Finding> findings = new ArrayList<>();
    private @Nullable Checkpoint found;

    CheckpointLook(DiagnosisPlan plan, StoreQuestion question) {
        this.plan = plan;
        this.question = question;
        this.mine = Fingerprints.of(plan.source());
    }

    /** Loads, as somebody who only looks. */
    void load() {
        if (plan.store().isEmpty()) {
            findings.add(Finding.of(
                    NOTE,
                    CHECKPOINT,
                    "Without resumeFrom(...) no position is kept: what happens between a stop and the next start is not seen.",
                    "Keep it in a store, such as FileResumeTokenStore or MongoResumeTokenStore."));
            return;
        }
        try {
            found = question.ask(() -> plan.store().get().peek(plan.watcher())).orElse(null);
        } catch (RuntimeException e) {
            findings.add(unusable(e));
            return;
        }
        if (found == null) {
            findings.add(Finding.of(
                    OK,
                    CHECKPOINT,
                    "There is none of '" + plan.watcher() + "' in " + store() + " yet: the watcher begins " + begin()
                            + "."));
        }
    }

    private Finding unusable(RuntimeException error) {
        String text = new StoreErrors(plan.watcher(), store())
                .finalErrorAtFirst(error)
                .map(Throwable::getMessage)
                .orElse("The store " + store() + " cannot be read: " + error.getMessage());
        return Finding.of(PROBLEM, CHECKPOINT, String.valueOf(text));
    }

    private String store() {
        return plan.store().map(store -> store.getClass().getSimpleName()).orElse("no store");
    }

    private String begin() {
        return plan.startFrom() instanceof StartPosition.Now ? "now" : "at startFrom(...)";
    }

    /** Compares what was found with this watcher and this cluster. */
    void compare(ClusterFacts facts) {
        Checkpoint checkpoint = found;
        if (checkpoint == null) {
            new ClusterCheck(plan.messages(), Optional.empty())
                    .objection(place(), facts)
                    .ifPresent(advice -> findings.add(problem(advice)));
            return;
        }
        Optional<Advice> objection = otherScope(checkpoint)
                .or(() -> new ClusterCheck(plan.messages(), Optional.of(checkpoint)).objection(place(), facts));
        findings.add(objection
                .map(CheckpointLook::problem)
                .orElseGet(() -> Finding.of(
                        OK,
                        CHECKPOINT,
                        "The checkpoint in " + store() + " is of " + wallTime(checkpoint) + ", was saved at "
                                + checkpoint.savedAt() + ", and belongs to this watcher and cluster.")));
        if (objection.isEmpty() && isOfAnotherPipeline(checkpoint)) {
            findings.add(
                    Finding.of(
                            NOTE,
                            CHECKPOINT,
                            "The pipeline or an option changed since the checkpoint was saved: the watcher goes on by cluster time and leaves "
                                    + "out what was handled. Events that the old pipeline held back before that are not seen again."));
        }
    }

    private static Finding problem(Advice advice) {
        return Finding.of(PROBLEM, CHECKPOINT, advice.problem(), advice.remedy());
    }

    private Optional<Advice> otherScope(Checkpoint checkpoint) {
        String madeFor = checkpoint.fingerprint().scope();
        return madeFor.equals(mine.scope())
                ? Optional.empty()
                : Optional.of(FailureMessages.otherScope(plan.watcher(), madeFor, mine.scope()));
    }

    private boolean isOfAnotherPipeline(Checkpoint checkpoint) {
        return !checkpoint.fingerprint().pipeline().equals(mine.pipeline());
    }

    private static Instant wallTime(Checkpoint checkpoint) {
        return Instant.ofEpochSecond(
                Integer.toUnsignedLong(checkpoint.clusterTime().getTime()));
    }

    /** Where the watcher would begin. */
    Place place() {
        Checkpoint checkpoint = found;
        if (checkpoint == null) {
            return Place.at(plan.startFrom());
        }
        Position position = new Position(checkpoint.token(), checkpoint.clusterTime());
        return isOfAnotherPipeline(checkpoint) ? Place.throughTimeOf(position) : Place.after(position);
    }

    /** What that place is called. */
    String placeName() {
        return found == null ? "the position given to startFrom(...)" : "the checkpoint";
    }

    /** Whether the place can be tried: a position that is known to be wrong may keep the server silent. */
    boolean isUsable() {
        return findings.stream().noneMatch(finding -> finding.severity() == PROBLEM);
    }

    List<Finding> findings() {
        return findings;
    }
}
