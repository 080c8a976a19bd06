package io.changewatch.internal.decode;

import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.IntFunction;

/**
 * Readers of arrays and of documents with any names, into the same classes as the driver's codecs for collections and maps.
 *
 * <p>Thread-safe.
 */
final class ContainerReaders {
    private static final Map<Class<?>, IntFunction<Collection<Object>>> COLLECTIONS = Map.of(
            Collection.class, ArrayList::new,
            List.class, ArrayList::new,
            ArrayList.class, ArrayList::new,
            Set.class, size -> new HashSet<>(),
            HashSet.class, size -> new HashSet<>());

    private static final Set<Class<?>> MAPS = Set.of(Map.class, HashMap.class);

    private ContainerReaders() {}

    /** Whether {@code type}, and what it is of, are the usual collections and maps, and classes that have no parameters. */
    static boolean isKnown(Type type) {
        if (!(type instanceof ParameterizedType parameterized)) {
            return type instanceof Class<?>;
        }
        Type raw = parameterized.getRawType();
        return (COLLECTIONS.containsKey(raw) || MAPS.contains(raw))
                && Arrays.stream(parameterized.getActualTypeArguments()).allMatch(ContainerReaders::isKnown);
    }

    /** A reader to {@code type}, if it is one of the usual collections. */
    static Optional<ValueReader> collection(Class<?> type, ValueReader elements) {
        return Optional.ofNullable(COLLECTIONS.get(type)).map(made -> new CollectionReader(made, elements));
    }

    /** Makes room for as many elements as the collection before had. */
    private static final class CollectionReader implements ValueReader {
        private static final int MOST_ROOM = 1_000;

        private final IntFunction<Collection<Object>> made;
        private final ValueReader elements;
        /** A guess: whichever thread wrote it last. */
        private int usual;

        CollectionReader(IntFunction<Collection<Object>> made, ValueReader elements) {
            this.made = made;
            this.elements = elements;
        }

        @Override
        public Object read(Walk at) {
            Collection<Object> collection = made.apply(usual);
            long outer = at.enter(BsonBytes.ARRAY);
            while (at.next()) {
                collection.add(elements.readNullable(at));
            }
            at.leave(outer);
            usual = Math.min(collection.size(), MOST_ROOM);
            return collection;
        }
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
