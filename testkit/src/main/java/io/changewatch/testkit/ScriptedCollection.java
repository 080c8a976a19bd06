package io.changewatch.testkit;

import static java.util.Objects.requireNonNull;

import com.mongodb.MongoClientSettings;
import io.changewatch.event.Namespace;
import io.changewatch.testkit.model.Change;
import java.util.Optional;
import org.bson.BsonArray;
import org.bson.BsonDocument;
import org.bson.BsonObjectId;
import org.bson.BsonValue;
import org.bson.Document;
import org.bson.conversions.Bson;
import org.jspecify.annotations.Nullable;

/**
 * A collection of a {@link ScriptedReplicaSet}: what is written here, streams see as changes.
 *
 * <p>Thread-safe.
 */
public final class ScriptedCollection {
    private final ScriptedReplicaSet servers;
    private final Namespace namespace;

    ScriptedCollection(ScriptedReplicaSet servers, Namespace namespace) {
        this.servers = servers;
        this.namespace = namespace;
    }

    /** Inserts a document; one without an {@code _id} gets an {@code ObjectId}. Returns the same collection. */
    public ScriptedCollection insert(Bson document) {
        return insert(document, 1);
    }

    /**
     * Inserts a document that counts as too large for one event: a stream that does not ask for fragments fails with error
     * 10334, as with an event over 16 MB; one that does gets so many.
     *
     * @throws IllegalArgumentException if {@code fragments} is not 2 to 5
     */
    public ScriptedCollection insertLarge(Bson document, int fragments) {
        if (fragments < 2 || fragments > 5) {
            throw new IllegalArgumentException("A large event has 2 to 5 fragments here, not " + fragments + ".");
        }
        return insert(document, fragments);
    }

    /**
     * Inserts a document whose event the server can neither send nor split, as one field alone is too large: streams fail at it
     * with error 10334, and with 7182500 where they ask for fragments. What a watcher does then says
     * {@code whenUndeliverable(...)}.
     */
    public ScriptedCollection insertUndeliverable(Bson document) {
        return insert(document, Change.UNSPLITTABLE);
    }

    private ScriptedCollection insert(Bson document, int fragments) {
        BsonDocument inserted = withId(bson(document));
        servers.write(documents -> {
            documents.put(namespace, inserted);
            return change(
                            "insert",
                            key(requireNonNull(inserted.get("_id"))).append("fullDocument", inserted),
                            null,
                            inserted)
                    .inFragments(fragments);
        });
        return this;
    }

    private static BsonDocument withId(BsonDocument document) {
        if (document.containsKey("_id")) {
            return document;
        }
        BsonDocument identified = new BsonDocument("_id", new BsonObjectId());
        identified.putAll(document);
        return identified;
    }

    /**
     * Sets fields of a document, named without dots.
     *
     * @throws IllegalArgumentException if there is none with this {@code id}
     */
    public ScriptedCollection update(Object id, Bson fields) {
        BsonValue key = value(id);
        BsonDocument changed = bson(fields);
        servers.write(documents -> {
            BsonDocument before = existing(documents, key);
            BsonDocument after = before.clone();
            after.putAll(changed);
            documents.put(namespace, after);
            BsonDocument description = new BsonDocument("updatedFields", changed)
                    .append("removedFields", new BsonArray())
                    .append("truncatedArrays", new BsonArray());
            return change("update", key(key).append("updateDescription", description), before, after);
        });
        return this;
    }

    /**
     * Replaces a document.
     *
     * @throws IllegalArgumentException if there is none with this {@code id}
     */
    public ScriptedCollection replace(Object id, Bson document) {
        BsonValue key = value(id);
        BsonDocument after = new BsonDocument("_id", key);
        after.putAll(bson(document));
        servers.write(documents -> {
            BsonDocument before = existing(documents, key);
            documents.put(namespace, after);
            return change("replace", key(key).append("fullDocument", after), before, after);
        });
        return this;
    }

    /**
     * Deletes a document.
     *
     * @throws IllegalArgumentException if there is none with this {@code id}
     */
    public ScriptedCollection delete(Object id) {
        BsonValue key = value(id);
        servers.write(documents -> {
            BsonDocument before = existing(documents, key);
            documents.remove(namespace, key);
            return change("delete", key(key), before, null);
        });
        return this;
    }

    /** Drops it: streams of this collection end with an {@code invalidate}. */
    public ScriptedCollection drop() {
        servers.write(documents -> {
            documents.drop(namespace);
            return Change.of("drop", namespace, new BsonDocument());
        });
        return this;
    }

    /** Renames it within its database: streams of both names end with an {@code invalidate}. */
    public ScriptedCollection renameTo(String name) {
        Namespace to = Namespace.of(namespace.database(), requireNonNull(name, "name"));
        servers.write(documents -> {
            documents.rename(namespace, to);
            return Change.of("rename", namespace, new BsonDocument("to", Change.place(to)));
        });
        return this;
    }

    private BsonDocument existing(ScriptedDocuments documents, BsonValue id) {
        return documents
                .find(namespace, id)
                .orElseThrow(() -> new IllegalArgumentException(
                        "There is no document with the _id " + id + " in " + namespace + ". Insert it first."));
    }

    private Change change(
            String operation, BsonDocument fields, @Nullable BsonDocument before, @Nullable BsonDocument after) {
        return new Change(operation, namespace, fields, Optional.ofNullable(before), Optional.ofNullable(after), 1);
    }

    private static BsonDocument key(BsonValue id) {
        return new BsonDocument("documentKey", new BsonDocument("_id", id));
    }

    private static BsonDocument bson(Bson document) {
        return requireNonNull(document, "document")
                .toBsonDocument(BsonDocument.class, MongoClientSettings.getDefaultCodecRegistry())
                .clone();
    }

    private static BsonValue value(Object id) {
        return requireNonNull(
                bson(new Document("_id", requireNonNull(id, "id"))).get("_id"));
    }
}
