package io.changewatch.event;

import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.bson.BsonDocument;

/**
 * What an update changed.
 *
 * <p>Immutable and thread-safe.
 *
 * @param updatedFields new values by dotted path, such as {@code {"address.city": "Bern"}}
 * @param removedFields dotted paths of the fields that were removed
 * @param truncatedArrays arrays that were shortened
 * @param disambiguatedPaths paths that are ambiguous when dotted, split into their parts; sent with
 *     {@code showExpandedEvents()} by servers from 6.1
 */
public record UpdateDescription(
        BsonDocument updatedFields,
        List<String> removedFields,
        List<TruncatedArray> truncatedArrays,
        Optional<BsonDocument> disambiguatedPaths) {

    /** Checks the parts and copies the lists. */
    public UpdateDescription {
        Objects.requireNonNull(updatedFields, "updatedFields");
        removedFields = List.copyOf(removedFields);
        truncatedArrays = List.copyOf(truncatedArrays);
        Objects.requireNonNull(disambiguatedPaths, "disambiguatedPaths");
    }

    UpdateDescription copy(OwnBytes bytes) {
        return new UpdateDescription(
                bytes.move(updatedFields), removedFields, truncatedArrays, bytes.move(disambiguatedPaths));
    }

    /**
     * An array that was shortened.
     *
     * @param field the dotted path of the array
     * @param newSize how many elements are left
     */
    public record TruncatedArray(String field, int newSize) {}
}
