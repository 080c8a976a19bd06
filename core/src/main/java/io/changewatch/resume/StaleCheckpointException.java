package io.changewatch.resume;

import java.util.Objects;
import org.bson.BsonTimestamp;
import org.jspecify.annotations.Nullable;

/**
 * The store holds a newer checkpoint or a higher term than the one to be saved: another watcher of the same name is ahead.
 *
 * <p>Thread-safe.
 */
public final class StaleCheckpointException extends StoreException {
    private static final long serialVersionUID = 1L;

    /**
     * The exception for {@code offered} where {@code held} {@linkplain Checkpoint#isOlderThan is newer}: its message tells both
     * positions and the remedy.
     *
     * @param place where the checkpoint is kept: a file, or a collection
     */
    public static StaleCheckpointException refusing(String watcher, String place, Checkpoint offered, Checkpoint held) {
        Objects.requireNonNull(watcher, "watcher");
        Objects.requireNonNull(place, "place");
        return new StaleCheckpointException(
                "Refused an older checkpoint of watcher '" + watcher + "' in " + place + ": " + position(offered)
                        + " was to replace " + position(held)
                        + ". Another watcher of this name is ahead; stop one of them or "
                        + "give it another name. To go back on purpose, delete the checkpoint first.",
                null);
    }

    private static String position(Checkpoint checkpoint) {
        BsonTimestamp time = checkpoint.clusterTime();
        return "cluster time " + time.getTime() + "." + time.getInc() + " of term " + checkpoint.term();
    }

    /** An exception with a message that names the store, the watcher and the remedy, and the error that led to it. */
    public StaleCheckpointException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
