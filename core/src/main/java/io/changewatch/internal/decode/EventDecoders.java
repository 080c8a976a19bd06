package io.changewatch.internal.decode;

import com.mongodb.MongoClientSettings;
import java.lang.reflect.Constructor;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.UUID;
import org.bson.UuidRepresentation;
import org.bson.codecs.Codec;
import org.bson.codecs.UuidCodec;
import org.bson.codecs.configuration.CodecConfigurationException;
import org.bson.codecs.configuration.CodecRegistries;
import org.bson.codecs.configuration.CodecRegistry;
import org.bson.codecs.pojo.PojoCodecProvider;
import org.bson.codecs.pojo.annotations.BsonCreator;
import org.jspecify.annotations.Nullable;

/**
 * Makes decoders for a document type.
 *
 * <p>A codec is looked for in the application's registry first, then among the driver's (values, {@code Document}, records),
 * then the type is taken for a JavaBean. UUIDs are of the standard representation unless the application's registry names
 * another. Thread-safe.
 */
public final class EventDecoders {
    private EventDecoders() {}

    /**
     * A decoder to {@code type}. It can be shared between threads if the application's codecs can.
     *
     * @param application the application's codecs; null for none
     * @throws IllegalArgumentException if no codec can decode {@code type}; the message names the remedy
     */
    public static <T> EventDecoder<T> of(Class<T> type, @Nullable CodecRegistry application) {
        CodecRegistry registry = registry(application);
        Codec<T> codec = codecOf(type, registry);
        return new BatchEventDecoder<>(new ImageDecoder<>(
                type, codec, InPlaceReaders.of(type, codec, registry, bean -> !knows(application, bean))));
    }

    private static CodecRegistry registry(@Nullable CodecRegistry application) {
        CodecRegistry defaults = CodecRegistries.fromRegistries(
                MongoClientSettings.getDefaultCodecRegistry(),
                CodecRegistries.fromProviders(
                        PojoCodecProvider.builder().automatic(true).build()));
        if (application == null) {
            return CodecRegistries.withUuidRepresentation(defaults, UuidRepresentation.STANDARD);
        }
        return CodecRegistries.withUuidRepresentation(
                CodecRegistries.fromRegistries(application, defaults), uuidRepresentation(application));
    }

    private static boolean knows(@Nullable CodecRegistry application, Class<?> type) {
        try {
            return application != null && application.get(type) != null;
        } catch (CodecConfigurationException e) {
            return false;
        }
    }

    private static UuidRepresentation uuidRepresentation(CodecRegistry application) {
        try {
            boolean named = application.get(UUID.class) instanceof UuidCodec codec
                    && codec.getUuidRepresentation() != UuidRepresentation.UNSPECIFIED;
            return named
                    ? ((UuidCodec) application.get(UUID.class)).getUuidRepresentation()
                    : UuidRepresentation.STANDARD;
        } catch (CodecConfigurationException e) {
            return UuidRepresentation.STANDARD; // it has no codec for UUIDs, so ours decodes them
        }
    }

    private static <T> Codec<T> codecOf(Class<T> type, CodecRegistry registry) {
        try {
            Codec<T> codec = registry.get(type);
            checkConstructor(type, codec);
            return codec;
        } catch (CodecConfigurationException e) {
            throw new IllegalArgumentException(
                    "Cannot decode documents to %s: no codec handles it. Make it a public record or a JavaBean, or give codecRegistry(...) a codec for it and for the types of its fields."
                            .formatted(type.getName()),
                    e);
        }
    }

    /** The driver's codecs for records and JavaBeans look for a constructor when the first document comes: too late. */
    private static void checkConstructor(Class<?> type, Codec<?> codec) {
        String room = codec.getClass().getPackageName();
        if (room.equals("org.bson.codecs.record") && !isReachable(type, codec)) {
            throw new IllegalArgumentException(
                    "Cannot decode documents to %s: the record is not public, so its codec cannot call its constructor. Declare the record public in an exported package, or give codecRegistry(...) a codec for it."
                            .formatted(type.getName()));
        }
        if (room.equals("org.bson.codecs.pojo") && !hasUsableConstructor(type)) {
            throw new IllegalArgumentException(
                    "Cannot decode documents to %s: it has no public constructor without parameters and none annotated with @BsonCreator. Add one, make it a record, or give codecRegistry(...) a codec for it."
                            .formatted(type.getName()));
        }
    }

    private static boolean isReachable(Class<?> type, Codec<?> codec) {
        return Modifier.isPublic(type.getModifiers())
                && type.getModule()
                        .isExported(type.getPackageName(), codec.getClass().getModule());
    }

    /** An abstract type names its subtypes by a discriminator; their constructors count. */
    private static boolean hasUsableConstructor(Class<?> type) {
        return Modifier.isAbstract(type.getModifiers())
                || Arrays.stream(type.getDeclaredConstructors()).anyMatch(EventDecoders::isUsable)
                || Arrays.stream(type.getDeclaredMethods())
                        .anyMatch(method -> method.isAnnotationPresent(BsonCreator.class));
    }

    private static boolean isUsable(Constructor<?> constructor) {
        boolean visible =
                Modifier.isPublic(constructor.getModifiers()) || Modifier.isProtected(constructor.getModifiers());
        return constructor.isAnnotationPresent(BsonCreator.class) || (visible && constructor.getParameterCount() == 0);
    }
}
