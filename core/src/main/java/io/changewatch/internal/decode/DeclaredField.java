package io.changewatch.internal.decode;

import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.bson.codecs.pojo.annotations.BsonId;
import org.bson.codecs.pojo.annotations.BsonProperty;

/**
 * Where a field of a document lands in the application's types, found by reflection for messages only.
 *
 * <p>Follows records and JavaBeans by the driver's rules for names, through collections, arrays and maps. Where it cannot
 * follow (type variables, codecs of the application's own) it finds nothing. Immutable and thread-safe.
 *
 * @param owner the simple name of the class that declares it
 * @param name the record component or property
 * @param type the type a value has to fit: of the elements, for a path that ends in an array or map
 */
record DeclaredField(String owner, String name, Type type) {

    /** What {@code path} leads to from {@code root}. */
    static Optional<DeclaredField> find(Class<?> root, List<String> path) {
        DeclaredField field = new DeclaredField("", "", root);
        for (String segment : path) {
            Optional<DeclaredField> next = field.step(segment);
            if (next.isEmpty()) {
                return next;
            }
            field = next.get();
        }
        return Optional.of(field);
    }

    /** The fields of a record, by their names in a document. */
    static List<String> fieldNames(Class<?> record, boolean primitiveOnly) {
        return Arrays.stream(record.getRecordComponents())
                .filter(component -> !primitiveOnly || component.getType().isPrimitive())
                .map(component -> fieldName(component.getName(), fieldOf(component)))
                .toList();
    }

    /** {@code Order.total}. */
    String member() {
        return owner + '.' + name;
    }

    /** {@code BigDecimal}. */
    String typeName() {
        Class<?> raw = rawType();
        return raw == Object.class ? type.getTypeName() : raw.getSimpleName();
    }

    /** The class without its type arguments; {@code Object} where there is none. */
    Class<?> rawType() {
        if (type instanceof Class<?> plain) {
            return plain;
        }
        return type instanceof ParameterizedType generic && generic.getRawType() instanceof Class<?> raw
                ? raw
                : Object.class;
    }

    private Optional<DeclaredField> step(String segment) {
        Class<?> raw = rawType();
        if (raw.isArray()) {
            return Optional.of(new DeclaredField(owner, name, raw.getComponentType()));
        }
        if (Collection.class.isAssignableFrom(raw) || Map.class.isAssignableFrom(raw)) {
            return lastTypeArgument().map(element -> new DeclaredField(owner, name, element));
        }
        return raw.isRecord() ? componentOf(raw, segment) : propertyOf(raw, segment);
    }

    private Optional<Type> lastTypeArgument() {
        if (!(type instanceof ParameterizedType generic)) {
            return Optional.empty();
        }
        Type[] arguments = generic.getActualTypeArguments();
        return Optional.of(arguments[arguments.length - 1]);
    }

    private static Optional<DeclaredField> componentOf(Class<?> record, String segment) {
        return Arrays.stream(record.getRecordComponents())
                .filter(component -> segment.equals(fieldName(component.getName(), fieldOf(component))))
                .map(component ->
                        new DeclaredField(record.getSimpleName(), component.getName(), component.getGenericType()))
                .findFirst();
    }

    private static Optional<DeclaredField> propertyOf(Class<?> bean, String segment) {
        return Stream.<Class<?>>iterate(bean, type -> type != null && type != Object.class, Class::getSuperclass)
                .flatMap(type -> Arrays.stream(type.getDeclaredFields()))
                .filter(field -> !Modifier.isStatic(field.getModifiers()))
                .filter(field -> segment.equals(beanFieldName(field)))
                .map(field -> new DeclaredField(bean.getSimpleName(), field.getName(), field.getGenericType()))
                .findFirst();
    }

    private static String beanFieldName(Field field) {
        return field.getName().equals("id") ? "_id" : fieldName(field.getName(), field);
    }

    private static String fieldName(String name, AnnotatedElement field) {
        if (field.isAnnotationPresent(BsonId.class)) {
            return "_id";
        }
        BsonProperty property = field.getAnnotation(BsonProperty.class);
        return property == null || property.value().isEmpty() ? name : property.value();
    }

    /** Where the driver's codec for records looks for annotations. */
    static AnnotatedElement fieldOf(RecordComponent component) {
        try {
            return component.getDeclaringRecord().getDeclaredField(component.getName());
        } catch (NoSuchFieldException e) {
            throw new IllegalStateException("a record component without its field: " + component, e);
        }
    }
}
