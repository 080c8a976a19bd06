package io.changewatch.resume.mongo;

import static io.changewatch.resume.mongo.Checkpoints.at;
import static io.changewatch.resume.mongo.Checkpoints.number;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.mongodb.client.model.Collation;
import com.mongodb.client.model.CollationStrength;
import com.mongodb.client.model.CreateCollectionOptions;
import com.mongodb.reactivestreams.client.MongoCollection;
import com.mongodb.reactivestreams.client.MongoDatabase;
import io.changewatch.resume.Checkpoint;
import io.changewatch.resume.CorruptCheckpointException;
import io.changewatch.resume.HistoryPolicy;
import io.changewatch.resume.ResumeTokenStore;
import io.changewatch.resume.StaleCheckpointException;
import io.changewatch.resume.StoreException;
import io.changewatch.resume.StoreLockedException;
import io.changewatch.testkit.ResumeTokenStoreContract;
import io.changewatch.testkit.TestServer;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Random;
import org.bson.BsonBinary;
import org.bson.BsonDocument;
import org.bson.BsonInt64;
import org.bson.BsonString;
import org.bson.BsonValue;
import org.bson.Document;
import org.bson.codecs.StringCodec;
import org.bson.codecs.configuration.CodecRegistries;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class MongoResumeTokenStoreIT extends ResumeTokenStoreContract {

    private static final String WATCHER = "order-indexer";
    private static final int PAIRS = 300;

    private final MongoDatabase database = TestServer.newDatabase();
    private final MongoCollection<BsonDocument> collection =
            database.getCollection("changewatch_checkpoints", BsonDocument.class);
    private final ResumeTokenStore store = MongoResumeTokenStore.in(database);

    @Override
    protected ResumeTokenStore open() {
        return MongoResumeTokenStore.in(database);
    }

    @AfterEach
    void drop() {
        Await.done(database.drop());
    }

    @Test
    void keepsADocumentThatAPersonCanRead() {
        store.save(WATCHER, number(1_700_000_000));

        BsonDocument expected = new BsonDocument("_id", new BsonString(WATCHER));
        expected.putAll(number(1_700_000_000).toBson());
        expected.append("watcher", new BsonString(WATCHER));
        BsonDocument saved = Await.first(collection.find());
        assertThat(saved.remove("heldBy").asString().getValue()).hasSize(36);
        assertThat(saved.remove("heldSince").isDateTime()).isTrue();
        assertThat(saved).isEqualTo(expected);
    }

    @Test
    void keepsItsHistoryInADocumentOfItsOwn() {
        Checkpoint first = number(100);
        Checkpoint sameMinute = later(number(200), Duration.ofSeconds(10));
        Checkpoint next = later(number(300), Duration.ofMinutes(2));
        store.save(WATCHER, first);
        store.save(WATCHER, sameMinute);
        store.save(WATCHER, next);

        assertThat(store.history(WATCHER)).containsExactly(next, first);
        assertThat(store.history("{history: '" + WATCHER + "'}")).isEmpty();
        assertThat(Await.first(collection.countDocuments())).isEqualTo(2);
        store.delete(WATCHER);
        assertThat(Await.first(collection.countDocuments())).isZero();
    }

    @Test
    void keepsNoHistoryWhereNoneIsWanted() {
        ResumeTokenStore without = MongoResumeTokenStore.in(database).keepHistory(HistoryPolicy.none());

        without.save(WATCHER, number(100));

        assertThat(without.history(WATCHER)).isEmpty();
        assertThat(Await.first(collection.countDocuments())).isEqualTo(1);
    }

    @Test
    void aResetIsRefusedToWhomAnotherHasTakenThePlaceFrom() {
        store.save(WATCHER, number(100));
        MongoResumeTokenStore.in(database).save(WATCHER, number(200));

        assertThatThrownBy(() -> store.reset(WATCHER, number(50))).isInstanceOf(StoreLockedException.class);
        assertThat(store.load(WATCHER)).contains(number(200));
    }

    private static Checkpoint later(Checkpoint checkpoint, Duration time) {
        return new Checkpoint(
                checkpoint.token(),
                checkpoint.clusterTime(),
                checkpoint.savedAt().plus(time),
                checkpoint.fingerprint(),
                checkpoint.term());
    }

    /** The rule is written twice, in Java and as the condition of the write. */
    @Test
    void refusesExactlyWhatIsOlder() {
        Random random = new Random(45);
        int refused = 0;
        for (int i = 0; i < PAIRS; i++) {
            Checkpoint held = randomCheckpoint(random);
            Checkpoint offered = randomCheckpoint(random);
            store.delete(WATCHER);
            store.save(WATCHER, held);

            boolean isRefused = isRefused(offered);

            assertThat(isRefused).as("%s over %s", offered, held).isEqualTo(offered.isOlderThan(held));
            assertThat(store.load(WATCHER)).contains(isRefused ? held : offered);
            refused += isRefused ? 1 : 0;
        }
        assertThat(refused).isBetween(PAIRS / 5, PAIRS * 4 / 5);
    }

    private boolean isRefused(Checkpoint offered) {
        try {
            store.save(WATCHER, offered);
            return false;
        } catch (StaleCheckpointException e) {
            return true;
        }
    }

    private static Checkpoint randomCheckpoint(Random random) {
        int[] seconds = {1, 2, Integer.MAX_VALUE, Integer.MIN_VALUE, -1};
        BsonValue[] data = {
            new BsonString("82"), new BsonString("8263"), new BsonString("83"), new BsonBinary(new byte[] {1})
        };
        return at(random.nextInt(2), seconds[random.nextInt(seconds.length)], data[random.nextInt(data.length)]);
    }

    @Test
    void saysBothPositionsWhenItRefuses() {
        store.save(WATCHER, number(200));

        assertThatThrownBy(() -> store.save(WATCHER, number(100)))
                .isInstanceOf(StaleCheckpointException.class)
                .hasMessageStartingWith(
                        "Refused an older checkpoint of watcher 'order-indexer' in " + place()
                                + ": cluster time 100.1 of term 0 was to replace cluster time 200.1 of term 0. Another watcher");
    }

    @Test
    void namesADamagedDocumentAndLeavesItAlone() {
        store.save(WATCHER, number(100));
        Await.done(collection.updateOne(
                new Document("_id", WATCHER), new Document("$set", new Document("savedAt", Instant.EPOCH))));

        assertThatThrownBy(() -> store.load(WATCHER))
                .isInstanceOf(CorruptCheckpointException.class)
                .hasMessage("Cannot use the document with the _id 'order-indexer' in " + place()
                        + ": The checkpoint is damaged: its checksum does not fit its content. Restore it from a backup, or"
                        + " delete it to begin anew, which leaves out what happened since.");

        store.delete(WATCHER);
        assertThat(store.load(WATCHER)).isEmpty();
    }

    @Test
    void refusesADocumentThatWasCopiedFromAnotherWatcher() {
        store.save("billing", number(100));
        BsonDocument copy = Await.first(collection.find()).append("_id", new BsonString(WATCHER));
        Await.done(collection.insertOne(copy));

        assertThatThrownBy(() -> store.load(WATCHER))
                .isInstanceOf(CorruptCheckpointException.class)
                .hasMessage("Cannot use the document with the _id 'order-indexer' in " + place()
                        + ": The checkpoint belongs to watcher 'billing'. Restore it from a backup, or"
                        + " delete it to begin anew, which leaves out what happened since.");
        assertThatThrownBy(() -> store.save(WATCHER, number(200))).isInstanceOf(CorruptCheckpointException.class);
        assertThat(Await.first(collection.find(new Document("_id", WATCHER)))).isEqualTo(copy);
    }

    @Test
    void neverWritesOverADocumentThatIsNotOurs() {
        BsonDocument foreign = new BsonDocument("_id", new BsonString(WATCHER)).append("total", new BsonInt64(7));
        Await.done(collection.insertOne(foreign));

        assertThatThrownBy(() -> store.load(WATCHER)).isInstanceOf(CorruptCheckpointException.class);
        assertThatThrownBy(() -> store.save(WATCHER, number(1)))
                .isInstanceOf(CorruptCheckpointException.class)
                .hasMessage(
                        "Cannot use the document with the _id 'order-indexer' in " + place()
                                + ": The checkpoint is damaged or was not written by ChangeWatch: Document does not contain key"
                                + " version. Restore it from a backup, or delete it to begin anew, which leaves out what happened since.");
        assertThat(Await.first(collection.find())).isEqualTo(foreign);
    }

    @Test
    void keepsFieldsThatOthersAddToItsDocument() {
        store.save(WATCHER, number(100));
        Await.done(collection.updateOne(
                new Document("_id", WATCHER), new Document("$set", new Document("owner", "team-orders"))));

        store.save(WATCHER, number(200));

        assertThat(store.load(WATCHER)).contains(number(200));
        assertThat(Await.first(collection.find())).containsEntry("owner", new BsonString("team-orders"));
    }

    @Test
    void comparesTokensByTheirBytesWhateverTheCollation() {
        Collation careless = Collation.builder()
                .locale("en")
                .collationStrength(CollationStrength.SECONDARY)
                .build();
        Await.done(database.createCollection("careless", new CreateCollectionOptions().collation(careless)));
        ResumeTokenStore inCareless = MongoResumeTokenStore.in(database.getCollection("careless"));
        inCareless.save(WATCHER, at(0, 1, new BsonString("B")));

        inCareless.save(WATCHER, at(0, 1, new BsonString("a")));

        assertThat(inCareless.load(WATCHER)).contains(at(0, 1, new BsonString("a")));
        assertThat(inCareless.load(WATCHER.toUpperCase(Locale.ROOT))).isEmpty();
        assertThatThrownBy(() -> inCareless.save(WATCHER.toUpperCase(Locale.ROOT), number(9)))
                .as("the index takes both names for one")
                .isInstanceOf(StoreException.class);
    }

    @Test
    void needsNothingOfTheCodecsOfTheCollectionItIsGiven() {
        MongoCollection<?> bare =
                database.getCollection("bare").withCodecRegistry(CodecRegistries.fromCodecs(new StringCodec()));

        MongoResumeTokenStore.in(bare).save(WATCHER, number(1));

        assertThat(MongoResumeTokenStore.in(bare).load(WATCHER)).contains(number(1));
    }

    @Test
    void refusesATimeLimitThatCannotBeMeant() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> MongoResumeTokenStore.in(database).timeout(Duration.ZERO))
                .withMessage("timeout(PT0S): a limit from 1 ms to 24 days is needed.");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> MongoResumeTokenStore.in(database).timeout(Duration.ofDays(25)))
                .withMessage("timeout(PT600H): a limit from 1 ms to 24 days is needed.");
    }

    private String place() {
        return collection.getNamespace().getFullName();
    }
}
