package io.changewatch.internal.source;

import com.mongodb.MongoTimeoutException;
import com.mongodb.ReadPreference;
import com.mongodb.reactivestreams.client.MongoClient;
import com.mongodb.reactivestreams.client.MongoDatabase;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.bson.BsonDocument;
import org.bson.BsonInt32;

/**
 * Finds a connection that answers, after one that did not.
 *
 * <p>When one connection of a pool is half-open, the others usually are, too, and the driver's monitor needs up to twenty
 * seconds to see it. So pings are sent, each a moment after the last, until one is answered: an unanswered one occupies its dead
 * connection, so the next takes another and in the end a new one. Each has a time-out of the driver, which closes the dead
 * connection. The one that answered was used last, and that is what the pool hands out next.
 *
 * <p>Thread-safe.
 */
final class ConnectionProbe {
    private static final Duration INTERVAL = Duration.ofMillis(250);
    private static final Duration PATIENCE = Duration.ofSeconds(2);

    private final MongoClient client;
    private final ReadPreference preference;

    /** Looks among the servers for {@code preference}. */
    ConnectionProbe(MongoClient client, ReadPreference preference) {
        this.client = client;
        this.preference = preference;
    }

    /** Returns whether a ping was answered, when one was, no server is known, or {@code limit} has passed. */
    boolean run(ReplyWaiter waiter, Duration limit) throws InterruptedException {
        CompletableFuture<Boolean> answered = new CompletableFuture<>();
        for (Duration left = limit;
                !left.isNegative() && Servers.knows(client, preference);
                left = left.minus(INTERVAL)) {
            ping(answered);
            if (isAnswered(answered, waiter)) {
                return true;
            }
        }
        return false;
    }

    private void ping(CompletableFuture<Boolean> answered) {
        MongoDatabase admin = client.getDatabase("admin").withTimeout(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        CompletableFuture<?> unused = FirstElement.of(
                        () -> admin.runCommand(new BsonDocument("ping", new BsonInt32(1)), preference))
                .whenComplete((reply, failure) -> {
                    if (!(failure instanceof MongoTimeoutException)) {
                        answered.complete(true);
                    }
                });
    }

    private static boolean isAnswered(CompletableFuture<Boolean> answered, ReplyWaiter waiter)
            throws InterruptedException {
        try {
            return waiter.await(answered, INTERVAL);
        } catch (TimeoutException silent) {
            return false;
        }
    }
}
