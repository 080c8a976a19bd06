package io.changewatch.it;

import static io.changewatch.it.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.mongodb.reactivestreams.client.MongoClient;
import com.mongodb.reactivestreams.client.MongoClients;
import io.changewatch.ChangeWatcher;
import io.changewatch.StreamSource;
import io.changewatch.testkit.InMemoryResumeTokenStore;
import io.changewatch.testkit.LocalReplicaSet;
import io.changewatch.testkit.TcpProxy;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;

/** Faults of the network between a watcher and its server, made by a proxy; the writer goes around it. */
@BothSources
class NetworkFaultsIT {
    @Parameter
    StreamSource source;

    private static final int SOME = 50;
    private static final Duration RECOVERED_WITHIN = Duration.ofSeconds(20);

    private static LocalReplicaSet servers;

    private final Handled handled = new Handled();
    private TcpProxy proxy;
    private MongoClient client;
    private ChangeWatcher watcher;
    private SteadyWriter writer;

    @BeforeAll
    static void startServers() {
        servers = LocalReplicaSet.start();
    }

    @AfterAll
    static void stopServers() {
        servers.close();
    }

    @BeforeEach
    void watchThroughTheProxy() {
        String database = "network_" + System.nanoTime();
        proxy = TcpProxy.to("127.0.0.1", servers.port(0));
        client = MongoClients.create("mongodb://127.0.0.1:" + proxy.port() + "/?directConnection=true");
        watcher = ChangeWatcher.of(client)
                .collection(database, "orders")
                .source(source)
                .name("network")
                .resumeFrom(new InMemoryResumeTokenStore())
                .onEvent(handled::add)
                .start();
        writer = SteadyWriter.start(servers.connectionString(), database);
        eventually(() -> handled.count() >= SOME);
    }

    @AfterEach
    void stop() throws Exception {
        watcher.close();
        writer.close();
        proxy.close(); // before the client, which waits for ever for a server behind a half-open connection
        client.close();
    }

    @Test
    void leavesAConnectionThatIsHalfOpen() throws InterruptedException {
        proxy.freeze();

        expectAllInOrderOnce();
        assertThat(watcher.stats().reconnects()).isPositive();
    }

    @Test
    void closesWithinItsDeadlineWhileTheConnectionIsHalfOpen() throws InterruptedException {
        proxy.freeze();

        assertThat(watcher.close(Duration.ofSeconds(5))).isTrue();
    }

    @Test
    void survivesAReset() throws InterruptedException {
        proxy.reset();

        expectAllInOrderOnce();
        assertThat(watcher.stats().reconnects()).isPositive();
    }

    @Test
    void survivesAPauseOfTheNetwork() throws InterruptedException {
        proxy.pause();
        WatchedOrders.during(Duration.ofSeconds(3)); // beyond an await time, within the watchdog's limit
        assertThat(handled.count()).isLessThan(writer.written() - SOME);
        proxy.resume();

        expectAllInOrderOnce();
        assertThat(watcher.stats().reconnects()).isZero();
    }

    @Test
    void isOnlySlowerWhereEveryMessageTakesLong() throws InterruptedException {
        proxy.latency(Duration.ofMillis(200));

        expectAllInOrderOnce();
        assertThat(watcher.stats().reconnects()).isZero();
    }

    @Test
    void survivesAReplyThatIsCutInTheMiddle() throws InterruptedException {
        proxy.cutAfter(777);

        expectAllInOrderOnce();
        assertThat(watcher.stats().reconnects()).isPositive();
    }

    @Test
    void survivesPacketsThatVanishBeforeAReset() throws InterruptedException {
        proxy.swallow();
        WatchedOrders.during(Duration.ofSeconds(3));
        assertThat(handled.count()).isLessThan(writer.written() - SOME);
        proxy.reset();
        proxy.resume();

        expectAllInOrderOnce();
        assertThat(watcher.stats().reconnects()).isPositive();
    }

    private void expectAllInOrderOnce() throws InterruptedException {
        int before = handled.count();
        await().atMost(RECOVERED_WITHIN).until(() -> handled.count() > before);
        eventually(() -> handled.count() >= before + SOME);
        int written = writer.stop();
        eventually(() -> handled.count() >= written);
        assertThat(handled.numbers()).isEqualTo(Handled.upTo(written));
    }
}
