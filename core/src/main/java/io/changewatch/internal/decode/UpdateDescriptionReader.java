package io.changewatch.internal.decode;

import static io.changewatch.internal.decode.EnvelopeField.UPDATE_DESCRIPTION;

import io.changewatch.event.UpdateDescription;
import io.changewatch.event.UpdateDescription.TruncatedArray;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.bson.BsonDocument;
import org.bson.BsonType;
import org.jspecify.annotations.Nullable;

/** Reads the {@code updateDescription} of an update. Not thread-safe: one for each update. */
final class UpdateDescriptionReader {
    private static final FieldName UPDATED_FIELDS = FieldName.of("updatedFields");
    private static final FieldName REMOVED_FIELDS = FieldName.of("removedFields");
    private static final FieldName TRUNCATED_ARRAYS = FieldName.of("truncatedArrays");
    private static final FieldName DISAMBIGUATED_PATHS = FieldName.of("disambiguatedPaths");
    private static final FieldName FIELD = FieldName.of("field");
    private static final FieldName NEW_SIZE = FieldName.of("newSize");

    private @Nullable BsonDocument updatedFields;
    private List<String> removedFields = List.of();
    private List<TruncatedArray> truncatedArrays = List.of();
    private @Nullable BsonDocument disambiguatedPaths;

    private UpdateDescriptionReader() {}

    /** What is wrong with it is told now; its parts are read when somebody asks for them. */
    static UpdateDescription readLater(Envelope event) {
        int offset = event.valueOf(UPDATE_DESCRIPTION, BsonType.DOCUMENT);
        if (!isSound(event)) {
            return read(event.in(UPDATE_DESCRIPTION));
        }
        byte[] bytes = event.bytes();
        int end = offset + BsonBytes.int32(bytes, offset);
        return UpdateDescription.lazily(() -> read(new Elements(bytes, offset, end, "")));
    }

    private static boolean isSound(Envelope event) {
        try {
            Elements parts = event.walk(UPDATE_DESCRIPTION);
            while (parts.next()) {
                if (!parts.isNull()) {
                    check(parts);
                }
            }
            return true;
        } catch (StepAside | MalformedBsonException e) {
            return false;
        }
    }

    private static void check(Elements part) {
        if (part.isNamed(UPDATED_FIELDS) || part.isNamed(DISAMBIGUATED_PATHS)) {
            StepAside.unless(part.type() == BsonBytes.DOCUMENT);
        } else if (part.isNamed(REMOVED_FIELDS)) {
            long outer = part.enter(BsonBytes.ARRAY);
            while (part.next()) {
                StepAside.unless(part.type() == BsonBytes.STRING);
            }
            part.leave(outer);
        } else if (part.isNamed(TRUNCATED_ARRAYS)) {
            long outer = part.enter(BsonBytes.ARRAY);
            while (part.next()) {
                checkTruncatedArray(part);
            }
            part.leave(outer);
        }
    }

    private static void checkTruncatedArray(Elements array) {
        long outer = array.enter(BsonBytes.DOCUMENT);
        while (array.next()) {
            StepAside.unless(!array.isNamed(FIELD) || array.type() == BsonBytes.STRING);
            StepAside.unless(!array.isNamed(NEW_SIZE) || array.type() == BsonBytes.INT32);
        }
        array.leave(outer);
    }

    private static UpdateDescription read(Elements parts) {
        UpdateDescriptionReader reader = new UpdateDescriptionReader();
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
            if (parts.isNamed(FIELD)) {
                field = parts.string();
            } else if (parts.isNamed(NEW_SIZE)) {
                newSize = parts.int32();
            }
        }
        return new TruncatedArray(field, newSize);
    }
}
