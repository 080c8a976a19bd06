package io.changewatch.internal.decode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.changewatch.DecodeException;
import io.changewatch.event.Namespace;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import org.bson.BsonBinary;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.bson.BsonString;
import org.bson.codecs.pojo.annotations.BsonId;
import org.bson.codecs.pojo.annotations.BsonProperty;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DecodeFailureTest {
    private static final String SKIP =
            ", or choose parkIn(...) to keep such events for later, or whenHandlerFails(HandlerFailurePolicy.skip()) to leave them out.";
    private static final String WIDEN = " Correct the document, widen the type" + SKIP;

    private static DecodeException failure(Class<?> type, BsonDocument event) {
        EventDecoder<?> decoder = EventDecoders.of(type, null);
        return catchThrowableOfType(DecodeException.class, () -> decoder.decode(Events.inBatch(event), Events.OFFSET));
    }

    private static DecodeException failure(Class<?> type, String document) {
        return failure(type, Events.insert(document));
    }

    @Nested
    class OfARecord {
        @Test
        void namesEventFieldAndTypes() {
            BsonDocument event = Events.update().append("fullDocument", BsonDocument.parse("{total: 'secret'}"));

            DecodeException failure = failure(Order.class, event);

            assertThat(failure)
                    .hasMessage(
                            "Cannot decode the update in shop.orders: field fullDocument.total is a STRING, but Order.total"
                                    + " needs a DECIMAL128." + WIDEN);
            assertThat(failure.field()).isEqualTo("fullDocument.total");
            assertThat(failure.namespace()).contains(Namespace.of("shop", "orders"));
            assertThat(failure.documentKey()).contains(BsonDocument.parse("{_id: 1}"));
            assertThat(failure.raw()).isEqualTo(event);
            assertThat(failure.getCause()).isNotNull();
        }

        @ParameterizedTest
        @CsvSource(
                delimiter = '|',
                quoteCharacter = '`',
                value = {
                    "{_id: 'x'}                          | _id           | is a STRING, but Order.id needs an int",
                    "{_id: null}                         | _id           | is null, but Order.id needs an int",
                    "{customer: 1}                       | customer      | is an INT32, but Order.customer needs a STRING",
                    "{_id: 1.5}                          | _id           | holds a DOUBLE that does not fit Order.id, an int",
                    "{_id: {$numberLong: '9876543210'}}  | _id           | holds an INT64 that does not fit Order.id, an int",
                    "{at: 'noon'}                        | at            | is a STRING, but Order.at needs an Instant",
                    "{status: 'LOST'}                    | status        | holds a STRING that does not fit Order.status, a Status",
                    "{key: 'x'}                          | key           | is a STRING, but Order.uuid needs a BINARY",
                    "{items: {}}                         | items         | is a DOCUMENT, but Order.items needs an ARRAY",
                    "{items: ['x']}                      | items.0       | is a STRING, but Order.items needs a DOCUMENT",
                    "{items: [{price: 1}, {price: 2}, {price: 'x'}]} | items.2.price | is a STRING, but Item.price needs a double",
                    "{tags: {kind: 1}}                   | tags.kind     | is an INT32, but Order.tags needs a STRING",
                    "{byName: {a: {price: 1}, b: {price: {}}}} | byName.b.price | is a DOCUMENT, but Item.price needs a double",
                    "{numbers: [1, 2, 'x']}              | numbers.2     | is a STRING, but Order.numbers needs an Integer",
                })
        void namesThePathOfTheFieldAndWhatItNeeds(String document, String field, String problem) {
            DecodeException failure = failure(Order.class, document);

            assertThat(failure)
                    .hasMessage("Cannot decode the insert in shop.orders: field fullDocument." + field + ' ' + problem
                            + '.' + WIDEN);
            assertThat(failure.field()).isEqualTo("fullDocument." + field);
        }

        @Test
        void namesAFieldOfTheDocumentBefore() {
            BsonDocument event = Events.of("delete")
                    .append("documentKey", BsonDocument.parse("{_id: 1}"))
                    .append("fullDocumentBeforeChange", BsonDocument.parse("{_id: 1, total: true}"));

            assertThat(failure(Order.class, event))
                    .hasMessage(
                            "Cannot decode the delete in shop.orders: field fullDocumentBeforeChange.total is a BOOLEAN, but"
                                    + " Order.total needs a DECIMAL128." + WIDEN);
        }

        @Test
        void namesAMissingFieldThatCannotBeNull() {
            DecodeException failure = failure(Order.class, "{customer: 'Ada'}");

            assertThat(failure)
                    .hasMessage(
                            "Cannot decode the insert in shop.orders: field fullDocument._id is missing, but Order.id is an int."
                                    + " Correct the document, declare a type that can be null" + SKIP);
            assertThat(failure.field()).isEqualTo("fullDocument._id");
        }

        @Test
        void namesAMissingFieldOfANestedRecord() {
            DecodeException failure =
                    failure(Order.class, "{_id: 1, items: [{price: 1}, {name: 'x'}], customer: 'Ada'}");

            assertThat(failure)
                    .hasMessage(
                            "Cannot decode the insert in shop.orders: field fullDocument.items.1.price is missing, but"
                                    + " Item.price is a double. Correct the document, declare a type that can be null"
                                    + SKIP);
            assertThat(failure.field()).isEqualTo("fullDocument.items.1.price");
        }

        @Test
        void namesWhatIsAbsentWhenTheConstructorThrows() {
            DecodeException failure = failure(Strict.class, "{b: 'x', z: 1}");

            assertThat(failure)
                    .hasMessage(
                            "Cannot decode the insert in shop.orders: the constructor of Strict refuses fullDocument, which has no"
                                    + " field a, c (NullPointerException). Correct the document, relax the constructor"
                                    + SKIP);
            assertThat(failure.field()).isEqualTo("fullDocument");
        }

        @Test
        void namesTheDocumentWhenTheConstructorThrowsThoughNothingIsAbsent() {
            DecodeException failure = failure(Outer.class, "{inner: {a: 'forbidden', b: 'x', c: 'x'}, after: 1}");

            assertThat(failure)
                    .hasMessage(
                            "Cannot decode the insert in shop.orders: the constructor of Strict refuses fullDocument.inner"
                                    + " (IllegalArgumentException). Correct the document, relax the constructor"
                                    + SKIP);
            assertThat(failure.field()).isEqualTo("fullDocument.inner");
        }

        @Test
        void letsAnErrorOfTheConstructorThrough() {
            EventDecoder<Broken> decoder = EventDecoders.of(Broken.class, null);
            byte[] batch = Events.inBatch(Events.insert("{a: 1}"));

            assertThatThrownBy(() -> decoder.decode(batch, Events.OFFSET))
                    .isInstanceOf(AssertionError.class)
                    .hasMessage("broken");
        }
    }

    @Nested
    class OfAJavaBean {
        @ParameterizedTest
        @CsvSource(
                delimiter = '|',
                quoteCharacter = '`',
                value = {
                    "{_id: 'x'}               | _id           | is a STRING, but Bean.id needs an int",
                    "{count: null}            | count         | is null, but Bean.count needs an int",
                    "{nom: 1}                 | nom           | is an INT32, but Bean.name needs a STRING",
                    "{count: 5000000000}      | count         | holds an INT64 that does not fit Bean.count, an int",
                    "{child: {child: {nom: 1}}} | child.child.nom | is an INT32, but Bean.name needs a STRING",
                    "{children: [{}, {count: 'x'}]} | children.1.count | is a STRING, but Bean.count needs an int",
                })
        void namesThePathOfTheFieldAndWhatItNeeds(String document, String field, String problem) {
            DecodeException failure = failure(Bean.class, document);

            assertThat(failure)
                    .hasMessage("Cannot decode the insert in shop.orders: field fullDocument." + field + ' ' + problem
                            + '.' + WIDEN);
            assertThat(failure.field()).isEqualTo("fullDocument." + field);
        }

        @Test
        void namesTheSetterThatThrows() {
            DecodeException failure = failure(Bean.class, "{child: {positive: -1}}");

            assertThat(failure)
                    .hasMessage("Cannot decode the insert in shop.orders: the setter of Bean.positive refuses field"
                            + " fullDocument.child.positive (IllegalArgumentException). Correct the document, relax the setter"
                            + SKIP);
            assertThat(failure.field()).isEqualTo("fullDocument.child.positive");
        }
    }

    @Nested
    class OfTheEnvelope {
        @ParameterizedTest
        @ValueSource(strings = {"_id", "operationType", "clusterTime", "ns", "documentKey", "updateDescription"})
        void namesAFieldThatThePipelineRemoved(String field) {
            BsonDocument event = Events.update();
            event.remove(field);

            DecodeException failure = failure(BsonDocument.class, event);

            String what = field.equals("operationType") ? "an event" : "the update";
            String where = field.equals("ns") ? "" : " in shop.orders";
            assertThat(failure)
                    .hasMessage("Cannot decode " + what + where + ": the event has no field " + field
                            + ". Keep it in the pipeline: no stage may remove it" + SKIP);
            assertThat(failure.field()).isEqualTo(field);
        }

        @Test
        void namesAMissingDocumentOfAnInsert() {
            BsonDocument event = Events.insert("{}");
            event.remove("fullDocument");

            assertThat(failure(BsonDocument.class, event))
                    .hasMessage(
                            "Cannot decode the insert in shop.orders: the event has no field fullDocument. Keep it in the pipeline:"
                                    + " no stage may remove it" + SKIP);
        }

        @Test
        void namesAFieldThatThePipelineReplaced() {
            DecodeException failure =
                    failure(BsonDocument.class, Events.update().append("documentKey", new BsonString("x")));

            assertThat(failure)
                    .hasMessage(
                            "Cannot decode the update in shop.orders: field documentKey is a STRING, but a change event has a"
                                    + " DOCUMENT there. Keep it as the server sends it: no stage may replace it"
                                    + SKIP);
            assertThat(failure.documentKey()).isEmpty();
        }

        @Test
        void namesANestedFieldThatThePipelineReplaced() {
            BsonDocument event = Events.update()
                    .append("updateDescription", BsonDocument.parse("{truncatedArrays: [{field: 'a', newSize: 'x'}]}"));

            DecodeException failure = failure(BsonDocument.class, event);

            assertThat(failure.field()).isEqualTo("updateDescription.truncatedArrays.0.newSize");
            assertThat(failure)
                    .hasMessage(
                            "Cannot decode the update in shop.orders: field updateDescription.truncatedArrays.0.newSize is a"
                                    + " STRING, but a change event has an INT32 there. Keep it as the server sends it: no stage may"
                                    + " replace it" + SKIP);
        }

        @Test
        void namesANamespaceWithoutDatabase() {
            DecodeException failure =
                    failure(BsonDocument.class, Events.update().append("ns", BsonDocument.parse("{coll: 'orders'}")));

            assertThat(failure)
                    .hasMessage(
                            "Cannot decode the update: the event has no field ns.db. Keep it in the pipeline: no stage may remove"
                                    + " it" + SKIP);
        }

        @Test
        void namesACollectionUuidOfAWrongLength() {
            DecodeException failure = failure(
                    BsonDocument.class, Events.update().append("collectionUUID", new BsonBinary(new byte[] {1})));

            assertThat(failure)
                    .hasMessage(
                            "Cannot decode the update in shop.orders: field collectionUUID is not a UUID of 16 bytes. Keep it as"
                                    + " the server sends it: no stage may replace it" + SKIP);
        }

        @Test
        void namesADocumentThatIsNone() {
            assertThat(failure(Order.class, Events.insert(new BsonInt32(1))))
                    .hasMessage(
                            "Cannot decode the insert in shop.orders: field fullDocument is an INT32, but a change event has a"
                                    + " DOCUMENT there. Keep it as the server sends it: no stage may replace it"
                                    + SKIP);
        }
    }

    public enum Status {
        PAID
    }

    public record Item(String name, double price) {}

    public record Order(
            @BsonId int id,
            String customer,
            BigDecimal total,
            Status status,
            Instant at,
            @BsonProperty("key") UUID uuid,
            List<Item> items,
            List<Integer> numbers,
            Map<String, String> tags,
            Map<String, Item> byName) {}

    public record Strict(String a, String b, String c) {
        public Strict {
            Objects.requireNonNull(a, "a");
            if (a.equals("forbidden")) {
                throw new IllegalArgumentException("a secret: " + a);
            }
        }
    }

    public record Outer(Strict inner, int after) {}

    public record Broken(int a) {
        public Broken {
            if (a == 1) {
                throw new AssertionError("broken");
            }
        }
    }

    public static final class Bean {
        private int id;
        private int count;
        private int positive;

        @BsonProperty("nom")
        private String name;

        private Bean child;
        private List<Bean> children;

        public int getId() {
            return id;
        }

        public void setId(int id) {
            this.id = id;
        }

        public int getCount() {
            return count;
        }

        public void setCount(int count) {
            this.count = count;
        }

        public int getPositive() {
            return positive;
        }

        public void setPositive(int positive) {
            if (positive < 0) {
                throw new IllegalArgumentException("negative");
            }
            this.positive = positive;
        }

        public String getName() {
            return name;
        }

        public void setName(String name) {
            this.name = name;
        }

        public Bean getChild() {
            return child;
        }

        public void setChild(Bean child) {
            this.child = child;
        }

        public List<Bean> getChildren() {
            return children;
        }

        public void setChildren(List<Bean> children) {
            this.children = children;
        }
    }
}
