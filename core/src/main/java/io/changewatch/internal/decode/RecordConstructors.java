package io.changewatch.internal.decode;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.Optional;

/**
 * Makes canonical constructors callable with the values of all components in two arrays: objects in one, primitives by their bits
 * in the other, so that they need no objects.
 *
 * <p>Stateless and thread-safe.
 */
final class RecordConstructors {
    private static final MethodHandle TO_DOUBLE = bitsTo(Double.class, "longBitsToDouble", double.class, long.class);
    private static final MethodHandle TO_FLOAT = bitsTo(Float.class, "intBitsToFloat", float.class, int.class);

    private RecordConstructors() {}

    private static MethodHandle bitsTo(Class<?> owner, String method, Class<?> type, Class<?> bits) {
        try {
            return MethodHandles.publicLookup().findStatic(owner, method, MethodType.methodType(type, bits));
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("a Java without " + method, e);
        }
    }

    /** {@code (Object[], long[])} to {@code Object}; empty if not everybody may call it. */
    static Optional<MethodHandle> of(Class<?> type) {
        Class<?>[] parameters = Arrays.stream(type.getRecordComponents())
                .map(RecordComponent::getType)
                .toArray(Class<?>[]::new);
        try {
            MethodHandle constructor =
                    MethodHandles.publicLookup().findConstructor(type, MethodType.methodType(void.class, parameters));
            return Optional.of(fromArrays(constructor, parameters));
        } catch (NoSuchMethodException | IllegalAccessException e) {
            return Optional.empty();
        }
    }

    private static MethodHandle fromArrays(MethodHandle constructor, Class<?>[] parameters) {
        MethodHandle[] elements = new MethodHandle[parameters.length];
        int[] arrays = new int[parameters.length];
        for (int i = 0; i < parameters.length; i++) {
            elements[i] = element(parameters[i], i);
            arrays[i] = parameters[i].isPrimitive() ? 1 : 0;
        }
        MethodHandle filtered = MethodHandles.filterArguments(constructor, 0, elements);
        return MethodHandles.permuteArguments(
                filtered.asType(filtered.type().changeReturnType(Object.class)),
                MethodType.methodType(Object.class, Object[].class, long[].class),
                arrays);
    }

    /** From one of the arrays to a parameter of this type. */
    private static MethodHandle element(Class<?> type, int index) {
        Class<?> array = type.isPrimitive() ? long[].class : Object[].class;
        MethodHandle element = MethodHandles.insertArguments(MethodHandles.arrayElementGetter(array), 1, index);
        if (type == double.class) {
            return MethodHandles.filterReturnValue(element, TO_DOUBLE);
        }
        return type == float.class
                ? MethodHandles.filterReturnValue(cast(element, int.class), TO_FLOAT)
                : cast(element, type);
    }

    private static MethodHandle cast(MethodHandle element, Class<?> type) {
        return MethodHandles.explicitCastArguments(element, element.type().changeReturnType(type));
    }
}
