package io.changewatch.internal.source;

import com.mongodb.ReadPreference;
import com.mongodb.connection.ClusterDescription;
import com.mongodb.reactivestreams.client.MongoClient;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.bson.BsonDocument;

/**
 * Any command, and what the driver sees without one. Thread-safe.
 */
public final class ServerQuestions {
    private final MongoClient client;
    private final ReadPreference preference;

    /** Questions through {@code client} to whoever is for {@code preference}. */
    public ServerQuestions(MongoClient client, ReadPreference preference) {
        this.client = client;
        this.preference = preference;
    }

    /** The reply to a command, which the driver gives up after {@code limit}: looking for a server and for a connection is part of it. */
    public CompletableFuture<BsonDocument> ask(String database, BsonDocument command, Duration limit) {
        return FirstElement.of(() -> client.getDatabase(database)
                .withTimeout(limit.toMillis(), TimeUnit.MILLISECONDS)
                .runCommand(command, preference, BsonDocument.class));
    }

    /** Whether the driver knows one now. */
    public boolean isReached() {
        return Servers.knows(client, preference);
    }

    /**
     * The servers as the driver sees them now.
     *
     * @throws ClientClosedException if the client was closed
     */
    public ClusterDescription servers() {
        try {
            return client.getClusterDescription();
        } catch (IllegalStateException closed) {
            throw new ClientClosedException(closed);
        }
    }
}
