package io.changewatch.testkit;

import com.mongodb.reactivestreams.client.MongoClient;
import com.mongodb.reactivestreams.client.MongoClients;
import com.mongodb.reactivestreams.client.MongoDatabase;
import java.util.UUID;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The server that all tests of this JVM share which do not make it fail: the one that the environment variable
 * {@code CHANGEWATCH_TEST_URI} names, or else a {@link LocalReplicaSet} of one member, started by the first test that asks
 * and ended with the JVM.
 *
 * <p>Each test takes a database of its own with {@link #newDatabaseName()}.
 *
 * <p>Thread-safe.
 */
public final class TestServer {

    /** The environment variable that names a running replica set or mongos to be used instead. */
    public static final String URI_VARIABLE = "CHANGEWATCH_TEST_URI";

    private static final TestServer SHARED = new TestServer();

    private final ReentrantLock lock = new ReentrantLock();
    // Held, not only started: its end is tied to objects that must not be collected before the JVM ends.
    private @Nullable LocalReplicaSet started;
    private @Nullable MongoClient client;

    private TestServer() {}

    /**
     * The connection string of the shared server, which is started if need be.
     *
     * @throws TestServerException if no server can be found or started, with the remedy
     */
    public static String connectionString() {
        return SHARED.givenOrStarted();
    }

    /**
     * A client of the shared server, itself shared: do not close it.
     *
     * @throws TestServerException if no server can be found or started, with the remedy
     */
    public static MongoClient client() {
        return SHARED.connectedClient();
    }

    /** A database name that no other test uses, for example {@code test_1f0c9a7e}. */
    public static String newDatabaseName() {
        return "test_" + UUID.randomUUID().toString().substring(0, 8);
    }

    /**
     * A database of the shared server that no other test uses, through {@link #client()}.
     *
     * @throws TestServerException if no server can be found or started, with the remedy
     */
    public static MongoDatabase newDatabase() {
        return client().getDatabase(newDatabaseName());
    }

    private String givenOrStarted() {
        String given = System.getenv(URI_VARIABLE);
        return given == null || given.isBlank() ? started().connectionString() : given;
    }

    private LocalReplicaSet started() {
        lock.lock();
        try {
            if (started == null) {
                started = LocalReplicaSet.start();
            }
            return started;
        } finally {
            lock.unlock();
        }
    }

    private MongoClient connectedClient() {
        lock.lock();
        try {
            if (client == null) {
                client = MongoClients.create(givenOrStarted());
            }
            return client;
        } finally {
            lock.unlock();
        }
    }
}
