package io.changewatch.internal.engine;

import com.mongodb.client.model.changestream.FullDocument;
import com.mongodb.client.model.changestream.FullDocumentBeforeChange;
import io.changewatch.internal.source.SourceSettings;
import java.util.ArrayList;
import java.util.List;
import org.bson.BsonArray;
import org.bson.BsonBoolean;
import org.bson.BsonDocument;
import org.bson.BsonNull;
import org.bson.BsonString;
import org.bson.BsonValue;

/**
 * Streams that differ from the watcher's own by a stage or two: without some events, with nothing but some events, or with the
 * small fields of events only.
 *
 * <p>A {@code $match} on {@code _id} that stands first is applied before the server looks images up and before it builds the
 * event, so an event that is left out cannot fail the stream (measured on 6.0.27 for the errors 47, 10334 and 7182500). Stateless
 * and thread-safe.
 */
final class SearchStages {
    private static final BsonDocument SPLIT = new BsonDocument("$changeStreamSplitLargeEvent", new BsonDocument());
    private static final String TOKEN = "_id._data";
    private static final List<String> SMALL_FIELDS = List.of("operationType", "clusterTime", "ns", "documentKey");

    private SearchStages() {}

    /** The same stream with large events in fragments. The stage has to be the last (error 7182802). */
    static SourceSettings split(SourceSettings stream) {
        return stream.withLastStage(SPLIT);
    }

    /** The same stream without some events. */
    static SourceSettings without(List<Culprit> events, SourceSettings stream) {
        return events.isEmpty() ? stream : stream.withFirstStage(match(TOKEN, tokens("$nin", events)));
    }

    /** The same stream with nothing but some events. */
    static SourceSettings only(List<Culprit> events, SourceSettings stream) {
        return stream.withFirstStage(match(TOKEN, tokens("$in", events)));
    }

    /**
     * The small fields of the events that the stream would hand out, but that it does not fail where an image is missing. Images are
     * there for the stages, and not sent.
     */
    static SourceSettings passing(SourceSettings stream) {
        return smallFields(stream.withImages(
                stream.fullDocument() == FullDocument.REQUIRED ? FullDocument.WHEN_AVAILABLE : stream.fullDocument(),
                stream.fullDocumentBeforeChange() == FullDocumentBeforeChange.REQUIRED
                        ? FullDocumentBeforeChange.WHEN_AVAILABLE
                        : stream.fullDocumentBeforeChange()));
    }

    private static SourceSettings smallFields(SourceSettings stream) {
        BsonDocument fields = new BsonDocument();
        SMALL_FIELDS.forEach(name -> fields.append(name, BsonBoolean.TRUE));
        return stream.withLastStage(new BsonDocument("$project", fields));
    }

    static boolean requiresImages(SourceSettings stream) {
        return stream.fullDocument() == FullDocument.REQUIRED
                || stream.fullDocumentBeforeChange() == FullDocumentBeforeChange.REQUIRED;
    }

    /**
     * The small fields of the changes that lack an image which the stream requires, whether its stages would let them through or
     * not: the server misses the image before it comes to a stage that reads it.
     */
    static SourceSettings lackingImages(SourceSettings stream) {
        List<BsonValue> lacking = new ArrayList<>();
        if (stream.fullDocument() == FullDocument.REQUIRED) {
            lacking.add(lacking("fullDocument", "update"));
        }
        if (stream.fullDocumentBeforeChange() == FullDocumentBeforeChange.REQUIRED) {
            lacking.add(lacking("fullDocumentBeforeChange", "update", "replace", "delete"));
        }
        return smallFields(stream.withImages(FullDocument.WHEN_AVAILABLE, FullDocumentBeforeChange.WHEN_AVAILABLE)
                .withPipeline(List.of(match("$or", new BsonArray(lacking)))));
    }

    /** Null stands for an image that is not there, too. */
    private static BsonDocument lacking(String image, String... operations) {
        BsonArray names =
                new BsonArray(List.of(operations).stream().map(BsonString::new).toList());
        return new BsonDocument("operationType", new BsonDocument("$in", names)).append(image, BsonNull.VALUE);
    }

    private static BsonDocument tokens(String operator, List<Culprit> events) {
        return new BsonDocument(
                operator, new BsonArray(events.stream().map(Culprit::tokenData).toList()));
    }

    private static BsonDocument match(String name, BsonValue condition) {
        return new BsonDocument("$match", new BsonDocument(name, condition));
    }
}
