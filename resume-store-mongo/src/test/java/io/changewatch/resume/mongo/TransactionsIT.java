package io.changewatch.resume.mongo;

import static io.changewatch.resume.mongo.Checkpoints.at;
import static io.changewatch.resume.mongo.Checkpoints.number;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.mongodb.MongoException;
import com.mongodb.reactivestreams.client.ClientSession;
import com.mongodb.reactivestreams.client.MongoClient;
import com.mongodb.reactivestreams.client.MongoClients;
import com.mongodb.reactivestreams.client.MongoCollection;
import com.mongodb.reactivestreams.client.MongoDatabase;
import io.changewatch.ConfigurationException;
import io.changewatch.resume.Checkpoint;
import io.changewatch.resume.CorruptCheckpointException;
import io.changewatch.resume.StaleCheckpointException;
import io.changewatch.resume.StoreLockedException;
import io.changewatch.testkit.LocalReplicaSet;
import io.changewatch.testkit.Publishers;
import io.changewatch.testkit.TestServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.bson.BsonDocument;
import org.bson.BsonString;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Checkpoints that are saved in transactions. */
@Timeout(60)
final class TransactionsIT {
    private static final String WATCHER = "totals";

    private static LocalReplicaSet servers;
    private static MongoClient client;

    private final MongoDatabase database = client.getDatabase(TestServer.newDatabaseName());
    private final MongoCollection<BsonDocument> collection =
            database.getCollection("changewatch_checkpoints", BsonDocument.class);
    private final MongoResumeTokenStore store = MongoResumeTokenStore.in(database);
    private final List<ClientSession> sessions = new ArrayList<>();
    private final ClientSession session = session();

    @BeforeAll
    static void startServer() {
        servers = LocalReplicaSet.start();
        client = MongoClients.create(servers.connectionString());
    }

    @AfterAll
    static void stopServer() {
        client.close();
        servers.close();
    }

    @AfterEach
    void closeSessions() {
        sessions.forEach(ClientSession::close);
    }

    private ClientSession session() {
        ClientSession started = Publishers.first(client.startSession());
        sessions.add(started);
        return started;
    }

    private boolean saveAndCommit(Checkpoint checkpoint) {
        session.startTransaction();
        try {
            boolean saved = store.saveIn(session, WATCHER, checkpoint);
            Publishers.await(session.commitTransaction());
            return saved;
        } finally {
            if (session.hasActiveTransaction()) {
                Publishers.await(session.abortTransaction());
            }
        }
    }

    @Test
    void savesWhenTheTransactionIsCommitted() {
        assertThat(store.takeOver(session, WATCHER)).isEmpty();
        store.save(WATCHER, number(1));
        session.startTransaction();
        assertThat(store.saveIn(session, WATCHER, number(2))).isTrue();
        assertThat(store.load(WATCHER)).contains(number(1));
        Publishers.await(session.commitTransaction());

        assertThat(store.load(WATCHER)).contains(number(2));
        assertThat(saveAndCommit(number(3))).isTrue();
        assertThat(store.load(WATCHER)).contains(number(3));
    }

    @Test
    void savesNothingWhenTheTransactionIsAborted() {
        store.save(WATCHER, number(1));
        assertThat(store.takeOver(session, WATCHER)).contains(number(1));
        session.startTransaction();
        assertThat(store.saveIn(session, WATCHER, number(2))).isTrue();
        Publishers.await(session.abortTransaction());

        assertThat(store.load(WATCHER)).contains(number(1));
        assertThat(saveAndCommit(number(2))).isTrue();
    }

    @Test
    void saysThatACheckpointIsThereAlready() {
        store.save(WATCHER, number(1));
        assertThat(store.takeOver(session, WATCHER)).contains(number(1));
        assertThat(saveAndCommit(number(2))).isTrue();

        assertThat(saveAndCommit(number(2))).isFalse();
        assertThat(store.load(WATCHER)).contains(number(2));
    }

    @Test
    void refusesAnOlderOne() {
        store.save(WATCHER, number(2));
        assertThat(store.takeOver(session, WATCHER)).contains(number(2));

        assertThatThrownBy(() -> saveAndCommit(number(1))).isInstanceOf(StaleCheckpointException.class);
        assertThat(store.load(WATCHER)).contains(number(2));
    }

