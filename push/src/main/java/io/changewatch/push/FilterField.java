package io.changewatch.push;

import static io.changewatch.pipeline.Condition.documentBefore;

import io.changewatch.event.OperationType;
import io.changewatch.pipeline.Condition;
import io.changewatch.pipeline.FieldPath;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * A query parameter by which a client may filter, and what it means. What is not named is refused.
 *
 * <p>A parameter that is given several times accepts any of its values. Immutable and thread-safe.
 */
public final class FilterField {

    private static final List<OperationType> OPERATIONS =
            List.of(OperationType.INSERT, OperationType.UPDATE, OperationType.REPLACE, OperationType.DELETE);

    private final String name;
    private final Function<List<String>, Condition> meaning;

    private FilterField(String name, Function<List<String>, Condition> meaning) {
        this.name = name;
        this.meaning = meaning;
    }

    /**
     * A text field of the document, equal to the value. Deletes carry no document and do not pass; an update passes only
     * with {@code fullDocument(UPDATE_LOOKUP)} or the like.
     */
    public static FilterField document(String path) {
        FieldPath field = Condition.document(path);
        return of(path, field::in);
    }

    /**
     * {@link #document(String)}, also where the document had the value before the change: so that a client sees its document
     * deleted, or taken from it. Needs {@code fullDocumentBeforeChange(..)} and a collection that keeps pre-images.
     */
    public static FilterField documentOrBefore(String path) {
        FieldPath now = Condition.document(path);
        FieldPath before = documentBefore(path);
        return of(path, values -> now.in(values).or(before.in(values)));
    }

    /** A field of the document that holds whole numbers, equal to the value. */
    public static FilterField number(String path) {
        FieldPath field = Condition.document(path);
        return of(
                path,
                values -> field.in(values.stream().map(FilterField::wholeNumber).toList()));
    }

    private static long wholeNumber(String value) {
        try {
            return Long.parseLong(value);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("must be a whole number", e);
        }
    }

    /** The kind of change, as parameter {@code operation}: {@code insert}, {@code update}, {@code replace}, {@code delete}. */
    public static FilterField operation() {
        return of(
                "operation",
                values -> Condition.operation(
                        values.stream().map(FilterField::operation).toArray(OperationType[]::new)));
    }

    private static OperationType operation(String value) {
        return OPERATIONS.stream()
                .filter(type -> type.value().equals(value.toLowerCase(Locale.ROOT)))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("must be one of "
                        + OPERATIONS.stream().map(OperationType::value).collect(Collectors.joining(", "))));
    }

    /**
     * A parameter with a meaning of the application's own. For a value that does not fit, {@code meaning} throws
     * {@link IllegalArgumentException} with what it must be: that text is sent to the client.
     */
    public static FilterField of(String name, Function<List<String>, Condition> meaning) {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(meaning, "meaning");
        if (name.equals("after")) {
            throw new IllegalArgumentException(
                    "A filter cannot be named 'after': that is for the position. Choose another name.");
        }
        if (name.isBlank()) {
            throw new IllegalArgumentException("A filter needs the name of a parameter, such as \"status\".");
        }
        return new FilterField(name, meaning);
    }

    /** The same filter under another parameter's name. */
    public FilterField named(String other) {
        return of(other, meaning);
    }

    /** The name of the parameter. */
    public String name() {
        return name;
    }

    Condition condition(List<String> values) {
        return Objects.requireNonNull(meaning.apply(values), "meaning");
    }

    @Override
    public String toString() {
        return "FilterField[" + name + "]";
    }

    static String names(List<FilterField> fields) {
        return fields.stream().map(FilterField::name).sorted().collect(Collectors.joining(", "));
    }

    static boolean areDistinct(List<FilterField> fields) {
        return fields.stream().map(FilterField::name).distinct().count() == fields.size();
    }
}
