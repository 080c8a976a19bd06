package io.changewatch.it;

import static io.changewatch.it.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.mongodb.reactivestreams.client.MongoClient;
import com.mongodb.reactivestreams.client.MongoClients;
import com.mongodb.reactivestreams.client.MongoCollection;
import io.changewatch.testkit.LocalReplicaSet;
import io.changewatch.testkit.Publishers;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.bson.Document;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Instances in processes of their own share a stream: one is killed, one is stopped for longer than its leases, one joins. */
@Timeout(180)
class SharingKillsIT {
    private static final String DATABASE = "sharing";

    @Test
    void theOthersTakeThePartitionsOverAndNothingIsLost() throws Exception {
        try (LocalReplicaSet server = LocalReplicaSet.start();
                MongoClient client = MongoClients.create(server.connectionString());
                WatcherProcess killed = start(server);
                WatcherProcess frozen = start(server)) {
            eventually(() -> holders(client).size() == SharingProgram.COUNT);
            try (SteadyWriter writer = SteadyWriter.start(server.connectionString(), DATABASE);
                    WatcherProcess third = start(server)) {
                eventually(() -> sharesAreEven(client, 3));

                killed.kill();
                eventually(() -> sharesAreEven(client, 2));

                frozen.freeze();
                eventually(() -> sharesAreEven(client, 1));
                frozen.thaw();
                eventually(() -> sharesAreEven(client, 2));

                assertThat(third.terminate()).as("its exit code, by SIGTERM").isEqualTo(143);
                eventually(() -> sharesAreEven(client, 1));

                int written = writer.stop();
                eventually(() -> handledBy(killed, frozen, third).size() == written);
            }
        }
    }

    private static WatcherProcess start(LocalReplicaSet server) {
        return WatcherProcess.start(SharingProgram.class, server.connectionString(), DATABASE);
    }

    private static Set<Integer> handledBy(WatcherProcess... processes) {
        Set<Integer> all = new HashSet<>();
        List.of(processes).forEach(process -> all.addAll(process.handled()));
        return all;
    }

    /** Who has the lease of which partition, of those that somebody has now. */
    private static Map<String, String> holders(MongoClient client) {
        MongoCollection<Document> leases =
                client.getDatabase(DATABASE + "_shared").getCollection("changewatch_leases");
        Document isHeld = new Document("$expr", new Document("$gt", List.of("$expiresAt", "$$NOW")));
        Map<String, String> holders = new HashMap<>();
        Publishers.await(leases.find(isHeld))
                .forEach(lease -> holders.put(lease.getString("_id"), instance(lease.getString("holder"))));
        return holders;
    }

    /** Host and process; each watcher of it has a name of its own behind that. */
    private static String instance(String holder) {
        return holder.substring(0, holder.lastIndexOf('/'));
    }

    private static boolean sharesAreEven(MongoClient client, int instances) {
        Map<String, Integer> shares = new HashMap<>();
        holders(client).values().forEach(instance -> shares.merge(instance, 1, Integer::sum));
        return shares.size() == instances
                && shares.values().stream().allMatch(share -> share == SharingProgram.COUNT / instances);
    }
}
