package io.changewatch.testkit;

import static java.util.Objects.requireNonNull;

import io.changewatch.event.Namespace;
import io.changewatch.testkit.model.Change;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bson.BsonDocument;
import org.bson.BsonValue;

/** The documents of a scripted replica set. Guarded by the lock of whom it belongs to. */
final class ScriptedDocuments {
    private final Map<Namespace, Map<BsonValue, BsonDocument>> collections = new HashMap<>();

    private Map<BsonValue, BsonDocument> in(Namespace collection) {
        return collections.computeIfAbsent(collection, name -> new LinkedHashMap<>());
    }

    Optional<BsonDocument> find(Namespace collection, BsonValue id) {
        return Optional.ofNullable(in(collection).get(id));
    }

    void put(Namespace collection, BsonDocument document) {
        in(collection).put(requireNonNull(document.get("_id")), document);
    }

    void remove(Namespace collection, BsonValue id) {
        in(collection).remove(id);
    }

    void drop(Namespace collection) {
        collections.remove(collection);
    }

    void rename(Namespace from, Namespace to) {
        collections.put(to, in(from));
        collections.remove(from);
    }

    /** A copy, to go back to. */
    ScriptedDocuments copy() {
        ScriptedDocuments copy = new ScriptedDocuments();
        collections.forEach((name, documents) -> copy.collections.put(name, new LinkedHashMap<>(documents)));
        return copy;
    }

    /** Everything is as it was when {@code earlier} was copied. */
    void restore(ScriptedDocuments earlier) {
        collections.clear();
        collections.putAll(earlier.collections);
    }

    /** The collections of a database. */
    List<Namespace> of(String database) {
        return collections.keySet().stream()
                .filter(namespace -> namespace.database().equals(database))
                .sorted(Comparator.comparing(Namespace::toString))
                .toList();
    }

    /** The present state of what {@code change} changed. */
    Optional<BsonDocument> lookup(Change change) {
        return find(
                change.namespace(),
                requireNonNull(change.fields().getDocument("documentKey").get("_id")));
    }
}
