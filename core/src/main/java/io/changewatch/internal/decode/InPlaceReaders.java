package io.changewatch.internal.decode;

import io.changewatch.internal.decode.BeanProperties.BeanProperty;
import io.changewatch.internal.decode.RecordReader.Component;
import java.lang.invoke.MethodType;
import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import org.bson.codecs.Codec;
import org.bson.codecs.configuration.CodecConfigurationException;
import org.bson.codecs.configuration.CodecRegistry;
import org.bson.codecs.pojo.annotations.BsonId;
import org.bson.codecs.pojo.annotations.BsonProperty;
import org.bson.codecs.pojo.annotations.BsonRepresentation;
import org.jspecify.annotations.Nullable;

/**
 * Derives readers for the records and plain JavaBeans of an application, once for each.
 *
 * <p>What a registry's codecs do is known where they are the driver's own, by the names of their classes; for other values the
 * codec itself is asked. A record is left to its codec as a whole if that is not the driver's, if it has type parameters, or
 * something that is honoured nowhere else ({@code @BsonRepresentation}), or if its constructor cannot be called from here. Of a
 * JavaBean nobody knows by which conventions the application's own provider reads it, so only those are read that no registry of
 * the application's knows, and that are plain: see {@link BeanProperties}.
 *
 * <p>Not thread-safe: one for each derivation.
 */
final class InPlaceReaders {
    private static final String RECORDS = "org.bson.codecs.record.RecordCodec";
    private static final String BEANS = "org.bson.codecs.pojo.AutomaticPojoCodec";
    private static final String COLLECTIONS = "org.bson.codecs.ParameterizedCollectionCodec";
    private static final String MAPS = "org.bson.codecs.ParameterizedMapCodec";

    private final CodecRegistry registry;
    private final Predicate<Class<?>> isByDefault;
    private final Map<Class<?>, Later> begun = new HashMap<>();

    /** Stands for the reader of a record inside of that record. */
    private static final class Later implements ValueReader {
        private @Nullable ValueReader reader;

        @Override
        public Object read(Walk at) {
            if (reader == null) {
                throw StepAside.now();
            }
            return reader.read(at);
        }
    }

    private InPlaceReaders(CodecRegistry registry, Predicate<Class<?>> isByDefault) {
        this.registry = registry;
        this.isByDefault = isByDefault;
    }

    /**
     * A reader to {@code type}, where one can take the place of {@code codec}.
     *
     * @param isByDefault whether a JavaBean is read by the driver's default conventions
     */
    static Optional<DocumentReader> of(
            Class<?> type, Codec<?> codec, CodecRegistry registry, Predicate<Class<?>> isByDefault) {
        try {
            return new InPlaceReaders(registry, isByDefault).document(type, codec);
        } catch (CodecConfigurationException e) { // about a type whose codec is not asked for by itself
            return Optional.empty();
        }
    }

    private static boolean isKind(Codec<?> codec, String name) {
        return codec.getClass().getName().equals(name);
    }

    private Optional<DocumentReader> document(Class<?> type, Codec<?> codec) {
        if (isKind(codec, RECORDS)) {
            return record(type);
        }
        return isKind(codec, BEANS) && isByDefault.test(type) ? bean(type) : Optional.empty();
    }

    private Optional<DocumentReader> bean(Class<?> type) {
        Later later = new Later();
        begun.put(type, later);
        Optional<DocumentReader> reader =
                BeanProperties.of(type).filter(this::isReadable).map(this::bean);
        return end(later, type, reader);
    }

    /** What cannot be read is left to its codec each time it comes. */
    private Optional<DocumentReader> end(Later later, Class<?> type, Optional<DocumentReader> reader) {
        reader.ifPresentOrElse(found -> later.reader = found, () -> begun.remove(type));
        return reader;
    }

    private boolean isReadable(BeanProperties properties) {
        return properties.all().stream().map(BeanProperty::type).allMatch(ContainerReaders::isKnown);
    }

