package io.changewatch;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.changewatch.event.Namespace;
import java.util.Optional;

/**
 * Which names no server takes. What only some refuse, such as characters on Windows, is left to the server.
 *
 * <p>Source: "Naming Restrictions" of the MongoDB manual, and {@code NamespaceString::isValid} of the server. Stateless and
 * thread-safe.
 */
final class NamespaceRules {
    private static final int LONGEST_DATABASE = 63;
    private static final int LONGEST_NAMESPACE = 255;
    private static final String ILLEGAL_IN_DATABASE = "/\\. \"$\0";
    private static final String ILLEGAL_IN_COLLECTION = "$\0";

    private NamespaceRules() {}

    /** What is wrong with the name, in words; empty if nothing is. */
    static Optional<String> problem(Namespace namespace) {
        return problemOfDatabase(namespace.database())
                .or(() -> namespace.collection().flatMap(NamespaceRules::problemOfCollection))
                .or(() -> problemOfBoth(namespace.toString()));
    }

    private static Optional<String> problemOfDatabase(String name) {
        if (name.isEmpty()) {
            return Optional.of("the name of the database must not be empty");
        }
        if (bytes(name) > LONGEST_DATABASE) {
            return Optional.of("the name of the database '" + name + "' has " + bytes(name) + " bytes in UTF-8, and "
                    + LONGEST_DATABASE + " are allowed");
        }
        return illegal(name, ILLEGAL_IN_DATABASE)
                .map(found -> "the name of the database '" + name + "' must not contain " + found);
    }

    private static Optional<String> problemOfCollection(String name) {
        if (name.isEmpty()) {
            return Optional.of(
                    "the name of the collection must not be empty: to watch every collection, use database(...)");
        }
        if (name.startsWith(".")) {
            return Optional.of("the name of the collection '" + name + "' must not begin with a dot");
        }
        return illegal(name, ILLEGAL_IN_COLLECTION)
                .map(found -> "the name of the collection '" + name + "' must not contain " + found);
    }

    private static Optional<String> problemOfBoth(String both) {
        return bytes(both) > LONGEST_NAMESPACE
                ? Optional.of("the name '" + both + "' has " + bytes(both) + " bytes in UTF-8, and " + LONGEST_NAMESPACE
                        + " are allowed for database and collection together")
                : Optional.empty();
    }

    private static Optional<String> illegal(String name, String characters) {
        return name.chars()
                .filter(character -> characters.indexOf(character) >= 0)
                .mapToObj(NamespaceRules::inWords)
                .findFirst();
    }

    private static String inWords(int character) {
        return switch (character) {
            case ' ' -> "a space";
            case '.' -> "a dot";
            case '\0' -> "a zero character";
            default -> Character.toString(character);
        };
    }

    private static int bytes(String name) {
        return name.getBytes(UTF_8).length;
    }
}
