package io.changewatch.comparison;

import com.mongodb.MongoClientSettings;
import java.time.Instant;
import java.util.List;
import org.bson.Document;
import org.bson.RawBsonDocument;
import org.bson.codecs.Codec;
import org.bson.codecs.pojo.annotations.BsonId;
import org.bson.types.Decimal128;
import org.jspecify.annotations.Nullable;

/**
 * The document that every typed consumer decodes to: by its number alone, all its content is known. Public for the codecs.
 *
 * @param id the number of the order, from 0
 * @param sent nanoseconds since the epoch, taken right before it was written; 0 where no latency is measured
 * @param part {@code id} modulo 1,000: what narrow filters ask for
 * @param cents a multiple of {@code id}
 * @param note pads the document to the size asked for
 */
public record Order(
        @BsonId long id,
        long sent,
        int part,
        @Nullable String userId,
        @Nullable Status status,
        long cents,
        @Nullable Decimal128 total,
        @Nullable Instant createdAt,
        @Nullable Address address,
        @Nullable List<Line> lines,
        String note) {
    static final int PARTS = 1_000;
    private static final int CENTS_EACH = 7;
    private static final Instant FIRST = Instant.ofEpochSecond(1_700_000_000);

    /** Where an order is. */
    public enum Status {
        /** Nobody has paid. */
        OPEN,
        /** It is to be sent. */
        PAID,
        /** It is on its way. */
        SHIPPED
    }

    /** Where it goes. */
    public record Address(String street, String city, String zip) {}

    /** What was ordered. */
    public record Line(String sku, int quantity, long cents) {}

    /** The order of a number. */
    public static Order of(long id, long sent, String note) {
        int part = (int) (id % PARTS);
        return new Order(
                id,
                sent,
                part,
                "user-" + part,
                Status.values()[(int) (id % 3)],
                id * CENTS_EACH,
                new Decimal128(id * CENTS_EACH),
                FIRST.plusSeconds(id),
                new Address("Long Street " + part, "Springfield", "12345"),
                List.of(new Line("sku-" + part, 1, part), new Line("sku-" + id, 2, id)),
                note);
    }

    /** About 100 bytes that can be decoded to an order, most of whose components are null. */
    static Document tiny(long id) {
        return new Document("_id", id)
                .append("sent", 0L)
                .append("part", (int) (id % PARTS))
                .append("cents", id * CENTS_EACH)
                .append("note", "x".repeat(24));
    }

    /** How many bytes an order has that is not padded. */
    static int bytes() {
        Codec<Order> codec = MongoClientSettings.getDefaultCodecRegistry().get(Order.class);
        return new RawBsonDocument(of(0, 0, ""), codec).getByteBuffer().remaining();
    }

    /** Whether what is cheap to look at is as {@link #of} made it. */
    boolean isWhole() {
        return cents == id * CENTS_EACH
                && address != null
                && lines != null
                && lines.size() == 2
                && lines.get(1).cents() == id;
    }

    /** Whether it is as {@link #tiny} made it. */
    boolean isTiny() {
        return cents == id * CENTS_EACH && address == null && lines == null;
    }

    /** Whether all of it is as {@link #of} made it. */
    boolean isExact() {
        return equals(of(id, sent, note));
    }
}
