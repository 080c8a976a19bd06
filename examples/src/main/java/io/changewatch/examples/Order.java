package io.changewatch.examples;

import org.bson.codecs.pojo.annotations.BsonId;

/**
 * A document of the collection {@code shop.orders}. Fields of the document that have no component here are ignored.
 *
 * @param id the document's {@code _id}
 * @param cents what it costs
 */
public record Order(@BsonId String id, String userId, String status, long cents) {}
