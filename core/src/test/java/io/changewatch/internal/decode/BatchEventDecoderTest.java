package io.changewatch.internal.decode;

import static org.assertj.core.api.Assertions.assertThat;

import io.changewatch.event.ChangeEvent;
import io.changewatch.event.Create;
import io.changewatch.event.CreateIndexes;
import io.changewatch.event.Delete;
import io.changewatch.event.Drop;
import io.changewatch.event.DropDatabase;
import io.changewatch.event.DropIndexes;
import io.changewatch.event.Insert;
import io.changewatch.event.Invalidate;
import io.changewatch.event.Modify;
import io.changewatch.event.Namespace;
import io.changewatch.event.NamespaceEvent;
import io.changewatch.event.OperationType;
import io.changewatch.event.Other;
import io.changewatch.event.RefineCollectionShardKey;
import io.changewatch.event.Rename;
import io.changewatch.event.Replace;
import io.changewatch.event.ReshardCollection;
import io.changewatch.event.ShardCollection;
import io.changewatch.event.Transaction;
import io.changewatch.event.Update;
import io.changewatch.event.UpdateDescription;
import io.changewatch.event.UpdateDescription.TruncatedArray;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.bson.BsonInt64;
import org.bson.BsonNull;
import org.bson.BsonString;
import org.bson.BsonTimestamp;
import org.bson.BsonValue;
import org.bson.RawBsonDocument;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class BatchEventDecoderTest {
    private static final Namespace ORDERS = Namespace.of("shop", "orders");
    private static final BsonDocument FIRST = BsonDocument.parse("{_id: 1, a: 1}");
    private static final BsonDocument SECOND = BsonDocument.parse("{_id: 1, a: 2}");

    private final EventDecoder<BsonDocument> decoder = EventDecoders.of(BsonDocument.class, null);

    private ChangeEvent<BsonDocument> decode(BsonDocument event) {
        return decoder.decode(Events.inBatch(event), Events.OFFSET);
    }

    @Nested
    class OfEveryEvent {
        @Test
        void readsPositionAndTimes() {
            ChangeEvent<BsonDocument> event = decode(Events.insert(FIRST));

            assertThat(event.resumeToken().value()).isEqualTo(Events.token("8263A1B2C3000000012B0229296E04"));
            assertThat(event.clusterTime()).isEqualTo(new BsonTimestamp(1_700_000_000, 7));
            assertThat(event.wallTime()).isEqualTo(Instant.ofEpochMilli(1_700_000_000_123L));
            assertThat(event.namespace()).contains(ORDERS);
            assertThat(event.transaction()).isEmpty();
            assertThat(event.context().collectionUuid()).isEmpty();
        }

        @Test
        void takesTheWallTimeFromTheClusterTimeOfAServerThatSendsNone() {
            BsonDocument event = Events.insert(FIRST);
            event.remove("wallTime");
            event.put("clusterTime", new BsonTimestamp((int) 4_000_000_000L, 1));

            assertThat(decode(event).wallTime()).isEqualTo(Instant.ofEpochSecond(4_000_000_000L));
        }

        @Test
        void readsTheTransaction() {
            BsonDocument session = BsonDocument.parse("{id: 'session', uid: 'user'}");
            BsonDocument event =
                    Events.insert(FIRST).append("lsid", session).append("txnNumber", new BsonInt64(1L << 40));

            assertThat(decode(event).transaction()).contains(new Transaction(session, 1L << 40));
        }

        @Test
        void readsTheCollectionsUuid() {
            UUID uuid = UUID.fromString("01234567-89ab-4def-8123-456789abcdef");

            ChangeEvent<BsonDocument> event = decode(Events.insert(FIRST).append("collectionUUID", Events.uuid(uuid)));

            assertThat(event.context().collectionUuid()).contains(uuid);
        }

        @Test
        void leavesWhatThePipelineAddedToTheRawEvent() {
            BsonDocument event =
                    Events.insert(FIRST).append("total", new BsonInt32(7)).append("x", new BsonString("y"));

            assertThat(decode(event).raw()).isEqualTo(event);
        }

        @Test
        void sharesTheBytesOfItsBatch() {
            byte[] batch = Events.inBatch(Events.insert(FIRST));

            Insert<BsonDocument> event = (Insert<BsonDocument>) decoder.decode(batch, Events.OFFSET);

            assertThat(List.of(
                            event.raw(),
                            event.documentKey(),
                            event.resumeToken().value()))
                    .allSatisfy(part -> assertThat(((RawBsonDocument) part).getBackingArray())
                            .isSameAs(batch));
        }

        @Test
        void followsTheNamespaceFromEventToEvent() {
            BsonDocument other = Events.insert(FIRST).append("ns", BsonDocument.parse("{db: 'shop', coll: 'users'}"));

            assertThat(decode(Events.insert(FIRST)).namespace()).contains(ORDERS);
            assertThat(decode(other).namespace()).contains(Namespace.of("shop", "users"));
            assertThat(decode(Events.insert(FIRST)).namespace()).contains(ORDERS);
        }
    }

    @Nested
    class OfADocument {
        private final BsonDocument key = BsonDocument.parse("{_id: 1}");

        @Test
        void decodesAnInsert() {
            assertThat(decode(Events.insert(FIRST))).isInstanceOfSatisfying(Insert.class, insert -> {
                assertThat(insert.operationType()).isEqualTo(OperationType.INSERT);
                assertThat(insert.in()).isEqualTo(ORDERS);
                assertThat(insert.documentKey()).isEqualTo(key);
                assertThat(insert.document()).isEqualTo(FIRST);
            });
        }

        @Test
        void decodesAReplace() {
            BsonDocument event = Events.insert(SECOND)
                    .append("operationType", new BsonString("replace"))
                    .append("fullDocumentBeforeChange", FIRST);

            Replace<BsonDocument> replace = (Replace<BsonDocument>) decode(event);

            assertThat(replace).isEqualTo(new Replace<>(replace.context(), ORDERS, key, SECOND, Optional.of(FIRST)));
        }

        @Test
        void decodesADelete() {
            BsonDocument event =
                    Events.of("delete").append("documentKey", key).append("fullDocumentBeforeChange", FIRST);

            Delete<BsonDocument> delete = (Delete<BsonDocument>) decode(event);

            assertThat(delete).isEqualTo(new Delete<>(delete.context(), ORDERS, key, Optional.of(FIRST)));
        }

        @Test
        void decodesAnUpdate() {
            BsonDocument event = Events.update()
                    .append(
                            "updateDescription",
                            BsonDocument.parse("{updatedFields: {'a.b': 1}, removedFields: ['c', 'd.e'],"
                                    + " truncatedArrays: [{field: 'f', newSize: 3}, {field: 'g.0', newSize: 0}],"
                                    + " disambiguatedPaths: {'g.0': ['g', '0']}, ofALaterServer: 1}"))
                    .append("fullDocument", SECOND)
                    .append("fullDocumentBeforeChange", FIRST);

            Update<BsonDocument> update = (Update<BsonDocument>) decode(event);

            UpdateDescription description = new UpdateDescription(
                    BsonDocument.parse("{'a.b': 1}"),
                    List.of("c", "d.e"),
                    List.of(new TruncatedArray("f", 3), new TruncatedArray("g.0", 0)),
                    Optional.of(BsonDocument.parse("{'g.0': ['g', '0']}")));
            assertThat(update)
                    .isEqualTo(new Update<>(
                            update.context(), ORDERS, key, description, Optional.of(SECOND), Optional.of(FIRST)));
        }

        @Test
        void hasNoDocumentWhereTheServerSendsNullOrNothing() {
            BsonDocument deletedSince = Events.update()
                    .append("fullDocument", BsonNull.VALUE)
                    .append("fullDocumentBeforeChange", BsonNull.VALUE);

            assertThat(List.of(decode(deletedSince), decode(Events.update())))
                    .allSatisfy(event -> assertThat(event).isInstanceOfSatisfying(Update.class, update -> {
                        assertThat((Object) update.document()).isEqualTo(Optional.empty());
                        assertThat((Object) update.documentBefore()).isEqualTo(Optional.empty());
                    }));
        }

        static List<BsonValue> bsonValues() {
            return BsonSamples.ofEveryType();
        }

        @ParameterizedTest
        @MethodSource("bsonValues")
        void hasAnIdOfAnyType(BsonValue id) {
            BsonDocument oddKey = new BsonDocument("region", new BsonString("EU")).append("_id", id);

            ChangeEvent<BsonDocument> event = decode(Events.insert(FIRST).append("documentKey", oddKey));

            assertThat(((Insert<BsonDocument>) event).documentKey()).isEqualTo(oddKey);
        }
    }

    @Nested
    class OfANamespace {
        private final BsonDocument description = BsonDocument.parse("{what: 1}");

        @Test
        void decodesEveryKind() {
            assertThat(described("create")).isEqualTo(new Create<>(context("create"), ORDERS, description));
            assertThat(described("createIndexes"))
                    .isEqualTo(new CreateIndexes<>(context("createIndexes"), ORDERS, description));
            assertThat(described("dropIndexes"))
                    .isEqualTo(new DropIndexes<>(context("dropIndexes"), ORDERS, description));
            assertThat(described("shardCollection"))
                    .isEqualTo(new ShardCollection<>(context("shardCollection"), ORDERS, description));
            assertThat(described("refineCollectionShardKey"))
                    .isEqualTo(
                            new RefineCollectionShardKey<>(context("refineCollectionShardKey"), ORDERS, description));
            assertThat(described("reshardCollection"))
                    .isEqualTo(new ReshardCollection<>(context("reshardCollection"), ORDERS, description));
        }

        @Test
        void hasAnEmptyDescriptionWhereTheServerSendsNone() {
            Create<BsonDocument> create = (Create<BsonDocument>) decode(Events.of("create"));
            Modify<BsonDocument> modify = (Modify<BsonDocument>) decode(Events.of("modify"));

            assertThat(create.operationDescription()).isEmpty();
            assertThat(modify.operationDescription()).isEmpty();
            assertThat(modify.stateBeforeChange()).isEmpty();
        }

        @Test
        void decodesAModifyWithItsOldOptions() {
            BsonDocument event = Events.of("modify")
                    .append("operationDescription", description)
                    .append("stateBeforeChange", BsonDocument.parse("{old: 1}"));

            Modify<BsonDocument> modify = (Modify<BsonDocument>) decode(event);

            assertThat(modify)
                    .isEqualTo(new Modify<>(modify.context(), ORDERS, description, BsonDocument.parse("{old: 1}")));
        }

        @Test
        void decodesARename() {
            BsonDocument event = Events.of("rename").append("to", BsonDocument.parse("{db: 'archive', coll: 'old'}"));

            Rename<BsonDocument> rename = (Rename<BsonDocument>) decode(event);

            assertThat(rename)
                    .isEqualTo(
                            new Rename<>(rename.context(), ORDERS, Namespace.of("archive", "old"), new BsonDocument()));
        }

        @Test
        void decodesDrops() {
            BsonDocument dropDatabase = Events.of("dropDatabase").append("ns", BsonDocument.parse("{db: 'shop'}"));

            assertThat(decode(Events.of("drop"))).isInstanceOf(Drop.class);
            assertThat(decode(dropDatabase))
                    .isInstanceOfSatisfying(
                            DropDatabase.class, drop -> assertThat(drop.in()).isEqualTo(Namespace.of("shop")));
        }

        private ChangeEvent<BsonDocument> described(String operation) {
            ChangeEvent<BsonDocument> event = decode(raw(operation));
            assertThat(event).isInstanceOf(NamespaceEvent.class);
            assertThat(event.operationType().value()).isEqualTo(operation);
            return event;
        }

        private io.changewatch.event.EventContext context(String operation) {
            return decode(raw(operation)).context();
        }

        private BsonDocument raw(String operation) {
            return Events.of(operation).append("operationDescription", description);
        }
    }

    @Nested
    class OfTheRest {
        @Test
        void decodesAnInvalidateWhichHasNoNamespace() {
            BsonDocument event = Events.of("invalidate");
            event.remove("ns");

            assertThat(decode(event))
                    .isInstanceOfSatisfying(
                            Invalidate.class,
                            invalidate ->
                                    assertThat((Object) invalidate.namespace()).isEqualTo(Optional.empty()));
        }

        @Test
        void handsOutAnOperationOfALaterServer() {
            BsonDocument event = Events.of("compactCollection");

            Other<BsonDocument> other = (Other<BsonDocument>) decode(event);

            assertThat(other).isEqualTo(new Other<>(other.context(), "compactCollection", Optional.of(ORDERS)));
            assertThat(other.raw()).isEqualTo(event);
        }

        @Test
        void handsOutAnUnknownOperationWithoutNamespace() {
            BsonDocument event = Events.of("clusterWide");
            event.remove("ns");

            assertThat(decode(event).namespace()).isEmpty();
        }

        @Test
        void takesAServersGapForAnOperationItDoesNotKnow() {
            assertThat(decode(Events.of("gap"))).isInstanceOf(Other.class);
        }
    }
}
