package io.changewatch.event;

import java.util.Objects;
import java.util.Optional;

/**
 * A database, or a collection in it.
 *
 * <p>Immutable and thread-safe.
 *
 * @param database the database's name
 * @param collection the collection's name; empty where the database itself is meant
 */
public record Namespace(String database, Optional<String> collection) {

    /** Checks that neither part is null. */
    public Namespace {
        Objects.requireNonNull(database, "database");
        Objects.requireNonNull(collection, "collection");
    }

    /** The namespace of a collection. */
    public static Namespace of(String database, String collection) {
        return new Namespace(database, Optional.of(collection));
    }

    /** The namespace of a database. */
    public static Namespace of(String database) {
        return new Namespace(database, Optional.empty());
    }

    /** {@code database.collection}, or just {@code database}. */
    @Override
    public String toString() {
        return collection.map(name -> database + '.' + name).orElse(database);
    }
}
