package io.changewatch.comparison;

import java.time.Instant;
import java.util.List;
import org.bson.codecs.pojo.annotations.BsonId;
import org.bson.types.Decimal128;

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
        String userId,
        Status status,
        long cents,
        Decimal128 total,
        Instant createdAt,
        Address address,
        List<Line> lines,
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

    static Order of(long id, long sent, String note) {
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

    /** Whether what is cheap to look at is as {@link #of} made it. */
    boolean isWhole() {
        return cents == id * CENTS_EACH && lines.size() == 2 && lines.get(1).cents() == id && address != null;
    }
}
