package io.changewatch;

import java.util.Arrays;
import org.bson.BsonArray;
import org.bson.BsonBoolean;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.bson.BsonInt64;
import org.bson.BsonString;
import org.bson.BsonValue;

/**
 * One of several parts of a stream, by the hash of the documents' {@code _id}.
 *
 * <p>The hash is the one of hashed indexes, of which all servers have the same: {@code $toHashedIndexKey} is documented from 7.2 on, and
 * was found in 5.0.4 and 6.0.27 with the same results. Equal numbers of different types have the same hash.
 */
record Partition(int index, int count) {

    boolean isPossible() {
        return index >= 0 && index < count;
    }

    /**
     * Lets through the events of the partition's documents, and those of no document, such as an invalidate, which everybody must know of.
     * The hash is signed, and so is {@code $mod}: one more of the count makes it positive.
     */
    BsonDocument stage() {
        BsonValue hash = new BsonDocument("$toHashedIndexKey", new BsonString("$documentKey._id"));
        BsonValue signed = operator("$mod", hash, new BsonInt64(count));
        BsonValue number = operator("$mod", operator("$add", signed, new BsonInt64(count)), new BsonInt64(count));
        BsonDocument own = new BsonDocument("$expr", operator("$eq", number, new BsonInt32(index)));
        BsonDocument ofNoDocument = new BsonDocument("documentKey", new BsonDocument("$exists", BsonBoolean.FALSE));
        return new BsonDocument("$match", operator("$or", ofNoDocument, own));
    }

    private static BsonDocument operator(String name, BsonValue... operands) {
        return new BsonDocument(name, new BsonArray(Arrays.asList(operands)));
    }

    @Override
    public String toString() {
        return "partition(" + index + ", " + count + ")";
    }
}
