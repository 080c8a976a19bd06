package io.changewatch.observe;

import java.util.Objects;
import javax.management.ConstructorParameters;

/**
 * An earlier checkpoint, in the words of JMX. Its token holds the key of a document.
 *
 * <p>Immutable and thread-safe.
 */
public final class HistoryEntry {
    private final String savedAt;
    private final String position;
    private final String token;

    /** An entry with times in ISO 8601 and the token as JSON. */
    @ConstructorParameters({"savedAt", "position", "token"})
    public HistoryEntry(String savedAt, String position, String token) {
        this.savedAt = Objects.requireNonNull(savedAt, "savedAt");
        this.position = Objects.requireNonNull(position, "position");
        this.token = Objects.requireNonNull(token, "token");
    }

    /** When it was saved, by the client's clock: everything before it was handled then. */
    public String getSavedAt() {
        return savedAt;
    }

    /** The wall time of its cluster time, in whole seconds of the server's clock. */
    public String getPosition() {
        return position;
    }

    /** What {@link WatcherMXBean#seekToToken} takes. */
    public String getToken() {
        return token;
    }
}
