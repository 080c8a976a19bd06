package io.changewatch.internal.decode;

import java.lang.reflect.InvocationTargetException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.bson.BsonSerializationException;
import org.bson.BsonType;

/**
 * Explains why a codec failed: which field it stood at, what is there, and what the application's type needs.
 *
 * <p>Names and types only: the driver's own messages may show values, so they stay in the cause. Not thread-safe.
 */
final class ImageFailure {
    private static final String CORRECT = "Correct the document, ";

    private final ImageReader reader;
    private final Class<?> type;
    private final String root;
    private final RuntimeException cause;

    /** @param root the event's field that holds the document */
    ImageFailure(ImageReader reader, Class<?> type, String root, RuntimeException cause) {
        this.reader = reader;
        this.type = type;
        this.root = root;
        this.cause = cause;
    }

    /**
     * What stands in the way.
     *
     * @throws Error if that is what the application's constructor threw: it is no matter of this event
     */
    FieldFailure explain() {
        throwIfError();
        FieldLocation location;
        try {
            location = FieldLocation.find(reader.bytes(), reader.start(), reader.end(), reader.position());
        } catch (MalformedBsonException e) {
            return malformed(e.path().isEmpty() ? root : root + '.' + e.path(), e.reason());
        }
        if (causeOf(BsonSerializationException.class).isPresent()) {
            return malformed(pathOf(location), "its codec could not read it");
        }
        return explain(location);
    }

    private FieldFailure explain(FieldLocation location) {
        Optional<DeclaredField> declared = DeclaredField.find(type, location.path());
        boolean wholeDocument = location.consumed() && location.isDocument();
        if (wholeDocument && declared.isPresent() && declared.get().rawType().isRecord()) {
            return refusedRecord(location, declared.get().rawType());
        }
        return refusedValue(location, declared);
    }

    private FieldFailure refusedValue(FieldLocation location, Optional<DeclaredField> declared) {
        if (location.consumed() && causeOf(InvocationTargetException.class).isPresent()) {
            return refusedBySetter(location, declared);
        }
        String member = declared.filter(field -> !field.name().isEmpty())
                .map(DeclaredField::member)
                .orElse("the codec of " + type.getSimpleName());
        String found = BsonTypes.withArticle(location.type());
        BsonType refused = reader.refusedHere();
        String problem;
        if (location.consumed()) {
            problem = "holds %s that does not fit %s%s"
                    .formatted(
                            found,
                            member,
                            declared.map(ImageFailure::apposition).orElse(""));
        } else if (refused != null) {
            problem = "is %s, but %s needs %s".formatted(found, member, BsonTypes.withArticle(refused));
        } else {
            problem = declared.filter(field -> !field.name().isEmpty())
                    .map(field ->
                            "is %s, but %s needs %s".formatted(found, member, BsonTypes.withArticle(field.typeName())))
                    .orElse("is %s, which %s refuses".formatted(found, member));
        }
        return failure(pathOf(location), "field " + pathOf(location) + ' ' + problem, CORRECT + "widen the type");
    }

    private FieldFailure refusedBySetter(FieldLocation location, Optional<DeclaredField> declared) {
        return failure(
                pathOf(location),
                "the setter of %s refuses field %s (%s)"
                        .formatted(
                                declared.map(DeclaredField::member).orElse(type.getSimpleName()),
                                pathOf(location),
                                applicationsException()),
                CORRECT + "relax the setter");
    }

    private FieldFailure refusedRecord(FieldLocation location, Class<?> declared) {
        Set<String> present = namesIn(location);
        List<String> needed = without(present, DeclaredField.fieldNames(declared, true));
        if (!needed.isEmpty()) {
            return missing(location, needed.get(0));
        }
        List<String> absent = without(present, DeclaredField.fieldNames(declared, false));
        String document = absent.isEmpty() ? "" : ", which has no field " + String.join(", ", absent);
        return failure(
                pathOf(location),
                "the constructor of %s refuses %s%s (%s)"
                        .formatted(declared.getSimpleName(), pathOf(location), document, applicationsException()),
                CORRECT + "relax the constructor");
    }

    private FieldFailure missing(FieldLocation location, String name) {
        List<String> path = new ArrayList<>(location.path());
        path.add(name);
        String field = root + '.' + String.join(".", path);
        DeclaredField declared = DeclaredField.find(type, path).orElseThrow();
        return failure(
                field,
                "field %s is missing, but %s is %s"
                        .formatted(field, declared.member(), BsonTypes.withArticle(declared.typeName())),
                CORRECT + "declare a type that can be null");
    }

    private FieldFailure malformed(String field, String reason) {
        return failure(
                field,
                "field %s is not valid BSON: %s".formatted(field, reason),
                "Look for what damages bytes between the server and the application");
    }

    private FieldFailure failure(String field, String problem, String remedy) {
        return new FieldFailure(field, problem, remedy, cause);
    }

    private Set<String> namesIn(FieldLocation location) {
        Set<String> names = new HashSet<>();
        Elements elements = new Elements(reader.bytes(), location.valueStart(), location.valueEnd(), "");
        while (elements.next()) {
            names.add(elements.name());
        }
        return names;
    }

    private static List<String> without(Set<String> present, List<String> names) {
        return names.stream().filter(name -> !present.contains(name)).toList();
    }

    private static String apposition(DeclaredField field) {
        return field.name().isEmpty() ? "" : ", " + BsonTypes.withArticle(field.typeName());
    }

    private String pathOf(FieldLocation location) {
        return location.path().isEmpty() ? root : root + '.' + String.join(".", location.path());
    }

    private String applicationsException() {
        Throwable thrown = causeOf(InvocationTargetException.class)
                .<Throwable>map(InvocationTargetException::getTargetException)
                .orElse(cause);
        return thrown.getClass().getSimpleName();
    }

    private void throwIfError() {
        Optional<InvocationTargetException> call = causeOf(InvocationTargetException.class);
        if (call.isPresent() && call.get().getTargetException() instanceof Error error) {
            throw error;
        }
    }

    private <X extends Throwable> Optional<X> causeOf(Class<X> kind) {
        for (Throwable each = cause; each != null; each = each.getCause()) {
            if (kind.isInstance(each)) {
                return Optional.of(kind.cast(each));
            }
        }
        return Optional.empty();
    }
}
