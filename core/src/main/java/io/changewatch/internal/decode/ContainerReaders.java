package io.changewatch.internal.decode;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Readers of arrays and of documents with any names, into the same classes as the driver's codecs for collections and maps.
 *
 * <p>Stateless and thread-safe.
 */
final class ContainerReaders {
    private static final Map<Class<?>, Supplier<Collection<Object>>> COLLECTIONS = Map.of(
            Collection.class, ArrayList::new,
            List.class, ArrayList::new,
            ArrayList.class, ArrayList::new,
            Set.class, HashSet::new,
            HashSet.class, HashSet::new);

    private static final Set<Class<?>> MAPS = Set.of(Map.class, HashMap.class);

    private ContainerReaders() {}

    /** A reader to {@code type}, if it is one of the usual collections. */
    static Optional<ValueReader> collection(Class<?> type, ValueReader elements) {
        return Optional.ofNullable(COLLECTIONS.get(type)).map(supplier -> at -> fill(supplier.get(), at, elements));
    }

    private static Collection<Object> fill(Collection<Object> collection, Walk at, ValueReader reader) {
        long outer = at.enter(BsonBytes.ARRAY);
        while (at.next()) {
            collection.add(reader.readNullable(at));
        }
        at.leave(outer);
        return collection;
    }

    /** A reader to {@code type}, if it is one of the usual maps. */
    static Optional<ValueReader> map(Class<?> type, ValueReader values) {
        return MAPS.contains(type) ? Optional.of(at -> map(at, values)) : Optional.empty();
    }

    private static Map<String, Object> map(Walk at, ValueReader reader) {
        Map<String, Object> map = new HashMap<>();
        long outer = at.enter(BsonBytes.DOCUMENT);
        while (at.next()) {
            map.put(at.name(), reader.readNullable(at));
        }
        at.leave(outer);
        return map;
    }
}
