package io.changewatch.internal.engine;

import io.changewatch.internal.engine.FailureMessages.Advice;
import io.changewatch.internal.source.ClusterFacts;
import io.changewatch.resume.Checkpoint;
import io.changewatch.resume.Fingerprint;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import org.bson.BsonTimestamp;

/**
 * Refuses a position of another cluster before the server is asked for it: the server accepts a post-batch token of any
 * cluster, and waits in silence where the time lies in its future (measured on mongod 6.0).
 *
 * <p>Immutable and thread-safe.
 */
final class ClusterCheck {
    /** A primary that was deposed and does not know it yet may be behind. */
    private static final Duration TOLERANCE = Duration.ofMinutes(1);

    private final FailureMessages messages;
    private final Optional<Fingerprint> checkpoint;

    ClusterCheck(FailureMessages messages, Optional<Checkpoint> checkpoint) {
        this.messages = messages;
        this.checkpoint = checkpoint.map(Checkpoint::fingerprint);
    }

    /** @throws io.changewatch.ConfigurationException if {@code place} is none of this cluster */
    void check(Place place, ClusterFacts facts) {
        objection(place, facts).ifPresent(advice -> {
            throw advice.refusal();
        });
    }

    /** Why {@code place} is none of this cluster; empty if it may be one. */
    Optional<Advice> objection(Place place, ClusterFacts facts) {
        return checkpoint
                .filter(saved -> saved.isOfAnotherClusterThan(saved.on(facts.identity())))
                .map(saved -> messages.foreignCheckpoint(saved.cluster(), facts.identity()))
                .or(() -> future(place, facts));
    }

    private Optional<Advice> future(Place place, ClusterFacts facts) {
        return timeToCome(place, facts)
                .map(position -> messages.positionInTheFuture(position, Objects.requireNonNull(facts.time())));
    }

    /** The time of a place that the cluster has not come to; empty if it has, or does not tell its time. */
    static Optional<BsonTimestamp> timeToCome(Place place, ClusterFacts facts) {
        BsonTimestamp present = facts.time();
        return place.tokenTime().filter(position -> present != null && isFarBehind(present, position));
    }

    private static boolean isFarBehind(BsonTimestamp present, BsonTimestamp position) {
        return seconds(position) - seconds(present) > TOLERANCE.toSeconds();
    }

    private static long seconds(BsonTimestamp clusterTime) {
        return Integer.toUnsignedLong(clusterTime.getTime());
    }
}
