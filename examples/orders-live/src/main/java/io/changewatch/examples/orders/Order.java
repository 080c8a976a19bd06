package io.changewatch.examples.orders;

import java.time.Instant;
import java.util.List;
import org.bson.codecs.pojo.annotations.BsonId;

/**
 * An order, as it is stored; fields that it does not name are ignored.
 *
 * @param version counts the writes to this order, from 1
 */
public record Order(@BsonId String id, String userId, String status, long cents, int version, Instant updatedAt) {

    /** What an order can be. */
    static final List<String> STATUSES = List.of("open", "paid", "packed", "shipped", "delivered", "cancelled");

    /** What the feed asks of every order before it is sent: the record codec takes a missing field for null. */
    void check() {
        if (userId == null || updatedAt == null || !STATUSES.contains(status)) {
            throw new IllegalArgumentException("not an order: its user, its time or a known status is missing");
        }
    }
}
