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

    /** Whether this is the place of {@code other} and {@code otherTime}. Times are compared first, as tokens are costly. */
    boolean isAt(ResumeToken other, BsonTimestamp otherTime) {
        return clusterTime.equals(otherTime) && token.equals(other);
    }

    /** Whether a checkpoint at the other place would be a step forward from the one. */
    static boolean isBefore(ResumeToken token, BsonTimestamp time, ResumeToken otherToken, BsonTimestamp otherTime) {
        int byTime = time.compareTo(otherTime);
        return byTime < 0 || (byTime == 0 && !otherToken.isBefore(token) && !otherToken.equals(token));
    }
}
