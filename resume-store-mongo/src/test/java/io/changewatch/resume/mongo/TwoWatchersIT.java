package io.changewatch.resume.mongo;

import static io.changewatch.resume.mongo.Checkpoints.number;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.mongodb.reactivestreams.client.MongoCollection;
import com.mongodb.reactivestreams.client.MongoDatabase;
import io.changewatch.resume.StaleCheckpointException;
import io.changewatch.resume.StoreLockedException;
import io.changewatch.testkit.TestServer;
import java.time.Duration;
import java.time.Instant;
import org.bson.BsonDocument;
import org.bson.BsonString;
import org.bson.Document;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Rows 42 and 43: of two watchers of one name, each with a store of its own, the newcomer wins and the other one learns it. */
final class TwoWatchersIT {

    private static final String WATCHER = "order-indexer";
    private static final String PLACE = "changewatch_checkpoints";

    private final MongoDatabase database = TestServer.newDatabase();
    private final MongoCollection<BsonDocument> collection = database.getCollection(PLACE, BsonDocument.class);
    private final MongoResumeTokenStore older = MongoResumeTokenStore.in(database);
    private final MongoResumeTokenStore newer = MongoResumeTokenStore.in(database);

    @AfterEach
    void drop() {
        Await.done(database.drop());
    }

    @Test
    void refuseTheOlderOnesNextSaveAlthoughBothKeepTheSamePace() {
        older.save(WATCHER, number(1));
        newer.save(WATCHER, number(1));
        Instant since = Instant.ofEpochMilli(
                document().getDateTime("heldSince").asDateTime().getValue());

        assertThatThrownBy(() -> older.save(WATCHER, number(2)))
                .isInstanceOf(StoreLockedException.class)
                .hasMessage("Refused a checkpoint of watcher 'order-indexer' in " + database.getName() + "." + PLACE
                        + ": another watcher of this name has taken over, at " + since
                        + ". Stop one of them or give it another name. The other one goes on from what was saved, so nothing"
                        + " is lost.");

        assertThat(newer.load(WATCHER)).contains(number(1));
        newer.save(WATCHER, number(2));
        assertThatThrownBy(() -> older.save(WATCHER, number(3))).isInstanceOf(StoreLockedException.class);
    }

    /** A newcomer that is behind never gets the place: then the one that has it goes on. */
    @Test
    void leaveThePlaceToTheOlderOneWhereTheNewcomerIsBehind() {
        older.save(WATCHER, number(2));

        assertThatThrownBy(() -> newer.save(WATCHER, number(1))).isInstanceOf(StaleCheckpointException.class);

        older.save(WATCHER, number(3));
        assertThat(older.load(WATCHER)).contains(number(3));
    }

    @Test
    void areNotMadeByLoading() {
        older.save(WATCHER, number(1));
        newer.acquire(WATCHER);

        assertThat(newer.load(WATCHER)).contains(number(1));
        newer.release(WATCHER);

        older.save(WATCHER, number(2));
        assertThat(newer.load(WATCHER)).contains(number(2));
    }

    @Test
    void areRefusedAtTheStartOnOneStoreObject() {
        older.acquire(WATCHER);

        assertThatThrownBy(() -> older.acquire(WATCHER))
                .isInstanceOf(StoreLockedException.class)
                .hasMessage("Cannot take the place of watcher 'order-indexer' in " + database.getName() + "." + PLACE
                        + ": another watcher of this store has it. Stop the other watcher of this name, or give this one"
                        + " another name.");
        assertThatThrownBy(() -> older.timeout(Duration.ofSeconds(5)).acquire(WATCHER))
                .as("the same store with another limit")
                .isInstanceOf(StoreLockedException.class);
        assertThatCode(() -> older.acquire("another")).doesNotThrowAnyException();
    }

    @Test
    void takeTurnsAfterARelease() {
        older.save(WATCHER, number(1));
        newer.save(WATCHER, number(2));
        older.release(WATCHER);

        older.save(WATCHER, number(3));

        assertThatThrownBy(() -> newer.save(WATCHER, number(4))).isInstanceOf(StoreLockedException.class);
    }

    /** An older version of this library writes no mark, and leaves the one that is there. */
    @Test
    void areNotSeenInADocumentWithoutAMark() {
        BsonDocument unmarked = new BsonDocument("_id", new BsonString(WATCHER));
        unmarked.putAll(number(1).toBson());
        Await.done(collection.insertOne(unmarked));
        older.save(WATCHER, number(2));
        Await.done(
                collection.updateOne(new Document("_id", WATCHER), new Document("$unset", new Document("heldBy", 1))));

        older.save(WATCHER, number(3));

        assertThat(older.load(WATCHER)).contains(number(3));
        assertThat(document()).containsKey("heldBy");
    }

    @Test
    void areNotSeenInADocumentThatWasDeleted() {
        older.save(WATCHER, number(2));
        newer.delete(WATCHER);

        older.save(WATCHER, number(1));

        assertThat(older.load(WATCHER)).contains(number(1));
    }

    private BsonDocument document() {
        return Await.first(collection.find());
    }
}
