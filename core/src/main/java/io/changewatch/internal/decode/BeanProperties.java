package io.changewatch.internal.decode;

import java.io.Serializable;
import java.lang.annotation.Annotation;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.bson.codecs.pojo.ClassModel;
import org.bson.codecs.pojo.PropertyModel;

/**
 * The properties of a plain JavaBean: a public class with a public constructor without parameters, no parent, no interface but
 * {@code Serializable}, no annotation of the driver's, and one public setter for each property, of a type without variables or
 * wildcards. A bean with a property that has none, or whose field is final, is not plain: the driver decodes that and drops it.
 *
 * <p>The driver's model tells which properties there are and what their fields are called, but not their types: those are the
 * setters', as for the driver.
 *
 * @param constructor takes nothing and returns an {@code Object}
 * @param all each with its setter
 */
record BeanProperties(MethodHandle constructor, List<BeanProperty> all) {
    private static final String ANNOTATIONS = "org.bson.codecs.pojo.annotations";

    /**
     * One of them.
     *
     * @param field the name of its field
     * @param setter takes the bean and the value as {@code (Object, Object)}
     */
    record BeanProperty(String field, Type type, MethodHandle setter) {
        boolean isPrimitive() {
            return type instanceof Class<?> plain && plain.isPrimitive();
        }
    }

    /** Empty if {@code type} is more than a plain bean, or less. */
    static Optional<BeanProperties> of(Class<?> type) {
        if (!isPlain(type)) {
            return Optional.empty();
        }
        ClassModel<?> model = ClassModel.builder(type).build();
        List<BeanProperty> properties = new ArrayList<>();
        for (PropertyModel<?> property : model.getPropertyModels()) {
            if (property.isWritable()) {
                Optional<BeanProperty> known = property(type, property);
                if (known.isEmpty()) {
                    return Optional.empty();
                }
                properties.add(known.get());
            }
        }
        boolean isDistinct =
                properties.stream().map(BeanProperty::field).distinct().count() == properties.size();
        return model.useDiscriminator() || !isDistinct
                ? Optional.empty()
                : constructor(type).map(made -> new BeanProperties(made, properties));
    }

    private static boolean isPlain(Class<?> type) {
        return type.getSuperclass() == Object.class
                && Set.of(Serializable.class).containsAll(List.of(type.getInterfaces()))
                && type.getTypeParameters().length == 0
                && !Modifier.isAbstract(type.getModifiers())
                && Stream.of(
                                Stream.of(type),
                                Arrays.stream(type.getDeclaredFields()),
                                Arrays.stream(type.getDeclaredMethods()),
                                Arrays.stream(type.getDeclaredConstructors()))
                        .flatMap(parts -> parts)
                        .noneMatch(BeanProperties::isAnnotated);
    }

    private static boolean isAnnotated(AnnotatedElement part) {
        return Arrays.stream(part.getAnnotations())
                .map(Annotation::annotationType)
                .anyMatch(annotation -> annotation.getPackageName().equals(ANNOTATIONS)
                        || Arrays.stream(annotation.getAnnotations())
                                .anyMatch(meta ->
                                        meta.annotationType().getPackageName().equals(ANNOTATIONS)));
    }

    private static Optional<BeanProperty> property(Class<?> type, PropertyModel<?> property) {
        List<Method> setters = Arrays.stream(type.getDeclaredMethods())
                .filter(method -> isSetter(method, property.getName()))
                .toList();
        boolean isUsual = setters.size() == 1
                && property.getCodec() == null
                && Arrays.stream(type.getDeclaredFields()).noneMatch(field -> isFixed(field, property.getName()))
                && isConcrete(setters.get(0).getGenericParameterTypes()[0]);
        return isUsual ? property(property.getWriteName(), setters.get(0)) : Optional.empty();
    }

    /** Only for names that begin with a small letter: the driver takes {@code setName} for the setter of {@code name}. */
    private static boolean isSetter(Method method, String property) {
        String name = "set" + Character.toUpperCase(property.charAt(0)) + property.substring(1);
        return Character.isLowerCase(property.charAt(0))
                && method.getName().equals(name)
                && method.getParameterCount() == 1
                && Modifier.isPublic(method.getModifiers())
                && !Modifier.isStatic(method.getModifiers())
                && !method.isBridge();
    }

    /** The driver calls no setter beside such a field. */
    private static boolean isFixed(Field field, String property) {
        return field.getName().equals(property)
                && (field.getModifiers() & (Modifier.FINAL | Modifier.STATIC | Modifier.TRANSIENT)) != 0;
    }

    private static Optional<BeanProperty> property(String field, Method setter) {
        try {
            MethodHandle handle = MethodHandles.publicLookup()
                    .unreflect(setter)
                    .asFixedArity()
                    .asType(MethodType.methodType(void.class, Object.class, Object.class));
            return Optional.of(new BeanProperty(field, setter.getGenericParameterTypes()[0], handle));
        } catch (IllegalAccessException e) {
            return Optional.empty();
        }
    }

    private static boolean isConcrete(Type type) {
        return type instanceof ParameterizedType parameterized
                ? Arrays.stream(parameterized.getActualTypeArguments()).allMatch(BeanProperties::isConcrete)
                : type instanceof Class<?>;
    }

    private static Optional<MethodHandle> constructor(Class<?> type) {
        try {
            return Optional.of(MethodHandles.publicLookup()
                    .findConstructor(type, MethodType.methodType(void.class))
                    .asType(MethodType.methodType(Object.class)));
        } catch (NoSuchMethodException | IllegalAccessException e) {
            return Optional.empty();
        }
    }
}
