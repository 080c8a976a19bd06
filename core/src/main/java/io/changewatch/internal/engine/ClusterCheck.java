package io.changewatch.internal.engine;

import io.changewatch.internal.source.ClusterFacts;
import io.changewatch.resume.Checkpoint;
import io.changewatch.resume.Fingerprint;
import java.time.Duration;
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
        checkpoint
                .filter(saved -> saved.isOfAnotherClusterThan(saved.on(facts.identity())))
                .ifPresent(saved -> {
                    throw messages.foreignCheckpoint(saved.cluster(), facts.identity());
                });
        Optional<BsonTimestamp> present = Optional.ofNullable(facts.time());
        Optional<BsonTimestamp> position = place.tokenTime();
        if (present.isPresent() && position.isPresent() && isFarBehind(present.get(), position.get())) {
            throw messages.positionInTheFuture(position.get(), present.get());
        }
    }

    private static boolean isFarBehind(BsonTimestamp present, BsonTimestamp position) {
        return seconds(position) - seconds(present) > TOLERANCE.toSeconds();
    }

    private static long seconds(BsonTimestamp clusterTime) {
        return Integer.toUnsignedLong(clusterTime.getTime());
    }
}
