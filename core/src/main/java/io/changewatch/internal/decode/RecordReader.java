package io.changewatch.internal.decode;

import java.lang.invoke.MethodHandle;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads a document as the driver's codec for records does: fields that the record does not name are passed over, of two with one
 * name the last counts, and a null is as good as an absent one.
 *
 * <p>Immutable and thread-safe.
 */
final class RecordReader implements ValueReader {
    private final Component[] components;
    private final MethodHandle constructor;

    /**
     * One component of the record.
     *
     * @param field the name of its field, as BSON has it
     * @param isPrimitive whether it cannot do without a value
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Component(byte[] field, ValueReader reader, boolean isPrimitive) {}

    /** @param constructor takes the components' values as an {@code Object[]} and returns an {@code Object} */
    RecordReader(List<Component> components, MethodHandle constructor) {
        this.components = components.toArray(Component[]::new);
        this.constructor = constructor;
    }

    @Override
    public Object read(Elements at) {
        return readFields(at.in(BsonBytes.DOCUMENT));
    }

    Object readFields(Elements fields) {
        @Nullable Object[] values = new Object[components.length];
        int expected = 0;
        while (fields.next()) {
            int index = find(fields, expected);
            if (index >= 0) {
                take(fields, index, values);
                expected = index + 1;
            }
        }
        for (int i = 0; i < values.length; i++) {
            if (values[i] == null && components[i].isPrimitive()) {
                throw StepAside.now();
            }
        }
        return construct(values);
    }

    /** Documents mostly have their fields in the order of the components. */
    private int find(Elements field, int expected) {
        int length = components.length;
        for (int i = 0; i < length; i++) {
            int index = expected + i < length ? expected + i : expected + i - length;
            if (field.isNamed(components[index].field())) {
                return index;
            }
        }
        return -1;
    }

    private void take(Elements field, int index, @Nullable Object[] values) {
        Component component = components[index];
        if (!field.isNull()) {
            values[index] = component.reader().read(field);
        } else if (component.isPrimitive()) {
            throw StepAside.now();
        }
    }

    /** An exception of the constructor is the codec's to meet, and to tell. */
    private Object construct(@Nullable Object[] values) {
        try {
            return (Object) constructor.invokeExact(values);
        } catch (Error e) {
            throw e;
        } catch (Throwable e) {
            throw StepAside.now();
        }
    }
}
