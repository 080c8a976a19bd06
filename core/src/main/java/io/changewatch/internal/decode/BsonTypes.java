package io.changewatch.internal.decode;

import org.bson.BsonType;

/** Names BSON types in messages. Thread-safe. */
final class BsonTypes {
    private BsonTypes() {}

    /** {@code a STRING}, {@code an INT32}, {@code null}. */
    static String withArticle(byte type) {
        return withArticle(BsonType.findByValue(type));
    }

    static String withArticle(BsonType type) {
        return type == BsonType.NULL ? "null" : withArticle(type.name());
    }

    /** {@code a BigDecimal}, {@code an int}. */
    static String withArticle(String name) {
        boolean vowel = "AEIOaeio".indexOf(name.charAt(0)) >= 0;
        return (vowel ? "an " : "a ") + name;
    }
}
