package io.changewatch.push;

import io.changewatch.event.ChangeEvent;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.bson.BsonDocument;
import org.bson.BsonValue;
import org.bson.json.JsonMode;
import org.bson.json.JsonWriterSettings;
import org.jspecify.annotations.Nullable;

/**
 * What of an event is sent: the {@code data} of its message. Nothing else of the document leaves the process but its
 * {@code _id}. Events of any kind are asked about, a drop of the collection for instance.
 *
 * <p>Asked once for each event and payload, not for each client, and once again for each replay; on several threads, so it
 * must be thread-safe. If it throws, clients receive an {@code unavailable} message that names the document instead.
 *
 * @param <T> the document type
 */
@FunctionalInterface
public interface Payload<T> {

    /** The value of {@code data} as JSON text, which is sent as it is: what is not valid JSON breaks the message. Null for none. */
    @Nullable
    String json(ChangeEvent<T> event);

    /**
     * These fields of the document as it is after the change, as the server sent them, in relaxed extended JSON; of an update
     * that carries no document, those of them that it set; of a delete none.
     *
     * @param names of top-level fields
     * @throws IllegalArgumentException if there is none, or one is a path
     */
    static <T> Payload<T> fields(String... names) {
        List<String> checked = Arrays.stream(names).map(Payload::topLevel).toList();
        if (checked.isEmpty()) {
            throw new IllegalArgumentException(
                    "fields() sends nothing. Name at least one field, such as fields(\"status\").");
        }
        JsonWriterSettings relaxed =
                JsonWriterSettings.builder().outputMode(JsonMode.RELAXED).build();
        return event -> {
            BsonDocument source = source(event.raw());
            BsonDocument sent = new BsonDocument();
            for (String name : checked) {
                BsonValue value = source.get(name);
                if (value != null) {
                    sent.append(name, value);
                }
            }
            return sent.isEmpty() ? null : sent.toJson(relaxed);
        };
    }

    private static String topLevel(String name) {
        Objects.requireNonNull(name, "name");
        if (name.isEmpty() || name.indexOf('.') >= 0) {
            throw new IllegalArgumentException(
                    "fields(\"" + name + "\") is not the name of a top-level field. Name the field"
                            + " that holds it, or write a Payload of your own.");
        }
        return name;
    }

    private static BsonDocument source(BsonDocument event) {
        BsonDocument nothing = new BsonDocument();
        return event.get("fullDocument") instanceof BsonDocument document
                ? document
                : event.getDocument("updateDescription", nothing).getDocument("updatedFields", nothing);
    }
}
