package io.changewatch.internal.decode;

import java.lang.invoke.MethodHandle;
import java.util.List;

/**
 * Reads a document as the driver's codec for JavaBeans does: the bean is made first and its setters are called in the order of the
 * document, also with null. Fields that are no property are passed over.
 *
 * <p>Thread-safe.
 */
final class BeanReader extends DocumentReader {
    private final Property[] properties;
    private final MethodHandle constructor;

    /**
     * What a setter sets.
     *
     * @param field the name of its field
     * @param isPrimitive for a type that has no null
     * @param setter takes the bean and the value as {@code (Object, Object)}
     */
    record Property(FieldName field, ValueReader value, boolean isPrimitive, MethodHandle setter) {}

    /** @param constructor takes nothing and returns an {@code Object} */
    BeanReader(List<Property> properties, MethodHandle constructor) {
        super(properties.stream().map(Property::field).toList());
        this.properties = properties.toArray(Property[]::new);
        this.constructor = constructor;
    }

    @Override
    Object readFields(Walk fields) {
        Object bean = make();
        for (int index = next(fields, count()); index >= 0; index = next(fields, index)) {
            take(fields, properties[index], bean);
        }
        return bean;
    }

    /** What the application's code throws is the codec's to meet, and to tell. */
    private Object make() {
        try {
            return (Object) constructor.invokeExact();
        } catch (VirtualMachineError e) {
            throw e;
        } catch (Throwable e) {
            throw StepAside.now();
        }
    }

    private static void take(Walk field, Property property, Object bean) {
        StepAside.unless(!(property.isPrimitive() && field.isNull()));
        Object value = property.value().readNullable(field);
        try {
            property.setter().invokeExact(bean, value);
        } catch (VirtualMachineError e) {
            throw e;
        } catch (Throwable e) {
            throw StepAside.now();
        }
    }
}
