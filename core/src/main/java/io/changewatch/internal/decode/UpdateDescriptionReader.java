package io.changewatch.internal.decode;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.changewatch.event.UpdateDescription;
import io.changewatch.event.UpdateDescription.TruncatedArray;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.bson.BsonDocument;
import org.jspecify.annotations.Nullable;

/** Reads the {@code updateDescription} of an update. Not thread-safe: one for each update. */
final class UpdateDescriptionReader {
    private static final byte[] UPDATED_FIELDS = "updatedFields".getBytes(UTF_8);
    private static final byte[] REMOVED_FIELDS = "removedFields".getBytes(UTF_8);
    private static final byte[] TRUNCATED_ARRAYS = "truncatedArrays".getBytes(UTF_8);
    private static final byte[] DISAMBIGUATED_PATHS = "disambiguatedPaths".getBytes(UTF_8);

    private @Nullable BsonDocument updatedFields;
    private List<String> removedFields = List.of();
    private List<TruncatedArray> truncatedArrays = List.of();
    private @Nullable BsonDocument disambiguatedPaths;

    private UpdateDescriptionReader() {}

    static UpdateDescription read(Envelope event) {
        UpdateDescriptionReader reader = new UpdateDescriptionReader();
        Elements parts = event.in(EnvelopeField.UPDATE_DESCRIPTION);
        while (parts.next()) {
            if (!parts.isNull()) {
                reader.take(parts);
            }
        }
        return new UpdateDescription(
                reader.updatedFields == null ? new BsonDocument() : reader.updatedFields,
                reader.removedFields,
                reader.truncatedArrays,
                Optional.ofNullable(reader.disambiguatedPaths));
    }

    /** What a newer server adds is in raw(). */
    private void take(Elements part) {
        if (part.isNamed(UPDATED_FIELDS)) {
            updatedFields = part.document();
        } else if (part.isNamed(REMOVED_FIELDS)) {
            removedFields = strings(part.inArray());
        } else if (part.isNamed(TRUNCATED_ARRAYS)) {
            truncatedArrays = truncatedArrays(part.inArray());
        } else if (part.isNamed(DISAMBIGUATED_PATHS)) {
            disambiguatedPaths = part.document();
        }
    }

    private static List<String> strings(Elements elements) {
        if (elements.isEmpty()) {
            return List.of();
        }
        List<String> strings = new ArrayList<>();
        while (elements.next()) {
            strings.add(elements.string());
        }
        return strings;
    }

    private static List<TruncatedArray> truncatedArrays(Elements elements) {
        if (elements.isEmpty()) {
            return List.of();
        }
        List<TruncatedArray> arrays = new ArrayList<>();
        while (elements.next()) {
            arrays.add(truncatedArray(elements.inDocument()));
        }
        return arrays;
    }

    private static TruncatedArray truncatedArray(Elements parts) {
        String field = "";
        int newSize = 0;
        while (parts.next()) {
            switch (parts.name()) {
                case "field" -> field = parts.string();
                case "newSize" -> newSize = parts.int32();
                default -> {}
            }
        }
        return new TruncatedArray(field, newSize);
    }
}
