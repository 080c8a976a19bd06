package io.changewatch.internal.source;

import com.mongodb.ClientSessionOptions;
import com.mongodb.ReadPreference;
import com.mongodb.reactivestreams.client.ClientSession;
import com.mongodb.reactivestreams.client.MongoClient;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.bson.BsonArray;
import org.bson.BsonDocument;

/**
 * Sessions of their own for cursors, which no server ends for being idle while their session lives.
 *
 * <p>Stateless and thread-safe.
 */
final class Sessions {
    private static final Duration PATIENCE = Duration.ofSeconds(2);

    private Sessions() {}

    /** Without causal consistency: it would add {@code afterClusterTime} to the read concern and gain nothing. */
    static CompletableFuture<ClientSession> start(MongoClient client) {
        ClientSessionOptions options =
                ClientSessionOptions.builder().causallyConsistent(false).build();
        return FirstElement.of(() -> client.startSession(options));
    }

    /** Back to the driver's pool, for the next command. */
    static void giveBack(ClientSession session) {
        session.close();
    }

    /**
     * With what may be left of its cursors: a session may be ended through any server, and each then ends what it has of it
     * within some minutes. It must not go back to the driver's pool, where the next command would revive it.
     */
    static void end(MongoClient client, ClientSession session, ReadPreference preference) {
        BsonDocument endSessions = new BsonDocument(
                "endSessions", new BsonArray(List.of(session.getServerSession().getIdentifier())));
        CompletableFuture<?> unused = FirstElement.of(() -> client.getDatabase("admin")
                .withTimeout(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)
                .runCommand(endSessions, preference, BsonDocument.class));
    }
}
