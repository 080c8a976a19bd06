package io.changewatch.pipeline;

import java.io.IOException;
import java.io.ObjectOutputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.lang.invoke.MethodHandleInfo;
import java.lang.invoke.MethodType;
import java.lang.invoke.SerializedLambda;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import org.bson.codecs.pojo.ClassModel;
import org.bson.codecs.pojo.PropertyModel;
import org.bson.codecs.pojo.annotations.BsonId;
import org.bson.codecs.pojo.annotations.BsonProperty;
import org.jspecify.annotations.Nullable;

/**
 * The field that the driver's codec stores a property in.
 *
 * <p>Serializing a method reference reveals its method. For a record the rules are those of the driver's record codec
 * ({@code @BsonId}, then {@code @BsonProperty}, then the component's name); for other classes the driver's own
 * {@link ClassModel} answers, with its default conventions ({@code id} is stored as {@code _id}).
 */
final class PropertyNames {

    private PropertyNames() {}

    /**
     * The field's name.
     *
     * @throws IllegalArgumentException if the reference is not a reference to an accessor of a stored property
     */
    static String fieldName(PropertyReference<?, ?> reference) {
        SerializedLambda method =
                Capture.of(reference).filter(PropertyNames::isAccessor).orElseThrow(PropertyNames::noAccessor);
        Class<?> owner = owner(method, reference.getClass().getClassLoader());
        String name = method.getImplMethodName();
        return owner.isRecord() ? ofComponent(owner, name) : ofProperty(owner, name);
    }

    private static boolean isAccessor(SerializedLambda method) {
        boolean ofInstance = method.getImplMethodKind() == MethodHandleInfo.REF_invokeVirtual
                || method.getImplMethodKind() == MethodHandleInfo.REF_invokeInterface;
        return ofInstance
                && method.getCapturedArgCount() == 0
                && !method.getImplMethodName().startsWith("lambda$");
    }

    private static IllegalArgumentException noAccessor() {
        return new IllegalArgumentException("A field can be read from a reference to an accessor only, such as"
                + " Order::userId; a lambda or another method has no field's name. Use a method reference, or name the"
                + " field as a string.");
    }

    /** The type in the source, not the one that declares the method: a subclass may map an inherited property anew. */
    private static Class<?> owner(SerializedLambda method, @Nullable ClassLoader loader) {
        return MethodType.fromMethodDescriptorString(method.getInstantiatedMethodType(), loader)
                .parameterType(0);
    }

    private static String ofComponent(Class<?> owner, String name) {
        return Arrays.stream(owner.getDeclaredFields())
                .filter(field -> field.getName().equals(name))
                .findFirst()
                .map(field -> {
                    BsonProperty property = field.getAnnotation(BsonProperty.class);
                    String plain = property == null ? name : property.value();
                    return field.isAnnotationPresent(BsonId.class) ? "_id" : plain;
                })
                .orElseThrow(() -> notStored(owner, name));
    }

    private static String ofProperty(Class<?> owner, String method) {
        ClassModel<?> model = ClassModel.builder(owner).build();
        PropertyModel<?> property = model.getPropertyModel(propertyName(method));
        if (property == null) {
            throw notStored(owner, method);
        }
        return Stream.of(Optional.ofNullable(property.getReadName()), Optional.ofNullable(property.getWriteName()))
                .flatMap(Optional::stream)
                .findFirst()
                .orElseThrow(() -> notStored(owner, method));
    }

    private static String propertyName(String method) {
        String name = method.replaceFirst("^(?:get|is)(?=\\p{Upper})", "");
        return name.equals(method) ? name : name.substring(0, 1).toLowerCase(Locale.ROOT) + name.substring(1);
    }

    private static IllegalArgumentException notStored(Class<?> owner, String method) {
        return new IllegalArgumentException(owner.getSimpleName() + "::" + method + " is not the accessor of a property"
                + " that the driver's codecs store. Name the field as a string.");
    }

    /** Java's own serialization hands out what stands for a lambda; reflection would need the caller's module opened. */
    private static final class Capture extends ObjectOutputStream {

        private @Nullable SerializedLambda captured;

        private Capture() throws IOException {
            super(OutputStream.nullOutputStream());
            enableReplaceObject(true);
        }

        static Optional<SerializedLambda> of(Object reference) {
            try (Capture capture = new Capture()) {
                capture.writeObject(reference);
                return Optional.ofNullable(capture.captured);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        /** Ends the serialization with the first object, so that nothing that a lambda captured is touched. */
        @Override
        protected Object replaceObject(Object object) {
            if (object instanceof SerializedLambda lambda) {
                captured = lambda;
            }
            return "";
        }
    }
}
