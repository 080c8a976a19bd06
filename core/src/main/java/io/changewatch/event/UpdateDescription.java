package io.changewatch.event;

import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;
import org.bson.BsonDocument;
import org.jspecify.annotations.Nullable;

/**
 * What an update changed.
 *
 * <p>Immutable and thread-safe.
 */
public final class UpdateDescription {
    private final Supplier<Parts> source;
    /** Whoever asks first has them made; two at once may each have theirs, which are equal. */
    private @Nullable Parts known;

    private record Parts(
            BsonDocument updatedFields,
            List<String> removedFields,
            List<TruncatedArray> truncatedArrays,
            Optional<BsonDocument> disambiguatedPaths) {}

    /** A description of these parts, which the methods return. Copies the lists. */
    public UpdateDescription(
            BsonDocument updatedFields,
            List<String> removedFields,
            List<TruncatedArray> truncatedArrays,
            Optional<BsonDocument> disambiguatedPaths) {
        Parts parts = new Parts(
                Objects.requireNonNull(updatedFields, "updatedFields"),
                List.copyOf(removedFields),
                List.copyOf(truncatedArrays),
                Objects.requireNonNull(disambiguatedPaths, "disambiguatedPaths"));
        this.source = () -> parts;
    }

    private UpdateDescription(Supplier<Parts> source) {
        this.source = source;
    }

    /** A description that is read when somebody asks for a part of it; {@code reading} must not fail. */
    public static UpdateDescription lazily(Supplier<UpdateDescription> reading) {
        Objects.requireNonNull(reading, "reading");
        return new UpdateDescription(() -> reading.get().parts());
    }

    private Parts parts() {
        Parts parts = known;
        if (parts == null) {
            parts = source.get();
            known = parts;
        }
        return parts;
    }

    /** New values by dotted path, such as {@code {"address.city": "Bern"}}. */
    public BsonDocument updatedFields() {
        return parts().updatedFields();
    }

    /** Dotted paths of the fields that were removed. */
    public List<String> removedFields() {
        return parts().removedFields();
    }

    /** Arrays that were shortened. */
    public List<TruncatedArray> truncatedArrays() {
        return parts().truncatedArrays();
    }

    /** Paths that are ambiguous when dotted, split into their parts; sent with {@code showExpandedEvents()} by servers from 6.1. */
    public Optional<BsonDocument> disambiguatedPaths() {
        return parts().disambiguatedPaths();
    }

    /** Whether {@code other} has the same parts. */
    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof UpdateDescription description && parts().equals(description.parts());
    }

    @Override
    public int hashCode() {
        return parts().hashCode();
    }

    @Override
    public String toString() {
        return "UpdateDescription" + parts().toString().substring("Parts".length());
    }

    UpdateDescription copy(OwnBytes bytes) {
        return new UpdateDescription(
                bytes.move(updatedFields()), removedFields(), truncatedArrays(), bytes.move(disambiguatedPaths()));
    }

    /**
     * An array that was shortened.
     *
     * @param field the dotted path of the array
     * @param newSize how many elements are left
     */
    public record TruncatedArray(String field, int newSize) {}
}
