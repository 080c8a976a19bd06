package io.changewatch.internal.decode;

import static org.assertj.core.api.Assertions.assertThat;

import com.mongodb.MongoClientSettings;
import com.mongodb.MongoNamespace;
import com.mongodb.client.model.changestream.ChangeStreamDocument;
import io.changewatch.event.ChangeEvent;
import io.changewatch.event.Delete;
import io.changewatch.event.DocumentEvent;
import io.changewatch.event.Insert;
import io.changewatch.event.Namespace;
import io.changewatch.event.OperationType;
import io.changewatch.event.Rename;
import io.changewatch.event.Replace;
import io.changewatch.event.Transaction;
import io.changewatch.event.Update;
import io.changewatch.event.UpdateDescription;
import java.math.BigDecimal;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.bson.BsonArray;
import org.bson.BsonDateTime;
import org.bson.BsonDecimal128;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.bson.BsonInt64;
import org.bson.BsonNull;
import org.bson.BsonString;
import org.bson.BsonTimestamp;
import org.bson.BsonValue;
import org.bson.RawBsonDocument;
import org.bson.codecs.Codec;
import org.bson.types.Decimal128;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Decodes generated events by the driver's own codec and by ours. */
class DriverEqualityTest {
    private static final long SEED = 42;
    private static final int EVENTS = 5_000;
    private static final List<String> OPERATIONS = List.of(
            "insert",
            "update",
            "replace",
            "delete",
            "drop",
            "rename",
            "dropDatabase",
            "invalidate",
            "create",
            "modify");

    private final Codec<ChangeStreamDocument<Order>> driver =
            ChangeStreamDocument.createCodec(Order.class, MongoClientSettings.getDefaultCodecRegistry());
    private final EventDecoder<Order> decoder = EventDecoders.of(Order.class, null);

    @Test
    void readsWhatTheDriverReads() {
        Random random = new Random(SEED);
        for (int i = 0; i < EVENTS; i++) {
            byte[] batch = Events.inBatch(event(random));
            ChangeEvent<Order> ours = decoder.decode(batch, Events.OFFSET);
            ChangeStreamDocument<Order> theirs =
                    new RawBsonDocument(batch, Events.OFFSET, batch.length - 2 * Events.OFFSET).decode(driver);
            assertThat(Facts.of(ours)).as("seed %d, event %d", SEED, i).isEqualTo(Facts.of(theirs));
        }
    }

    private static BsonDocument event(Random random) {
        String operation = OPERATIONS.get(random.nextInt(OPERATIONS.size()));
        BsonDocument event = Events.of(operation)
                .append("_id", Events.token(Long.toHexString(random.nextLong())))
                .append("clusterTime", new BsonTimestamp(random.nextInt(Integer.MAX_VALUE), random.nextInt(1000)))
                .append("wallTime", new BsonDateTime(random.nextLong() >> 16))
                .append("ns", BsonDocument.parse("{db: 'shop', coll: 'c" + random.nextInt(3) + "'}"));
        if (random.nextBoolean()) {
            event.append("lsid", BsonDocument.parse("{id: " + random.nextInt() + "}"))
                    .append("txnNumber", new BsonInt64(random.nextLong()));
        }
        addParts(event, operation, random);
        return event;
    }

    private static void addParts(BsonDocument event, String operation, Random random) {
        switch (operation) {
            case "insert", "update", "replace", "delete" -> addDocuments(event, operation, random);
            case "rename" -> event.append("to", BsonDocument.parse("{db: 'shop', coll: 'renamed'}"));
            case "dropDatabase" -> event.append("ns", BsonDocument.parse("{db: 'shop'}"));
            case "invalidate" -> event.remove("ns");
            default -> event.append("operationDescription", BsonDocument.parse("{x: 1}"));
        }
    }

    private static void addDocuments(BsonDocument event, String operation, Random random) {
        List<BsonValue> ids = BsonSamples.ofEveryType();
        event.append("documentKey", new BsonDocument("_id", ids.get(random.nextInt(ids.size()))));
        if (operation.equals("update")) {
            event.append("updateDescription", updateDescription(random));
        }
        boolean mayLack = operation.equals("update") || operation.equals("delete");
        if (!mayLack || random.nextBoolean()) {
            event.append("fullDocument", mayLack && random.nextBoolean() ? BsonNull.VALUE : order(random));
        }
        if (!operation.equals("insert") && random.nextBoolean()) {
            event.append("fullDocumentBeforeChange", random.nextBoolean() ? BsonNull.VALUE : order(random));
        }
        if (operation.equals("delete")) {
            event.remove("fullDocument");
        }
    }

