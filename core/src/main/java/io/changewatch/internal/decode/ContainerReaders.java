package io.changewatch.internal.decode;

import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.util.ArrayList;
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

    /** Whether {@code type}, and what it is of, are the usual collections, the usual maps of strings, and classes without arguments. */
    static boolean isKnown(Type type) {
        if (!(type instanceof ParameterizedType parameterized)) {
            return type instanceof Class<?>;
        }
        Type raw = parameterized.getRawType();
        Type[] of = parameterized.getActualTypeArguments();
        boolean isMap = MAPS.contains(raw) && of[0] == String.class;
        return (COLLECTIONS.containsKey(raw) || isMap) && isKnown(of[of.length - 1]);
    }

    /** A reader to {@code type}, if it is one of either; {@code values} reads what is in it. */
    static Optional<ValueReader> of(Class<?> type, ValueReader values) {
        return collection(type, values).or(() -> map(type, values));
    }

    /** A reader to {@code type}, if it is one of the usual collections. */
    static Optional<ValueReader> collection(Class<?> type, ValueReader elements) {
        return Optional.ofNullable(COLLECTIONS.get(type)).map(made -> new CollectionReader(made, elements));
    }

    /** Makes room for as many elements as the collection before had, if they can be that many. */
    private static final class CollectionReader implements ValueReader {
        /** Its type and its name. */
        private static final int LEAST_BYTES_OF_ELEMENT = 3;

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
            int most = (at.valueEnd() - at.valueStart()) / LEAST_BYTES_OF_ELEMENT;
            Collection<Object> collection = made.apply(Math.min(usual, most));
            long outer = at.enter(BsonBytes.ARRAY);
            while (at.next()) {
                collection.add(elements.readNullable(at));
            }
            at.leave(outer);
            usual = collection.size();
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
