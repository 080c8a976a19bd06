package io.changewatch.internal.engine;

import io.changewatch.SeekFailedException;
import io.changewatch.StartPosition;
import io.changewatch.event.ResumeToken;
import io.changewatch.internal.checkpoint.Position;
import io.changewatch.internal.engine.FailureMessages.Advice;
import io.changewatch.internal.source.ChangeCursor;
import io.changewatch.internal.source.ClusterFacts;
import io.changewatch.internal.source.RawBatch;
import io.changewatch.internal.source.SourceSettings;
import io.changewatch.internal.source.StalledStreamException;
import io.changewatch.resume.Checkpoint;
import java.util.Objects;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.bson.BsonTimestamp;
import org.jspecify.annotations.Nullable;

/**
 * Opens a stream at a place and reads it once, before a watcher leaves its own place for that one: only with the first batch the
 * server says whether its oplog still reaches back so far.
 *
 * <p>Called on the watcher's thread only.
 */
final class SeekTrial {
    private final FailureMessages messages;
    private final SourceSettings plain;
    private final StreamReader reader;
    private final BooleanSupplier splits;

    /** @param splits whether the watcher's own stream splits large events */
    SeekTrial(Shared<?> shared, StreamReader reader, BooleanSupplier splits) {
        this.messages = shared.messages();
        this.plain = shared.settings().source();
        this.reader = reader;
        this.splits = splits;
    }

    /**
     * The position of a place that the server has.
     *
     * @param checkpoint which the place is of, if it is
     * @throws SeekFailedException if the server does not have it, or cannot be asked
     */
    Position tryOut(Place place, @Nullable Checkpoint checkpoint) throws InterruptedException {
        try {
            Position position = position(place, open(place));
            refuseIfForeign(Place.after(position), checkpoint);
            return position;
        } catch (SourceFailure e) {
            throw failed(
                    "the server does not answer (" + FailureMessages.describe(e.error()) + "). Try again", e.error());
        }
    }

    private void refuseIfForeign(Place place, @Nullable Checkpoint checkpoint)
            throws SourceFailure, InterruptedException {
        ClusterFacts facts = reader.facts();
        Optional<BsonTimestamp> toCome = ClusterCheck.timeToCome(place, facts);
        if (toCome.isPresent()) {
            String ahead = FailureMessages.inTheFuture(toCome.get(), Objects.requireNonNull(facts.time()));
            throw failed("the position " + ahead + ". Choose an earlier one", null);
        }
        Optional<Advice> objection =
                new ClusterCheck(messages, Optional.ofNullable(checkpoint)).objection(place, facts);
        if (objection.isPresent()) {
            throw failed(Interview.withoutFullStop(objection.get().problem()) + ". Choose another one", null);
        }
    }

    /** A token that is not found is looked for by its time, as it is when a watcher resumes. */
    private RawBatch open(Place place) throws SourceFailure, InterruptedException {
        try {
            return read(place.start());
        } catch (SourceFailure e) {
            FailureKind kind = FailureClassifier.classify(e.error(), true, place.isByToken());
            Optional<BsonTimestamp> time = place.tokenTime();
            if (kind == FailureKind.TOKEN_NOT_FOUND && time.isPresent()) {
                return open(Place.at(StartPosition.at(time.get())));
            }
            throw refusal(kind, e);
        }
    }

    private RawBatch read(StartPosition start) throws SourceFailure, InterruptedException {
        ChangeCursor open = reader.open(start, splits.getAsBoolean() ? SearchStages.split(plain) : plain);
        try {
            RawBatch opening = reader.peek(open);
            if (!(start instanceof StartPosition.Now) && !open.isExhausted()) {
                readOnce(open);
            }
            return opening;
        } finally {
            reader.close(open);
        }
    }

    /** What says that the place is there, or does not say that it is not. */
    private void readOnce(ChangeCursor open) throws SourceFailure, InterruptedException {
        try {
            reader.peek(open);
        } catch (SourceFailure e) {
            boolean isSilent = e.error() instanceof StalledStreamException; // it scans a long oplog
            if (!isSilent && !FailureClassifier.isUndeliverable(e.error())) {
                throw e;
            }
        }
    }

    private SeekFailedException refusal(FailureKind kind, SourceFailure failure) throws SourceFailure {
        String error = " (" + FailureMessages.describe(failure.error()) + ")";
        return switch (kind) {
            case HISTORY_LOST, OVERRUN ->
                failed("the oplog no longer reaches back to it" + error + ". Choose a later one", failure.error());
            case INVALID_TOKEN, TOKEN_NOT_FOUND ->
                failed(
                        "the server refuses its resume token" + error
                                + ", which is damaged or belongs to another stream. Choose a cluster time instead",
                        failure.error());
            default -> throw failure;
        };
    }

    private Position position(Place place, RawBatch opening) {
        if (place.position() != null) {
            return place.position();
        }
        if (place.start() instanceof StartPosition.After after) {
            return TokenTime.of(after.token())
                    .map(time -> new Position(after.token(), time))
                    .orElseThrow(() -> failed("its token tells no cluster time. Choose a cluster time instead", null));
        }
        ResumeToken token = opening.size() == 0 ? opening.positionAfter() : null;
        if (token == null) {
            throw failed("the server does not tell where it is. Choose a resume token instead", null);
        }
        return TokenTime.of(token)
                .or(place::clusterTime)
                .map(time -> new Position(token, time))
                .orElseThrow(() -> failed("the server tells no cluster time. Choose a resume token instead", null));
    }

    private SeekFailedException failed(String why, @Nullable Throwable cause) {
        return new SeekFailedException(
                "Cannot move watcher '" + messages.watcher() + "' to the position that was asked for: " + why
                        + ". The watcher goes on where it was.",
                cause);
    }
}
