package io.changewatch.internal.engine;

import static org.assertj.core.api.Assertions.assertThat;

import com.mongodb.reactivestreams.client.MongoClient;
import java.lang.reflect.Proxy;
import org.junit.jupiter.api.Test;

final class PoolUseTest {

    private final MongoClient client = client();

    @Test
    void warnsOnceWhenManyWatchersReadOnOneClient() {
        for (int i = 1; i < PoolUse.MANY; i++) {
            assertThat(PoolUse.of(client).join("orders")).isFalse();
        }

        assertThat(PoolUse.of(client).join("orders")).isTrue();
        assertThat(PoolUse.of(client).join("orders")).isFalse();
    }

    @Test
    void forgetsWatchersThatHaveEnded() {
        for (int i = 0; i < 2 * PoolUse.MANY; i++) {
            assertThat(PoolUse.of(client).join("orders")).isFalse();
            PoolUse.of(client).leave();
        }
    }

    @Test
    void countsEachClientForItself() {
        for (int i = 1; i < PoolUse.MANY; i++) {
            PoolUse.of(client).join("orders");
        }

        assertThat(PoolUse.of(client()).join("orders")).isFalse();
    }

    private static MongoClient client() {
        return (MongoClient) Proxy.newProxyInstance(
                PoolUseTest.class.getClassLoader(),
                new Class<?>[] {MongoClient.class},
                (proxy, method, arguments) -> method.getName().equals("hashCode")
                        ? System.identityHashCode(proxy)
                        : (Object) (proxy == arguments[0]));
    }
}
