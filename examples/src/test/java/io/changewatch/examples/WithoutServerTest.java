package io.changewatch.examples;

import static java.time.Duration.ofMillis;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import io.changewatch.ChangeWatcher;
import io.changewatch.retry.RetryPolicy;
import io.changewatch.testkit.InMemoryResumeTokenStore;
import io.changewatch.testkit.ScriptedReplicaSet;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.bson.Document;
import org.junit.jupiter.api.Test;

/** A failover and a crash, without a server. */
// @start region="scripted"
final class WithoutServerTest {
    private final BlockingQueue<Object> handled = new LinkedBlockingQueue<>();
    private final InMemoryResumeTokenStore store = new InMemoryResumeTokenStore();

    @Test
    void theHandlerMissesNothingAndMeetsTheOrderAgainAfterACrash() throws InterruptedException {
        try (ScriptedReplicaSet servers = new ScriptedReplicaSet()) {
            ChangeWatcher watcher = start(servers);
            servers.stepDown();
            store.ignoreSaves(); // what is handled from now on is not saved, as before a crash
            servers.collection("shop", "orders").insert(new Document("_id", 1));
            assertThat(handled.poll(30, SECONDS)).isEqualTo(1); // after the failover, once
            watcher.close();

            store.keepSaves();
            ChangeWatcher restarted = start(servers);
            assertThat(handled.poll(30, SECONDS)).isEqualTo(1); // again: the handler must bear it
            restarted.close();
        }
    }

    private ChangeWatcher start(ScriptedReplicaSet servers) {
        return ChangeWatcher.of(servers.client())
                .collection("shop", "orders")
                .name("orders")
                .resumeFrom(store)
                .retry(RetryPolicy.exponential(ofMillis(1), ofMillis(10)))
                .onInsert(event -> handled.add(event.document().get("_id")))
                .start();
    }
}
// @end
