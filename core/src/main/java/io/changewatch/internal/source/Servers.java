package io.changewatch.internal.source;

import com.mongodb.ReadPreference;
import com.mongodb.connection.ClusterConnectionMode;
import com.mongodb.connection.ClusterDescription;
import com.mongodb.connection.ServerDescription;
import com.mongodb.reactivestreams.client.MongoClient;
import java.util.List;
import java.util.stream.Stream;

/** Asks the driver which servers take commands. Thread-safe. */
final class Servers {

    private Servers() {}

    /** Whether there is one at present for the read preference {@code primary}. */
    static boolean knows(MongoClient client) {
        return knows(client, ReadPreference.primary());
    }

    /** Whether there is one at present for {@code preference}. */
    static boolean knows(MongoClient client, ReadPreference preference) {
        return suiting(client, preference).findAny().isPresent();
    }

    /** Whether there is another one, which may have been the primary before. */
    static boolean knowsSecondary(MongoClient client) {
        return servers(client).anyMatch(ServerDescription::isSecondary);
    }

    /** The address of the one for {@code primary}, for messages. */
    static String describe(MongoClient client) {
        return describe(client, ReadPreference.primary());
    }

    /** The addresses of those for {@code preference}, for messages. */
    static String describe(MongoClient client, ReadPreference preference) {
        return describe(suiting(client, preference));
    }

    private static String describe(Stream<ServerDescription> suiting) {
        List<String> addresses =
                suiting.map(server -> server.getAddress().toString()).toList();
        return addresses.isEmpty() ? "no known server" : String.join(" or ", addresses);
    }

    /** A direct connection takes every command, whatever the preference. */
    private static Stream<ServerDescription> suiting(MongoClient client, ReadPreference preference) {
        try {
            ClusterDescription cluster = client.getClusterDescription();
            return cluster.getConnectionMode() == ClusterConnectionMode.SINGLE
                    ? cluster.getServerDescriptions().stream().filter(ServerDescription::isOk)
                    : preference.choose(cluster).stream();
        } catch (IllegalStateException closed) {
            return Stream.empty();
        }
    }

    private static Stream<ServerDescription> servers(MongoClient client) {
        try {
            return client.getClusterDescription().getServerDescriptions().stream();
        } catch (IllegalStateException closed) {
            return Stream.empty();
        }
    }
}
