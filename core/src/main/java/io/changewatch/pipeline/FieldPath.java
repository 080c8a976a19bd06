package io.changewatch.pipeline;

import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.regex.Pattern;
import org.bson.BsonRegularExpression;
import org.bson.BsonType;
import org.bson.BsonValue;
import org.jspecify.annotations.Nullable;

/**
 * A field of an event, which a comparison makes a {@link Condition}.
 *
 * <pre>{@code
 * document("userId").eq("user123")
 * document(Order::address).field(Address::city).in("Bern", "Basel")
 * documentBefore("total").lt(100)
 * }</pre>
 *
 * <p>A path is dotted, goes through arrays, and may name an element by its index ({@code items.0.sku}). Values are what
 * the driver's default codecs know: strings, numbers, booleans, dates, {@code ObjectId}, {@code UUID} (stored in the
 * standard representation), enums (by name), lists, {@code Document}, any {@code BsonValue}, and null.
 *
 * <p>The comparisons are the server's, see {@link Condition}. Immutable and thread-safe.
 */
public final class FieldPath {

    private final String path;

    private FieldPath(String path) {
        this.path = path;
    }

    static FieldPath of(String path) {
        return new FieldPath(checked(path));
    }

    static FieldPath of(PropertyReference<?, ?> property) {
        return new FieldPath(PropertyNames.fieldName(Objects.requireNonNull(property, "property")));
    }

    /** The element of an array itself. */
    static FieldPath element() {
        return new FieldPath("");
    }

    /** A path of names without gaps. */
    static String checked(String path) {
        Objects.requireNonNull(path, "path");
        boolean hasGap = parts(path).contains("");
        if (hasGap || path.indexOf('\0') >= 0) {
            throw new IllegalArgumentException("'" + path + "' is not a path: it has an empty part or the character"
                    + " U+0000. Write the names of the fields, joined by single dots, such as address.city.");
        }
        return path;
    }

    /** The names of a checked path. */
    static List<String> parts(String path) {
        return List.of(path.split("\\.", -1));
    }

    /** A field inside this one. */
    public FieldPath field(String inner) {
        checked(inner);
        return new FieldPath(path.isEmpty() ? inner : path + '.' + inner);
    }

    /**
     * A field inside this one, by its accessor. Where this field is an array, the accessor is one of its elements'.
     *
     * @throws IllegalArgumentException if the reference is not a reference to an accessor of a stored property
     */
    public <T> FieldPath field(PropertyReference<T, ?> inner) {
        Objects.requireNonNull(inner, "inner");
        return field(PropertyNames.fieldName(inner));
    }

    /** Equal to the value, or an array with an element equal to it. Null also stands for a missing field. */
    public Condition eq(@Nullable Object value) {
        return condition(equal(value));
    }

    /** Not {@link #eq}: a missing field is not equal to any value but null. */
    public Condition ne(@Nullable Object value) {
        return Condition.not(eq(value));
    }

    /** {@link #eq} to one of the values. A regular expression among them accepts the texts in which it finds something. */
    public Condition in(@Nullable Object... values) {
        return in(Arrays.asList(values));
    }

    /** {@link #in(Object...)} with the values of a collection. */
    public Condition in(Collection<? extends @Nullable Object> values) {
        return condition(
                FieldTest.OneOf.of(values.stream().map(FieldPath::comparable).toList()));
    }

    /** Not {@link #in}. */
    public Condition nin(@Nullable Object... values) {
        return Condition.not(in(values));
    }

    /** {@link #nin(Object...)} with the values of a collection. */
    public Condition nin(Collection<? extends @Nullable Object> values) {
        return Condition.not(in(values));
    }

    /**
     * Greater than a value of the same type; another type never is.
     *
     * @throws IllegalArgumentException if the value is a regular expression
     */
    public Condition gt(@Nullable Object bound) {
        return range(FieldTest.Side.GREATER, bound);
    }

    /**
     * Greater than or equal to a value of the same type.
     *
     * @throws IllegalArgumentException if the value is a regular expression
     */
    public Condition gte(@Nullable Object bound) {
        return range(FieldTest.Side.GREATER_OR_EQUAL, bound);
    }

