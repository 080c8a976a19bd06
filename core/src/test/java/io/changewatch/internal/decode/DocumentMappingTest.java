package io.changewatch.internal.decode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.mongodb.MongoClientSettings;
import io.changewatch.event.Insert;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.bson.BsonBinary;
import org.bson.BsonDocument;
import org.bson.BsonReader;
import org.bson.BsonType;
import org.bson.BsonWriter;
import org.bson.Document;
import org.bson.RawBsonDocument;
import org.bson.UuidRepresentation;
import org.bson.codecs.Codec;
import org.bson.codecs.DecoderContext;
import org.bson.codecs.EncoderContext;
import org.bson.codecs.configuration.CodecRegistries;
import org.bson.codecs.configuration.CodecRegistry;
import org.bson.codecs.pojo.annotations.BsonCreator;
import org.bson.codecs.pojo.annotations.BsonId;
import org.bson.codecs.pojo.annotations.BsonProperty;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class DocumentMappingTest {
    private static final String ORDER = """
            {_id: 1, customer: 'Ada', total: {$numberDecimal: '12.50'}, status: 'PAID', at: {$date: '2026-05-01T10:00:00Z'},
             items: [{sku: 'a', quantity: 2, colour: 'red'}, {sku: 'b', quantity: {$numberLong: '3'}}],
             tags: {kind: 'gift'}, addedLater: {x: [1, 2]}, alsoAdded: null}""";

    private static <T> T decode(Class<T> type, BsonDocument document, CodecRegistry registry) {
        EventDecoder<T> decoder = EventDecoders.of(type, registry);
        return ((Insert<T>) decoder.decode(Events.inBatch(Events.insert(document)), Events.OFFSET)).document();
    }

    private static <T> T decode(Class<T> type, String document) {
        return decode(type, BsonDocument.parse(document), null);
    }

    @Nested
    class ToARecord {
        @Test
        void decodesNestedTypesAndIgnoresUnknownFields() {
            assertThat(decode(Order.class, ORDER))
                    .isEqualTo(new Order(
                            1,
                            "Ada",
                            new BigDecimal("12.50"),
                            Status.PAID,
                            Instant.parse("2026-05-01T10:00:00Z"),
                            List.of(new Item("a", 2), new Item("b", 3)),
                            Map.of("kind", "gift")));
        }

        @Test
        void leavesAMissingReferenceNull() {
            assertThat(decode(Item.class, "{quantity: 1}")).isEqualTo(new Item(null, 1));
        }
    }

    @Nested
    class ToAJavaBean {
        @Test
        void decodesNestedTypesAndIgnoresUnknownFields() {
            OrderBean order = decode(OrderBean.class, ORDER);

            assertThat(order.getId()).isEqualTo(1);
            assertThat(order.getCustomer()).isEqualTo("Ada");
            assertThat(order.getItems()).extracting(ItemBean::getSku).containsExactly("a", "b");
            assertThat(order.getItems()).extracting(ItemBean::getQuantity).containsExactly(2, 3);
        }

        @Test
        void leavesMissingFieldsAtTheirDefaults() {
            ItemBean item = decode(ItemBean.class, "{}");

            assertThat(item.getSku()).isNull();
            assertThat(item.getQuantity()).isZero();
        }

        @Test
        void usesTheAnnotatedConstructor() {
            assertThat(decode(Created.class, "{name: 'Ada'}").name).isEqualTo("Ada");
        }
    }

    @Nested
    class ToTheDriversTypes {
        @Test
        void decodesDocuments() {
            assertThat(decode(Document.class, ORDER)).isEqualTo(Document.parse(ORDER));
            assertThat(decode(BsonDocument.class, ORDER)).isEqualTo(BsonDocument.parse(ORDER));
        }

        @Test
        void slicesARawDocumentOutOfTheBatch() {
            EventDecoder<RawBsonDocument> decoder = EventDecoders.of(RawBsonDocument.class, null);
            byte[] batch = Events.inBatch(Events.insert(ORDER));

            RawBsonDocument document = ((Insert<RawBsonDocument>) decoder.decode(batch, Events.OFFSET)).document();

            assertThat(document).isEqualTo(BsonDocument.parse(ORDER));
            assertThat(document.getBackingArray()).isSameAs(batch);
        }
    }

    @Nested
    class OfUuids {
        private static final UUID ID = UUID.fromString("01234567-89ab-4def-8123-456789abcdef");

        @Test
        void areStandardByDefault() {
            assertThat(decode(WithUuid.class, uuid(UuidRepresentation.STANDARD), null))
                    .isEqualTo(new WithUuid(ID, List.of(ID)));
            assertThat(decode(Document.class, uuid(UuidRepresentation.STANDARD), null)
                            .get("id"))
                    .isEqualTo(ID);
        }

        @Test
        void areStandardWhereTheApplicationsRegistryDoesNotSay() {
            assertThat(decode(
                            WithUuid.class,
                            uuid(UuidRepresentation.STANDARD),
                            MongoClientSettings.getDefaultCodecRegistry()))
                    .isEqualTo(new WithUuid(ID, List.of(ID)));
        }

        @Test
        void areWhatTheApplicationsRegistrySays() {
            CodecRegistry legacy = CodecRegistries.withUuidRepresentation(
                    MongoClientSettings.getDefaultCodecRegistry(), UuidRepresentation.JAVA_LEGACY);

            assertThat(decode(WithUuid.class, uuid(UuidRepresentation.JAVA_LEGACY), legacy))
                    .isEqualTo(new WithUuid(ID, List.of(ID)));
        }

        private static BsonDocument uuid(UuidRepresentation representation) {
            BsonBinary binary = new BsonBinary(ID, representation);
            return new BsonDocument("id", binary).append("ids", new org.bson.BsonArray(List.of(binary)));
        }
    }

    @Nested
    class OfTheApplicationsOwn {
        @Test
        void comesBeforeTheDefaults() {
            CodecRegistry registry = CodecRegistries.fromCodecs(new ItemCodec());

            assertThat(decode(Item.class, BsonDocument.parse("{sku: 'a', quantity: 1}"), registry))
                    .isEqualTo(new Item("by its own codec", 0));
        }

        @Test
        void isUsedInsideTheDefaults() {
            Order order = decode(Order.class, BsonDocument.parse(ORDER), CodecRegistries.fromCodecs(new ItemCodec()));

            assertThat(order.items()).containsOnly(new Item("by its own codec", 0));
        }
    }

    @Nested
    class ToAnImpossibleType {
        @Test
        void namesATypeWithoutCodec() {
            assertThatThrownBy(() -> EventDecoders.of(Object[].class, null))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage(
                            "Cannot decode documents to [Ljava.lang.Object;: no codec handles it. Make it a public record or a"
                                    + " JavaBean, or give codecRegistry(...) a codec for it and for the types of its fields.");
        }

        @Test
        void namesARecordWithAComponentWithoutCodec() {
            assertThatThrownBy(() -> EventDecoders.of(WithAnything.class, null))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage(
                            "Cannot decode documents to io.changewatch.internal.decode.DocumentMappingTest$WithAnything: no codec"
                                    + " handles it. Make it a public record or a JavaBean, or give codecRegistry(...) a codec for it and for"
                                    + " the types of its fields.");
        }

        @Test
        void namesARecordThatIsNotPublic() {
            assertThatThrownBy(() -> EventDecoders.of(Hidden.class, null))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage(
                            "Cannot decode documents to io.changewatch.internal.decode.DocumentMappingTest$Hidden: the record is"
                                    + " not public, so its codec cannot call its constructor. Declare the record public in an exported"
                                    + " package, or give codecRegistry(...) a codec for it.");
        }

        @Test
        void namesABeanWithoutUsableConstructor() {
            assertThatThrownBy(() -> EventDecoders.of(NoConstructor.class, null))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage(
                            "Cannot decode documents to io.changewatch.internal.decode.DocumentMappingTest$NoConstructor: it has"
                                    + " no public constructor without parameters and none annotated with @BsonCreator. Add one, make it a"
                                    + " record, or give codecRegistry(...) a codec for it.");
        }
    }

    public enum Status {
        PAID
    }

    public record Item(String sku, int quantity) {}

    public record Order(
            @BsonId int id,
            String customer,
            BigDecimal total,
            Status status,
            Instant at,
            List<Item> items,
            Map<String, String> tags) {}

    public record WithUuid(UUID id, List<UUID> ids) {}

    public record WithAnything(List<Object> anything) {}

    record Hidden(int a) {}

    public static final class NoConstructor {
        private final int a;

        public NoConstructor(int a) {
            this.a = a;
        }

        public int getA() {
            return a;
        }
    }

    public static final class Created {
        final String name;

        @BsonCreator
        public Created(@BsonProperty("name") String name) {
            this.name = name;
        }
    }

    public static final class ItemBean {
        private String sku;
        private int quantity;

        public String getSku() {
            return sku;
        }

        public void setSku(String sku) {
            this.sku = sku;
        }

        public int getQuantity() {
            return quantity;
        }

        public void setQuantity(int quantity) {
            this.quantity = quantity;
        }
    }

    public static final class OrderBean {
        private int id;
        private String customer;
        private List<ItemBean> items;

        public int getId() {
            return id;
        }

        public void setId(int id) {
            this.id = id;
        }

        public String getCustomer() {
            return customer;
        }

        public void setCustomer(String customer) {
            this.customer = customer;
        }

        public List<ItemBean> getItems() {
            return items;
        }

        public void setItems(List<ItemBean> items) {
            this.items = items;
        }
    }

    private static final class ItemCodec implements Codec<Item> {
        @Override
        public Item decode(BsonReader reader, DecoderContext context) {
            reader.readStartDocument();
            while (reader.readBsonType() != BsonType.END_OF_DOCUMENT) {
                reader.skipName();
                reader.skipValue();
            }
            reader.readEndDocument();
            return new Item("by its own codec", 0);
        }

        @Override
        public void encode(BsonWriter writer, Item item, EncoderContext context) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Class<Item> getEncoderClass() {
            return Item.class;
        }
    }
}
