package io.changewatch.internal.source;

import com.mongodb.connection.ServerDescription;
import com.mongodb.reactivestreams.client.MongoClient;
import java.util.List;
import java.util.stream.Stream;

/** Asks the driver which server takes commands with the read preference {@code primary}. Thread-safe. */
final class Servers {

    private Servers() {}

    /** Whether there is one at present. */
    static boolean knows(MongoClient client) {
        return !writable(client).isEmpty();
    }

    /** Whether there is another one, which may have been the primary before. */
    static boolean knowsSecondary(MongoClient client) {
        return servers(client).anyMatch(ServerDescription::isSecondary);
    }

    /** Its address, for messages. */
    static String describe(MongoClient client) {
        List<String> addresses = writable(client);
        return addresses.isEmpty() ? "no known server" : String.join(" or ", addresses);
    }

    private static List<String> writable(MongoClient client) {
        return servers(client)
                .filter(ServerDescription::isPrimary)
                .map(server -> server.getAddress().toString())
                .toList();
    }

    private static Stream<ServerDescription> servers(MongoClient client) {
        try {
            return client.getClusterDescription().getServerDescriptions().stream();
        } catch (IllegalStateException closed) {
            return Stream.empty();
        }
    }
}
