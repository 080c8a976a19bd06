package io.changewatch.internal.decode;

import io.changewatch.internal.decode.Walk.Frame;
import java.lang.invoke.MethodHandle;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads a document as the driver's codec for records does: fields that the record does not name are passed over, of two with one
 * name the last counts, and a null is as good as an absent one.
 *
 * <p>Thread-safe.
 */
final class RecordReader extends DocumentReader {
    /** As many as a {@code long} has bits. */
    static final int MOST_COMPONENTS = Long.SIZE;

    private final Component[] components;
    private final long required;
    private final MethodHandle constructor;

    /**
     * One component of the record; it has one of the two readers.
     *
     * @param field the name of its field
     * @param bits for a primitive type, which cannot do without a value
     */
    record Component(
            FieldName field,
            @Nullable ValueReader value,
            @Nullable BitsReader bits) {}

    /**
     * A reader for at most {@link #MOST_COMPONENTS} components.
     *
     * @param constructor takes the components' values as {@code (Object[], long[])}, each in its place in one of the two, and
     *     returns an {@code Object}
     */
    RecordReader(List<Component> components, MethodHandle constructor) {
        super(components.stream().map(Component::field).toList());
        this.components = components.toArray(Component[]::new);
        this.required = required(components);
        this.constructor = constructor;
    }

    private static long required(List<Component> components) {
        long required = 0;
        for (int i = 0; i < components.size(); i++) {
            required |= components.get(i).bits() == null ? 0 : 1L << i;
        }
        return required;
    }

    @Override
    Object readFields(Walk fields) {
        Frame frame = fields.push(components.length);
        long seen = 0;
        for (int index = next(fields, count()); index >= 0; index = next(fields, index)) {
            take(fields, index, frame);
            seen |= 1L << index;
        }
        StepAside.unless((seen & required) == required);
        Object value = construct(frame);
        fields.pop(components.length);
        return value;
    }

    private void take(Walk field, int index, Frame frame) {
        Component component = components[index];
        BitsReader bits = component.bits();
        if (bits != null) {
            StepAside.unless(!field.isNull());
            frame.bits()[index] = bits.read(field);
        } else if (component.value() != null && !field.isNull()) {
            frame.values()[index] = component.value().read(field);
        }
    }

    /** An exception of the constructor is the codec's to meet, and to tell. */
    private Object construct(Frame frame) {
        try {
            return (Object) constructor.invokeExact(frame.values(), frame.bits());
        } catch (VirtualMachineError e) {
            throw e;
        } catch (Throwable e) {
            throw StepAside.now();
        }
    }
}
