package io.changewatch.it;

import static io.changewatch.it.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.mongodb.reactivestreams.client.MongoClient;
import com.mongodb.reactivestreams.client.MongoClients;
import io.changewatch.it.TransactionProgram.Death;
import io.changewatch.testkit.LocalReplicaSet;
import io.changewatch.testkit.TestServer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * A process that counts in transactions is killed again and again, from outside at any time and from inside at each step of a
 * transaction, while a writer writes: in the end everything is counted once. {@code -Dchangewatch.kills=300} for more of them,
 * {@code -Dchangewatch.seed=…} for others.
 */
class TransactionKillsIT {
    private static final int KILLS = Integer.getInteger("changewatch.kills", 12);
    private static final long SEED = Long.getLong("changewatch.seed", 7);

    /** Of a transaction: the checkpoint, the counts, the commit; the take-over, the opening and the reading around it. */
    private static final List<String> STEPS = List.of(
            "commitTransaction", "update", "commitTransaction", "update", "findAndModify", "aggregate", "getMore");

    private static LocalReplicaSet servers;
    private static MongoClient client;

    private final String database = TestServer.newDatabaseName();
    private final Totals totals = new Totals(client, database);
    private final Random random = new Random(SEED);
    private final List<WatcherProcess> lives = new ArrayList<>();
    private SteadyWriter writer;

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
    void endEverything() {
        lives.forEach(WatcherProcess::close);
        if (writer != null) {
            writer.close();
        }
    }

    private WatcherProcess begin(Death death) {
        WatcherProcess life =
                WatcherProcess.start(TransactionProgram.class, servers.connectionString(), database, death.toString());
        lives.add(life);
        return life;
    }

    @Test
    void everythingIsCountedOnceHoweverOftenTheProcessIsKilled() throws InterruptedException {
        WatcherProcess first = begin(Death.NEVER);
        first.awaitLines("state RUNNING", 1);
        writer = SteadyWriter.start(servers.connectionString(), database);
        eventually(() -> totals.sum() > 0);
        first.kill();
        for (int kill = 1; kill < KILLS; kill++) {
            if (kill % 4 == 0) {
                killFromOutside();
            } else {
                killFromInside();
            }
            assertThat(totals.sum()).as("counted after %s kills", kill).isLessThanOrEqualTo(writer.written() + 1);
        }
        int written = writer.stop();
        WatcherProcess last = begin(Death.NEVER);
        eventually(() -> totals.sum() >= written);
        assertThat(last.terminate()).isEqualTo(143);

        assertThat(totals.byKey()).isEqualTo(Totals.of(written, SteadyWriter.KEYS));
        assertThat(last.linesWith("state STOPPED")).hasSize(1);
    }

    private void killFromOutside() throws InterruptedException {
        WatcherProcess life = begin(Death.NEVER);
        life.awaitLines("state RUNNING", 1);
        assertThat(new CountDownLatch(1).await(random.nextInt(300), TimeUnit.MILLISECONDS))
                .isFalse(); // the moment of the kill
        life.kill();
    }

    private void killFromInside() throws InterruptedException {
        String step = STEPS.get(random.nextInt(STEPS.size()));
        boolean once = step.equals("findAndModify") || step.equals("aggregate");
        Death death = new Death(step, random.nextBoolean(), once ? 1 : 1 + random.nextInt(6));
        assertThat(begin(death).awaitEnd()).as("death at %s", death).isEqualTo(9);
    }
}
