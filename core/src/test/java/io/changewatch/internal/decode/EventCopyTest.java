package io.changewatch.internal.decode;

import static org.assertj.core.api.Assertions.assertThat;

import io.changewatch.HistoryLostPolicy;
import io.changewatch.event.ChangeEvent;
import io.changewatch.event.Gap;
import io.changewatch.event.Insert;
import java.util.Arrays;
import java.util.stream.Stream;
import org.bson.BsonDocument;
import org.bson.BsonTimestamp;
import org.bson.Document;
import org.bson.RawBsonDocument;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** An event that is kept must not keep its batch. */
class EventCopyTest {
    private final EventDecoder<RawBsonDocument> decoder = EventDecoders.of(RawBsonDocument.class, null);

    static Stream<BsonDocument> events() {
        Stream<BsonDocument> ofDocuments = Stream.of(
                Events.insert("{_id: 1, a: {b: 2}}"),
                Events.insert("{_id: 1}")
                        .append("lsid", BsonDocument.parse("{id: 3}"))
                        .append("txnNumber", new org.bson.BsonInt64(4)),
                Events.update()
                        .append("fullDocument", BsonDocument.parse("{_id: 1, a: 2}"))
                        .append("fullDocumentBeforeChange", BsonDocument.parse("{_id: 1, a: 1}"))
                        .append(
                                "updateDescription",
                                BsonDocument.parse("{updatedFields: {a: 2}, removedFields: ['x'], truncatedArrays: "
                                        + "[{field: 'y', newSize: 1}], disambiguatedPaths: {'a.1': ['a', '1']}}")),
                Events.of("replace")
                        .append("documentKey", BsonDocument.parse("{_id: 1}"))
                        .append("fullDocument", BsonDocument.parse("{_id: 1}"))
                        .append("fullDocumentBeforeChange", BsonDocument.parse("{_id: 1, a: 1}")),
                Events.of("delete")
                        .append("documentKey", BsonDocument.parse("{_id: 1}"))
                        .append("fullDocumentBeforeChange", BsonDocument.parse("{_id: 1, a: 1}")));
        Stream<BsonDocument> ofNamespaces = Stream.of(
                        "create",
                        "createIndexes",
                        "dropIndexes",
                        "modify",
                        "drop",
                        "rename",
                        "dropDatabase",
                        "shardCollection",
                        "refineCollectionShardKey",
                        "reshardCollection",
                        "invalidate",
                        "somethingNew")
                .map(name -> Events.of(name)
                        .append("to", BsonDocument.parse("{db: 'shop', coll: 'renamed'}"))
                        .append("operationDescription", BsonDocument.parse("{x: 1}"))
                        .append("stateBeforeChange", BsonDocument.parse("{y: 1}")));
        return Stream.concat(ofDocuments, ofNamespaces);
    }

    @ParameterizedTest
    @MethodSource("events")
    void equalsTheEventAndOutlivesItsBatch(BsonDocument raw) {
        byte[] batch = Events.inBatch(raw);
        ChangeEvent<RawBsonDocument> copy = decoder.decode(batch, Events.OFFSET).copy();
        byte[] again = batch.clone();
        Arrays.fill(batch, (byte) 0);

        assertThat(copy)
                .isEqualTo(decoder.decode(again, Events.OFFSET))
                .hasSameClassAs(decoder.decode(again, Events.OFFSET));
        assertThat(copy.raw()).isEqualTo(raw);
    }

    @Test
    void hasOneArrayOfTheEventsLength() {
        Insert<RawBsonDocument> copy =
                (Insert<RawBsonDocument>) decoder.decode(Events.inBatch(Events.insert("{_id: 1}")), Events.OFFSET)
                        .copy();

        RawBsonDocument raw = (RawBsonDocument) copy.raw();
        assertThat(raw.getBackingArray()).hasSize(raw.getByteLength());
        assertThat(copy.document().getBackingArray()).isSameAs(raw.getBackingArray());
        assertThat(((RawBsonDocument) copy.documentKey()).getBackingArray()).isSameAs(raw.getBackingArray());
    }

    @Test
    void takesOtherDocumentsOverAsTheyAre() {
        ChangeEvent<Document> event =
                EventDecoders.of(Document.class, null).decode(Events.inBatch(Events.insert("{_id: 1}")), Events.OFFSET);

        assertThat(document(event.copy())).isSameAs(document(event));
    }

    private static Document document(ChangeEvent<Document> event) {
        return ((Insert<Document>) event).document();
    }

    @Test
    void copiesAGapThatIsNoSliceOfAnything() {
        Gap<Document> gap = Gap.of(
                new io.changewatch.event.ResumeToken(Events.token("82")),
                new BsonTimestamp(1, 0),
                new BsonTimestamp(2, 0),
                HistoryLostPolicy.RESTART_FROM_NOW,
                new IllegalStateException("gone"));

        assertThat(gap.copy()).isEqualTo(gap);
    }
}
