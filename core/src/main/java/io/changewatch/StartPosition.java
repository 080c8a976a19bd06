package io.changewatch;

import io.changewatch.event.ResumeToken;
import java.time.Instant;
import java.util.Objects;
import org.bson.BsonTimestamp;

/**
 * Where a watcher without a checkpoint begins.
 *
 * <p>Immutable and thread-safe.
 */
public sealed interface StartPosition {

    /** With the next change after the stream is opened. The default. */
    static StartPosition now() {
        return new Now();
    }

    /** With the first change after the one the token stands for. */
    static StartPosition after(ResumeToken token) {
        return new After(token);
    }

    /** With the first change at or after a wall-clock time, in whole seconds of the server's clock; it must still be in the oplog. */
    static StartPosition at(Instant time) {
        return new At(new BsonTimestamp(Math.toIntExact(time.getEpochSecond()), 0));
    }

    /** With the first change at or after a cluster time; it must still be in the oplog. Changes at exactly that time are included. */
    static StartPosition at(BsonTimestamp clusterTime) {
        return new At(clusterTime);
    }

    /** See {@link StartPosition#now()}. */
    record Now() implements StartPosition {}

    /**
     * See {@link StartPosition#after(ResumeToken)}.
     *
     * @param token the token of the last change not to be seen
     */
    record After(ResumeToken token) implements StartPosition {
        /** Checks that {@code token} is not null. */
        public After {
            Objects.requireNonNull(token, "token");
        }
    }

    /**
     * See {@link StartPosition#at(BsonTimestamp)}.
     *
     * @param clusterTime the first cluster time to be seen
     */
    record At(BsonTimestamp clusterTime) implements StartPosition {
        /** Checks that {@code clusterTime} is not null. */
        public At {
            Objects.requireNonNull(clusterTime, "clusterTime");
        }
    }
}
