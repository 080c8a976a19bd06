package io.changewatch.examples.orders;

import java.util.Map;
import java.util.Optional;

/**
 * How the application is run. Its text form shows no key and no token.
 *
 * @param port where it listens; 0 for any
 * @param positionKey signs positions; empty for a random key
 * @param users who may log in, by token; empty if everyone may see everything
 */
record Settings(
        String connectionString, String database, int port, Optional<String> positionKey, Map<String, String> users) {

    static Settings of(String connectionString, String database, int port) {
        return new Settings(connectionString, database, port, Optional.empty(), Map.of());
    }

    Settings withPositionKey(String key) {
        return new Settings(connectionString, database, port, Optional.of(key), users);
    }

    Settings withUsers(Map<String, String> byToken) {
        return new Settings(connectionString, database, port, positionKey, byToken);
    }

    @Override
    public String toString() {
        return "Settings[" + database + ", port " + port + "]";
    }
}
