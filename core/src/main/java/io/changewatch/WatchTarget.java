package io.changewatch;

import com.mongodb.MongoClientSettings;
import com.mongodb.reactivestreams.client.MongoClient;
import io.changewatch.event.Namespace;
import java.util.Objects;
import java.util.Optional;
import org.bson.Document;
import org.jspecify.annotations.Nullable;

/**
 * The first choice of a watcher: what is watched, and what its documents are decoded to.
 *
 * <p>A document type is a record, a JavaBean, {@code Document}, {@code BsonDocument}, {@code RawBsonDocument}, or whatever
 * the {@link ChangeWatcherBuilder#codecRegistry codec registry} knows. Immutable and thread-safe.
 */
public final class WatchTarget {
    private final @Nullable MongoClient client;
    private final @Nullable MongoClientSettings settings;

    private WatchTarget(@Nullable MongoClient client, @Nullable MongoClientSettings settings) {
        this.client = client;
        this.settings = settings;
    }

    static WatchTarget on(MongoClient client) {
        return new WatchTarget(Objects.requireNonNull(client, "client"), null);
    }

    static WatchTarget owning(MongoClientSettings settings) {
        return new WatchTarget(null, Objects.requireNonNull(settings, "settings"));
    }

    /** Watches one collection, its documents as {@code type}. */
    public <T> ChangeWatcherBuilder<T> collection(String database, String collection, Class<T> type) {
        Objects.requireNonNull(database, "database");
        Objects.requireNonNull(collection, "collection");
        return builder(Optional.of(Namespace.of(database, collection)), type);
    }

    /** Watches one collection, its documents as {@link Document}. */
    public ChangeWatcherBuilder<Document> collection(String database, String collection) {
        return collection(database, collection, Document.class);
    }

    /** Watches all collections of a database, also those created later, their documents as {@code type}. */
    public <T> ChangeWatcherBuilder<T> database(String database, Class<T> type) {
        Objects.requireNonNull(database, "database");
        return builder(Optional.of(Namespace.of(database)), type);
    }

    /** Watches all collections of a database, their documents as {@link Document}. */
    public ChangeWatcherBuilder<Document> database(String database) {
        return database(database, Document.class);
    }

    /** Watches all databases but {@code admin}, {@code local} and {@code config}, their documents as {@code type}. */
    public <T> ChangeWatcherBuilder<T> cluster(Class<T> type) {
        return builder(Optional.empty(), type);
    }

    /** Watches all databases but {@code admin}, {@code local} and {@code config}, their documents as {@link Document}. */
    public ChangeWatcherBuilder<Document> cluster() {
        return cluster(Document.class);
    }

    private <T> ChangeWatcherBuilder<T> builder(Optional<Namespace> scope, Class<T> type) {
        return new ChangeWatcherBuilder<>(client, settings, scope, Objects.requireNonNull(type, "type"));
    }
}