    private static BsonDocument updateDescription(Random random) {
        BsonDocument updated = new BsonDocument();
        BsonSamples.ofEveryType().forEach(value -> updated.append("f" + random.nextInt(100), value));
        BsonDocument description = new BsonDocument("updatedFields", updated)
                .append("removedFields", new BsonArray(List.of(new BsonString("a.b"), new BsonString("ü"))))
                .append("truncatedArrays", BsonArray.parse("[{field: 'x.y', newSize: " + random.nextInt(9) + "}]"));
        return random.nextBoolean()
                ? description
                : description.append("disambiguatedPaths", BsonDocument.parse("{'a.0': ['a', '0']}"));
    }

    private static BsonDocument order(Random random) {
        return new BsonDocument("number", new BsonInt32(random.nextInt()))
                .append("total", new BsonDecimal128(new Decimal128(random.nextInt())))
                .append("unknown", new BsonArray(BsonSamples.ofEveryType()))
                .append("items", BsonArray.parse("[{sku: 'a'}, {sku: null}, {}]"));
    }

    /** What both can say of an event. */
    private record Facts(
            String operation,
            BsonDocument token,
            BsonTimestamp clusterTime,
            long wallTime,
            @Nullable Namespace namespace,
            @Nullable Namespace to,
            @Nullable BsonDocument documentKey,
            @Nullable Order document,
            @Nullable Order documentBefore,
            @Nullable UpdateDescription update,
            @Nullable Transaction transaction) {

        static Facts of(ChangeEvent<Order> event) {
            return new Facts(
                    event.operationType().value(),
                    event.resumeToken().value(),
                    event.clusterTime(),
                    event.wallTime().toEpochMilli(),
                    event.namespace().orElse(null),
                    event instanceof Rename<Order> rename ? rename.to() : null,
                    event instanceof DocumentEvent<Order> document ? document.documentKey() : null,
                    document(event),
                    documentBefore(event),
                    event instanceof Update<Order> update ? update.updateDescription() : null,
                    event.transaction().orElse(null));
        }

        static Facts of(ChangeStreamDocument<Order> event) {
            return new Facts(
                    OperationType.of(event.getOperationTypeString())
                            .orElseThrow()
                            .value(),
                    event.getResumeToken(),
                    event.getClusterTime(),
                    event.getWallTime().getValue(),
                    namespace(event.getNamespace(), event.getDatabaseName()),
                    namespace(event.getDestinationNamespace(), null),
                    event.getDocumentKey(),
                    event.getFullDocument(),
                    event.getFullDocumentBeforeChange(),
                    update(event.getUpdateDescription()),
                    event.getLsid() == null
                            ? null
                            : new Transaction(
                                    event.getLsid(), event.getTxnNumber().getValue()));
        }

        private static @Nullable Order document(ChangeEvent<Order> event) {
            return event instanceof Insert<Order> insert
                    ? insert.document()
                    : event instanceof Replace<Order> replace
                            ? replace.document()
                            : event instanceof Update<Order> update
                                    ? update.document().orElse(null)
                                    : null;
        }

        private static @Nullable Order documentBefore(ChangeEvent<Order> event) {
            return event instanceof Delete<Order> delete
                    ? delete.documentBefore().orElse(null)
                    : event instanceof Replace<Order> replace
                            ? replace.documentBefore().orElse(null)
                            : event instanceof Update<Order> update
                                    ? update.documentBefore().orElse(null)
                                    : null;
        }

        private static @Nullable Namespace namespace(@Nullable MongoNamespace full, @Nullable String database) {
            if (full != null) {
                return Namespace.of(full.getDatabaseName(), full.getCollectionName());
            }
            return database == null ? null : Namespace.of(database);
        }

        private static @Nullable UpdateDescription update(
                com.mongodb.client.model.changestream.@Nullable UpdateDescription update) {
            if (update == null) {
                return null;
            }
            return new UpdateDescription(
                    update.getUpdatedFields(),
                    update.getRemovedFields(),
                    update.getTruncatedArrays().stream()
                            .map(array -> new UpdateDescription.TruncatedArray(array.getField(), array.getNewSize()))
                            .toList(),
                    Optional.ofNullable(update.getDisambiguatedPaths()));
        }
    }

    public record Item(String sku) {}

    public record Order(int number, BigDecimal total, List<Item> items) {}
}