    /**
     * Less than a value of the same type.
     *
     * @throws IllegalArgumentException if the value is a regular expression
     */
    public Condition lt(@Nullable Object bound) {
        return range(FieldTest.Side.LESS, bound);
    }

    /**
     * Less than or equal to a value of the same type.
     *
     * @throws IllegalArgumentException if the value is a regular expression
     */
    public Condition lte(@Nullable Object bound) {
        return range(FieldTest.Side.LESS_OR_EQUAL, bound);
    }

    /** Present, be it null. */
    public Condition exists() {
        return condition(new FieldTest.Exists());
    }

    /** {@link #exists()}, or missing if {@code present} is false. */
    public Condition exists(boolean present) {
        return present ? exists() : Condition.not(exists());
    }

    /**
     * A text in which the regular expression finds something. The server evaluates it with PCRE, {@link Condition#matches}
     * with {@link Pattern}: keep to what both know.
     *
     * @throws IllegalArgumentException if the expression is invalid
     */
    public Condition regex(String pattern) {
        return regex(pattern, "");
    }

    /**
     * {@link #regex(String)} with options: {@code i} for any letter case, {@code m} for lines, {@code s} for a dot that
     * matches line ends, {@code x} for comments.
     *
     * @throws IllegalArgumentException if the expression is invalid or an option is not one of {@code imsx}
     */
    public Condition regex(String pattern, String options) {
        Objects.requireNonNull(pattern, "pattern");
        Objects.requireNonNull(options, "options");
        return condition(FieldTest.Text.of(new BsonRegularExpression(pattern, options)));
    }

    /**
     * {@link #regex(String, String)} with Java's flags.
     *
     * @throws IllegalArgumentException if it has flags that the server does not know
     */
    public Condition regex(Pattern pattern) {
        return condition(FieldTest.Text.of(Regexes.fromJava(Objects.requireNonNull(pattern, "pattern"))));
    }

    /**
     * An array with an element that fulfils a condition, all of it at once. The condition is about
     * {@link Condition#field(String) fields} of the element, or, joined by and, about {@link Condition#element()} itself.
     *
     * <pre>{@code
     * document("items").elemMatch(field("sku").eq("A-1").and(field("quantity").gt(2)))
     * document("scores").elemMatch(element().gte(80).and(element().lt(85)))
     * }</pre>
     *
     * @throws IllegalArgumentException if the condition mixes the two, or is about an update
     */
    public Condition elemMatch(Condition condition) {
        Objects.requireNonNull(condition, "condition");
        return condition(ElementTests.of(condition.node()));
    }

    /** An array with an element equal to the value; unlike {@link #eq}, the value itself is not enough. */
    public Condition contains(@Nullable Object value) {
        return condition(new FieldTest.ValueElement(List.of(equal(value))));
    }

    /**
     * An array of this many elements.
     *
     * @throws IllegalArgumentException if {@code elements} is negative
     */
    public Condition size(int elements) {
        if (elements < 0) {
            throw new IllegalArgumentException("An array cannot have " + elements + " elements. Give 0 or more.");
        }
        return condition(new FieldTest.Size(elements));
    }

    /** The path in the event, such as {@code fullDocument.userId}; empty for {@link Condition#element()}. */
    public String path() {
        return path;
    }

    @Override
    public String toString() {
        return path;
    }

    private Condition condition(FieldTest test) {
        return Condition.of(FieldCondition.of(path, test));
    }

    private static FieldTest equal(@Nullable Object value) {
        return new FieldTest.Equal(comparable(value));
    }

    private Condition range(FieldTest.Side side, @Nullable Object bound) {
        BsonValue value = comparable(bound);
        if (value.isRegularExpression()) {
            throw new IllegalArgumentException("Cannot compare '" + path + "' with a regular expression by order."
                    + " Use regex(..) to search, or eq(..) for the expression itself.");
        }
        return condition(new FieldTest.Range(side, value));
    }

    private static BsonValue comparable(@Nullable Object value) {
        BsonValue bson = BsonValues.of(value);
        if (bson.getBsonType() == BsonType.UNDEFINED) {
            throw new IllegalArgumentException(
                    "The server does not compare with undefined. Use null, or exists(false) for a missing field.");
        }
        return bson;
    }
}
