package io.changewatch.testkit;

import com.mongodb.MongoClientSettings;
import com.mongodb.MongoCredential;
import com.mongodb.MongoException;
import com.mongodb.ServerAddress;
import com.mongodb.connection.ClusterConnectionMode;
import com.mongodb.reactivestreams.client.MongoClient;
import com.mongodb.reactivestreams.client.MongoClients;
import io.changewatch.testkit.ReplicaSetSettings.Credentials;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.bson.Document;
import org.bson.conversions.Bson;
import org.jspecify.annotations.Nullable;

/**
 * One direct connection to each mongod, for commands of the test itself. They never pass a proxy, so they work during faults.
 *
 * <p>Thread-safe.
 */
final class MemberClients implements AutoCloseable {

    private static final Duration ANSWER_LIMIT = Duration.ofSeconds(30);
    private static final Duration HELLO_LIMIT = Duration.ofSeconds(2);
    private static final int HEARTBEAT_MILLISECONDS = 200;
    private static final int SELECTION_SECONDS = 10;

    private final Map<Integer, MongoClient> byPort = new ConcurrentHashMap<>();
    private final @Nullable Credentials credentials;

    MemberClients(@Nullable Credentials credentials) {
        this.credentials = credentials;
    }

    /** Says hello first: a pooled connection that the server has closed since is found by that and not by the command. */
    Document runAdmin(int port, Bson command) {
        hello(port);
        return run(port, command, ANSWER_LIMIT);
    }

    /** What the server says about itself; an empty document while it cannot be asked. */
    Document hello(int port) {
        try {
            return run(port, new Document("hello", 1), HELLO_LIMIT);
        } catch (MongoException | TestServerException notNow) {
            return new Document();
        }
    }

    private Document run(int port, Bson command, Duration limit) {
        MongoClient client = byPort.computeIfAbsent(port, this::connect);
        return Publishers.first(client.getDatabase("admin").runCommand(command), limit);
    }

    private MongoClient connect(int port) {
        MongoClientSettings.Builder settings = MongoClientSettings.builder()
                .applicationName("changewatch-testkit")
                .retryReads(false)
                .applyToClusterSettings(cluster -> cluster.mode(ClusterConnectionMode.SINGLE)
                        .hosts(List.of(new ServerAddress("127.0.0.1", port)))
                        .serverSelectionTimeout(SELECTION_SECONDS, TimeUnit.SECONDS))
                .applyToServerSettings(
                        server -> server.heartbeatFrequency(HEARTBEAT_MILLISECONDS, TimeUnit.MILLISECONDS)
                                .minHeartbeatFrequency(HEARTBEAT_MILLISECONDS / 4, TimeUnit.MILLISECONDS));
        if (credentials != null) {
            settings.credential(MongoCredential.createCredential(
                    credentials.user(), "admin", credentials.password().toCharArray()));
        }
        return MongoClients.create(settings.build());
    }

    @Override
    public void close() {
        byPort.values().forEach(MongoClient::close);
    }
}
