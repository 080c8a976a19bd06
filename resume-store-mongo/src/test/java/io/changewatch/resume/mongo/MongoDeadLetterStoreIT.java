package io.changewatch.resume.mongo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.mongodb.client.model.Filters;
import com.mongodb.client.model.Updates;
import com.mongodb.reactivestreams.client.MongoCollection;
import com.mongodb.reactivestreams.client.MongoDatabase;
import io.changewatch.deadletter.CorruptLetterException;
import io.changewatch.deadletter.DeadLetter;
import io.changewatch.deadletter.DeadLetterStore;
import io.changewatch.testkit.DeadLetterStoreContract;
import io.changewatch.testkit.TestServer;
import java.time.Duration;
import org.bson.Document;
import org.bson.types.Binary;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class MongoDeadLetterStoreIT extends DeadLetterStoreContract {
    private final MongoDatabase database = TestServer.newDatabase();
    private final MongoCollection<Document> collection = database.getCollection("changewatch_letters");

    @Override
    protected DeadLetterStore open() {
        return MongoDeadLetterStore.in(database).timeout(Duration.ofSeconds(60));
    }

    @AfterEach
    void drop() {
        Await.done(database.drop());
    }

    @Test
    void leavesNothingOfALargeLetterBehind() {
        DeadLetterStore store = open();
        DeadLetter large = letter(WATCHER, 1, 1, new byte[17_000_000]);
        store.park(large);
        store.park(large);
        assertThat(Await.first(collection.countDocuments())).isEqualTo(6); // five parts

        store.remove(WATCHER, large.id());

        assertThat(Await.first(collection.countDocuments())).isZero();
    }

    @Test
    void looksLettersUpByAnIndex() {
        open().park(letter(1, 1));
        Document command = new Document("find", "changewatch_letters")
                .append(
                        "filter",
                        new Document("watcher", WATCHER)
                                .append("key", letter(1, 1).key().orElseThrow()))
                .append("sort", new Document("_id", 1))
                .append("limit", 1);

        Document plan = Await.first(database.runCommand(new Document("explain", command)));

        assertThat(plan.toJson()).contains("IXSCAN").doesNotContain("COLLSCAN").doesNotContain("\"SORT\"");
    }

    @Test
    void refusesADamagedLetterAndListsWhatIsBehind() {
        DeadLetterStore store = open();
        store.park(letter(1, 1));
        store.park(letter(2, 2));
        store.park(letter(3, 3));
        String id = letter(2, 2).id();
        Await.done(collection.updateOne(Filters.eq(id), Updates.set("event", new Binary(new byte[] {5, 0, 0, 0, 0}))));

        assertThat(store.list(WATCHER, "", 10)).containsExactly(letter(1, 1));
        CorruptLetterException refusal = catchThrowableOfType(
                CorruptLetterException.class,
                () -> store.list(WATCHER, letter(1, 1).id(), 10));
        assertThat(refusal.id()).isEqualTo(id);
        assertThat(refusal)
                .hasMessageStartingWith("Cannot use the document with the _id '" + id + "' in " + database.getName()
                        + ".changewatch_letters: The letter '" + id
                        + "' is damaged or was not written by ChangeWatch: ")
                .hasMessageEndingWith(" Restore it from a backup, or drop the letter, which loses its event.");
        assertThat(store.list(WATCHER, id, 10)).containsExactly(letter(3, 3));
    }

    @Test
    void refusesALetterWithAPartMissing() {
        DeadLetterStore store = open();
        DeadLetter large = letter(WATCHER, 1, 1, new byte[17_000_000]);
        store.park(large);
        Await.done(collection.deleteOne(Filters.eq("number", 1)));

        assertThat(catchThrowableOfType(CorruptLetterException.class, () -> store.find(WATCHER, large.id())))
                .isNotNull();
        assertThat(store.remove(WATCHER, large.id())).isTrue();
    }

    @Test
    void refusesALimitThatIsNone() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> MongoDeadLetterStore.in(database).timeout(Duration.ZERO))
                .withMessage("timeout(PT0S): a limit from 1 ms to 24 days is needed.");
    }
}
