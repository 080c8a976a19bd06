package io.changewatch.testkit;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What {@link LocalReplicaSetBuilder} was told, copied. */
record ReplicaSetSettings(
        int members,
        boolean replicated,
        int oplogSizeMegabytes,
        Duration electionTimeout,
        Map<String, String> parameters,
        List<String> arguments,
        @Nullable Credentials credentials,
        boolean throughProxy,
        @Nullable Path mongod) {

    static final String SET_NAME = "changewatch";

    ReplicaSetSettings {
        parameters = Map.copyOf(parameters);
        arguments = List.copyOf(arguments);
    }

    /** The user with the role {@code root} that a server with authentication gets first. */
    record Credentials(String user, String password) {}

    /** The arguments that are the same for every member, without port and folders. */
    List<String> commandLine() {
        List<String> line =
                new ArrayList<>(List.of("--bind_ip", "127.0.0.1", "--nounixsocket", "--wiredTigerCacheSizeGB", "0.25"));
        if (replicated) {
            line.addAll(List.of("--replSet", SET_NAME, "--oplogSize", Integer.toString(oplogSizeMegabytes)));
        }
        allParameters().forEach((name, value) -> line.addAll(List.of("--setParameter", name + "=" + value)));
        line.addAll(arguments);
        return line;
    }

    /** The application's parameters over those of a test server: fail points on, no folder of statistics. */
    private Map<String, String> allParameters() {
        Map<String, String> all =
                new TreeMap<>(Map.of("enableTestCommands", "1", "diagnosticDataCollectionEnabled", "false"));
        all.putAll(parameters);
        return all;
    }
}
