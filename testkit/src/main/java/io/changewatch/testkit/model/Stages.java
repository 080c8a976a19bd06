package io.changewatch.testkit.model;

import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.bson.BsonDocument;

/**
 * The stages of a stream behind {@code $changeStream}.
 *
 * @param early conditions that read no image: the server applies them before it looks for images
 * @param late conditions that do; they are not asked for an event whose image is missing and required
 * @param kept the fields that a {@code $project} keeps beside {@code _id}; empty without one
 * @param isSplitting whether the last stage is {@code $changeStreamSplitLargeEvent}
 */
public record Stages(
        Predicate<BsonDocument> early, Predicate<BsonDocument> late, Optional<Set<String>> kept, boolean isSplitting) {
    /** None. */
    public static final Stages NONE = new Stages(event -> true, event -> true, Optional.empty(), false);

    /** What is sent of an event; what is not of its fields is small. */
    BsonDocument sent(BsonDocument event) {
        if (kept.isEmpty()) {
            return event;
        }
        BsonDocument sent = new BsonDocument();
        event.forEach((name, value) -> {
            if (name.equals("_id") || kept.get().contains(name)) {
                sent.append(name, value);
            }
        });
        return sent;
    }
}
