package io.changewatch.resume.file;

import io.changewatch.event.ResumeToken;
import io.changewatch.resume.Checkpoint;
import io.changewatch.resume.Fingerprint;
import java.time.Instant;
import org.bson.BsonDocument;
import org.bson.BsonString;
import org.bson.BsonTimestamp;

/** Checkpoints that are told apart by a number: the higher, the later. */
final class Checkpoints {

    private Checkpoints() {}

    static Checkpoint number(int number) {
        return new Checkpoint(
                new ResumeToken(new BsonDocument("_data", new BsonString("8263A1"))),
                new BsonTimestamp(number, 1),
                Instant.parse("2026-05-01T10:00:00Z"),
                new Fingerprint("shop.orders", "a1b2"),
                0);
    }

    static int numberOf(Checkpoint checkpoint) {
        return checkpoint.clusterTime().getTime();
    }
}