    private DocumentReader bean(BeanProperties properties) {
        List<BeanReader.Property> readers = properties.all().stream()
                .map(property -> new BeanReader.Property(
                        FieldName.of(property.field()),
                        propertyOf(property.isPrimitive() ? wrapper((Class<?>) property.type()) : property.type()),
                        property.isPrimitive(),
                        property.setter()))
                .toList();
        return new BeanReader(readers, properties.constructor());
    }

    /** For collections and maps of a bean the driver asks no registry. */
    private ValueReader propertyOf(Type type) {
        if (!(type instanceof ParameterizedType parameterized)) {
            return valueOf(type);
        }
        Type[] of = parameterized.getActualTypeArguments();
        return ContainerReaders.of(rawOf(type), propertyOf(of[of.length - 1])).orElseThrow();
    }

    private Optional<DocumentReader> record(Class<?> type) {
        if (type.getTypeParameters().length > 0 || type.getRecordComponents().length > RecordReader.MOST_COMPONENTS) {
            return Optional.empty();
        }
        Later later = new Later();
        begun.put(type, later);
        Optional<DocumentReader> reader = components(type)
                .flatMap(components ->
                        RecordConstructors.of(type).map(constructor -> new RecordReader(components, constructor)));
        return end(later, type, reader);
    }

    private Optional<List<Component>> components(Class<?> type) {
        List<Component> components = new ArrayList<>();
        for (RecordComponent declared : type.getRecordComponents()) {
            Optional<Component> component = component(declared);
            if (component.isEmpty()) {
                return Optional.empty();
            }
            components.add(component.get());
        }
        return Optional.of(components);
    }

    /** Empty where only the codec of the whole record knows what to do. */
    private Optional<Component> component(RecordComponent component) {
        AnnotatedElement field = DeclaredField.fieldOf(component);
        if (field.isAnnotationPresent(BsonRepresentation.class)) {
            return Optional.empty();
        }
        String text = nameOf(component, field);
        if (text.indexOf('\0') >= 0) {
            return Optional.empty();
        }
        FieldName name = FieldName.of(text);
        if (!component.getType().isPrimitive()) {
            return Optional.of(new Component(name, valueOf(component.getGenericType()), null));
        }
        return ScalarReaders.bitsInsteadOf(registry.get(wrapper(component.getType())))
                .map(bits -> new Component(name, null, bits));
    }

    private static Class<?> wrapper(Class<?> type) {
        return MethodType.methodType(type).wrap().returnType();
    }

    /** As the driver's codec for records has it, which takes the value of the annotation as it is. */
    private static String nameOf(RecordComponent component, AnnotatedElement field) {
        if (field.isAnnotationPresent(BsonId.class)) {
            return "_id";
        }
        BsonProperty property = field.getAnnotation(BsonProperty.class);
        return property == null ? component.getName() : property.value();
    }

    private ValueReader valueOf(Type type) {
        Class<?> raw = rawOf(type);
        Later same = begun.get(raw);
        if (same != null) {
            return same;
        }
        List<Type> arguments = type instanceof ParameterizedType parameterized
                ? List.of(parameterized.getActualTypeArguments())
                : List.of();
        Codec<?> codec = arguments.isEmpty() ? registry.get(raw) : registry.get(raw, arguments);
        return insteadOf(codec, raw, arguments).orElseGet(() -> new CodecReader(codec));
    }

    private Optional<ValueReader> insteadOf(Codec<?> codec, Class<?> raw, List<Type> arguments) {
        Optional<DocumentReader> document = document(raw, codec);
        if (document.isPresent()) {
            return document.map(reader -> reader);
        }
        if (isKind(codec, COLLECTIONS)) {
            return ContainerReaders.collection(raw, valueOf(arguments.get(0)));
        }
        if (isKind(codec, MAPS)) {
            return ContainerReaders.map(raw, valueOf(arguments.get(1)));
        }
        return ScalarReaders.insteadOf(codec);
    }

    private static Class<?> rawOf(Type type) {
        if (type instanceof ParameterizedType parameterized) {
            return (Class<?>) parameterized.getRawType();
        }
        return type instanceof Class<?> plain ? plain : Object.class;
    }
}