    @Test
    void savesALaterTokenOfTheSameClusterTime() {
        Checkpoint earlier = at(0, 5, new BsonString("8263A1"));
        Checkpoint later = at(0, 5, new BsonString("8263A2"));
        store.save(WATCHER, earlier);
        assertThat(store.takeOver(session, WATCHER)).contains(earlier);

        assertThat(saveAndCommit(later)).isTrue();
        assertThatThrownBy(() -> saveAndCommit(earlier)).isInstanceOf(StaleCheckpointException.class);
        assertThat(store.load(WATCHER)).contains(later);
    }

    @Test
    void savesWhereTheDocumentIsGone() {
        store.save(WATCHER, number(1));
        assertThat(store.takeOver(session, WATCHER)).contains(number(1));
        store.delete(WATCHER);

        assertThat(saveAndCommit(number(2))).isTrue();
        assertThat(store.load(WATCHER)).contains(number(2));
    }

    @Test
    void refusesWhoWasTakenOver() {
        store.save(WATCHER, number(1));
        assertThat(store.takeOver(session, WATCHER)).contains(number(1));
        assertThat(MongoResumeTokenStore.in(database).takeOver(session(), WATCHER))
                .contains(number(1));

        assertThatThrownBy(() -> saveAndCommit(number(2))).isInstanceOf(StoreLockedException.class);
        assertThatThrownBy(() -> store.save(WATCHER, number(2))).isInstanceOf(StoreLockedException.class);
        assertThat(store.load(WATCHER)).contains(number(1));
    }

    @Test
    void takingOverEndsTheTransactionOfWhoHadIt() {
        store.save(WATCHER, number(1));
        assertThat(store.takeOver(session, WATCHER)).contains(number(1));
        session.startTransaction();
        assertThat(store.saveIn(session, WATCHER, number(2))).isTrue();

        MongoResumeTokenStore newer = MongoResumeTokenStore.in(database).timeout(Duration.ofSeconds(8));
        assertThat(newer.takeOver(session(), WATCHER)).contains(number(1));
        assertThatThrownBy(() -> Publishers.await(session.commitTransaction())).isInstanceOf(MongoException.class);
        assertThat(newer.load(WATCHER)).contains(number(1));
    }

    @Test
    void takingOverEndsTheFirstTransactionOfAll() {
        assertThat(store.takeOver(session, WATCHER)).isEmpty();
        store.save(WATCHER, number(1));
        session.startTransaction();
        assertThat(store.saveIn(session, WATCHER, number(2))).isTrue();

        MongoResumeTokenStore newer = MongoResumeTokenStore.in(database).timeout(Duration.ofSeconds(8));
        assertThat(newer.takeOver(session(), WATCHER)).contains(number(1));
    }

    /** Both begin where there is no checkpoint: the second to save must not move the first one's place. */
    @Test
    void whoFoundNothingDoesNotReplaceWhatAnotherHasSavedSince() {
        MongoResumeTokenStore other = MongoResumeTokenStore.in(database);
        assertThat(store.takeOver(session, WATCHER)).isEmpty();
        assertThat(other.takeOver(session(), WATCHER)).isEmpty();
        store.save(WATCHER, number(1));

        assertThatThrownBy(() -> other.save(WATCHER, number(2))).isInstanceOf(StoreLockedException.class);
        assertThat(saveAndCommit(number(3))).isTrue();
    }

    @Test
    void takesNoDocumentOverThatIsNoCheckpoint() {
        BsonDocument foreign = new BsonDocument("_id", new BsonString(WATCHER)).append("note", new BsonString("mine"));
        Publishers.await(collection.insertOne(foreign));

        assertThatThrownBy(() -> store.takeOver(session, WATCHER)).isInstanceOf(CorruptCheckpointException.class);
        assertThat(Publishers.await(collection.find())).containsExactly(foreign);
    }

    @Test
    void refusesASessionOfAnotherClient() {
        try (MongoClient another = MongoClients.create(servers.connectionString());
                ClientSession foreign = Publishers.first(another.startSession())) {
            assertThatThrownBy(() -> store.takeOver(foreign, WATCHER))
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessageContaining("the store has another client than the watcher");
        }
    }
}
