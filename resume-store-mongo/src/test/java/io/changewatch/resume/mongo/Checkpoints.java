package io.changewatch.resume.mongo;

import io.changewatch.event.ResumeToken;
import io.changewatch.resume.Checkpoint;
import io.changewatch.resume.Fingerprint;
import java.time.Instant;
import org.bson.BsonDocument;
import org.bson.BsonString;
import org.bson.BsonTimestamp;
import org.bson.BsonValue;

/** Checkpoints at a chosen place in the order. */
final class Checkpoints {

    private Checkpoints() {}

    /** The higher, the later. */
    static Checkpoint number(int number) {
        return at(0, number, new BsonString("8263A1"));
    }

    static Checkpoint at(long term, int seconds, BsonValue data) {
        return new Checkpoint(
                new ResumeToken(new BsonDocument("_data", data)),
                new BsonTimestamp(seconds, 1),
                Instant.parse("2026-05-01T10:00:00Z"),
                new Fingerprint("shop.orders", "a1b2"),
                term);
    }
}
