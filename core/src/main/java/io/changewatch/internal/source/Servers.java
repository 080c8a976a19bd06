package io.changewatch.internal.source;

import com.mongodb.connection.ServerDescription;
import com.mongodb.reactivestreams.client.MongoClient;
import java.util.List;

/** Asks the driver which server takes commands with the read preference {@code primary}. Thread-safe. */
final class Servers {

    private Servers() {}

    /** Whether there is one at present. */
    static boolean knows(MongoClient client) {
        return !writable(client).isEmpty();
    }

    /** Its address, for messages. */
    static String describe(MongoClient client) {
        List<String> addresses = writable(client);
        return addresses.isEmpty() ? "no known server" : String.join(" or ", addresses);
    }

    private static List<String> writable(MongoClient client) {
        try {
            return client.getClusterDescription().getServerDescriptions().stream()
                    .filter(ServerDescription::isPrimary)
                    .map(server -> server.getAddress().toString())
                    .toList();
        } catch (IllegalStateException closed) {
            return List.of();
        }
    }
}
