package io.changewatch.it;

import static io.changewatch.it.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.mongodb.MongoClientSettings;
import com.mongodb.MongoTimeoutException;
import io.changewatch.WatcherState;
import io.changewatch.testkit.LocalReplicaSet;
import io.changewatch.testkit.TcpProxy;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** A name server that fails while a watcher runs. One that fails at the start: {@link StartFailuresIT}. */
class NameResolutionIT {
    private static final String HOST = "orders-database.example";

    private final LocalReplicaSet server = LocalReplicaSet.start();
    private final TcpProxy proxy = TcpProxy.to("127.0.0.1", server.port(0));
    private volatile boolean broken;
    private WatchedOrders orders;

    @BeforeEach
    void startWatching() {
        String uri = "mongodb://" + HOST + ":" + proxy.port() + "/?directConnection=true&serverSelectionTimeoutMS=700";
        orders = WatchedOrders.start(
                MongoClientSettings.builder(WatchedOrders.settings(uri))
                        .inetAddressResolver(this::resolve)
                        .build(),
                server.connectionString(),
                watcher -> watcher);
    }

    private List<InetAddress> resolve(String host) throws UnknownHostException {
        if (broken || !host.equals(HOST)) {
            throw new UnknownHostException(host);
        }
        return List.of(InetAddress.getAllByName("127.0.0.1"));
    }

    @AfterEach
    void stop() {
        orders.close();
        proxy.close();
        server.close();
    }

    @Test
    @DisplayName("row 48: no name is resolved for a while, and the connections break")
    void goesOnWhenNamesAreResolvedAgain() throws InterruptedException {
        broken = true;
        proxy.reset();
        eventually(() -> orders.troubles().stream()
                        .filter(NameResolutionIT::isUnknownHost)
                        .count()
                >= 2);
        assertThat(orders.watcher().state()).isEqualTo(WatcherState.RECOVERING);
        broken = false;

        orders.expectAllInOrderOnce();
    }

    private static boolean isUnknownHost(Throwable trouble) {
        return trouble instanceof MongoTimeoutException
                && trouble.getMessage().contains("UnknownHostException: " + HOST);
    }
}
