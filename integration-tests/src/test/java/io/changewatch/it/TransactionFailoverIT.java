package io.changewatch.it;

import static io.changewatch.it.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.mongodb.reactivestreams.client.MongoClient;
import com.mongodb.reactivestreams.client.MongoClients;
import io.changewatch.Batching;
import io.changewatch.ChangeWatcher;
import io.changewatch.resume.mongo.MongoResumeTokenStore;
import io.changewatch.testkit.LocalReplicaSet;
import io.changewatch.testkit.TestServer;
import java.time.Duration;
import org.bson.Document;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A primary that goes away in the middle of transactions leaves no effect behind that is lost or comes twice. */
@Timeout(180)
class TransactionFailoverIT {
    private static LocalReplicaSet servers;

    private final String database = TestServer.newDatabaseName();

    @BeforeAll
    static void startServers() {
        servers = LocalReplicaSet.builder().members(3).start();
    }

    @AfterAll
    static void stopServers() {
        servers.close();
    }

    @Test
    void countsOnceThroughStepDownsAndTheDeathOfThePrimary() throws InterruptedException {
        try (MongoClient client = MongoClients.create(servers.connectionString())) {
            Totals totals = new Totals(client, database);
            try (ChangeWatcher watcher = watcher(client, totals);
                    SteadyWriter writer = SteadyWriter.start(servers.connectionString(), database)) {
                eventually(() -> totals.sum() > 20);
                servers.stepDown();
                expectMore(totals, writer);
                int primary = servers.primary();
                servers.kill(primary);
                expectMore(totals, writer);
                servers.restart(primary);
                servers.stepDown();
                expectMore(totals, writer);
                int written = writer.stop();
                eventually(() -> totals.sum() >= written);

                assertThat(totals.byKey()).isEqualTo(Totals.of(written, SteadyWriter.KEYS));
                assertThat(watcher.failure()).isEmpty();
            }
        }
    }

    private static void expectMore(Totals totals, SteadyWriter writer) {
        int written = writer.written();
        eventually(() -> writer.written() > written + 50);
        eventually(() -> totals.sum() > written + 20);
    }

    private ChangeWatcher watcher(MongoClient client, Totals totals) {
        return ChangeWatcher.of(client)
                .collection(database, "orders", Document.class)
                .name("totals")
                .maxAwait(Duration.ofMillis(200))
                .resumeFrom(MongoResumeTokenStore.in(client.getDatabase(database)))
                .onTransaction(Batching.upTo(10).within(Duration.ofMillis(10)), totals::count)
                .start();
    }
}
