package io.changewatch.internal.checkpoint;

import io.changewatch.event.ResumeToken;
import org.bson.BsonTimestamp;

/**
 * A place in the stream.
 *
 * @param token the stream continues after it
 * @param clusterTime a logical time no later than the token's, so that a stream from there misses nothing
 */
public record Position(ResumeToken token, BsonTimestamp clusterTime) {

    /** Whether a checkpoint at {@code other} would be a step forward from here. */
    boolean isBefore(Position other) {
        int byTime = clusterTime.compareTo(other.clusterTime);
        return byTime < 0 || (byTime == 0 && !other.token.isBefore(token) && !other.token.equals(token));
    }
}
