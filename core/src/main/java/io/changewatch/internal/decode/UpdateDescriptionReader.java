package io.changewatch.internal.decode;

import io.changewatch.event.UpdateDescription;
import io.changewatch.event.UpdateDescription.TruncatedArray;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.bson.BsonDocument;
import org.jspecify.annotations.Nullable;

/** Reads the {@code updateDescription} of an update. Not thread-safe: one for each update. */
final class UpdateDescriptionReader {
    private BsonDocument updatedFields = new BsonDocument();
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
                reader.updatedFields,
                reader.removedFields,
                reader.truncatedArrays,
                Optional.ofNullable(reader.disambiguatedPaths));
    }

    private void take(Elements part) {
        switch (part.name()) {
            case "updatedFields" -> updatedFields = part.document();
            case "removedFields" -> removedFields = strings(part.inArray());
            case "truncatedArrays" -> truncatedArrays = truncatedArrays(part.inArray());
            case "disambiguatedPaths" -> disambiguatedPaths = part.document();
            default -> {} // what a newer server adds is in raw()
        }
    }

    private static List<String> strings(Elements elements) {
        List<String> strings = new ArrayList<>();
        while (elements.next()) {
            strings.add(elements.string());
        }
        return strings;
    }

    private static List<TruncatedArray> truncatedArrays(Elements elements) {
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
