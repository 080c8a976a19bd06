package io.changewatch.internal.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.changewatch.observe.WatcherListener;
import java.time.Duration;
import java.util.concurrent.locks.ReentrantLock;
import org.junit.jupiter.api.Test;

final class WaitsTest {
    private final Lifecycle lifecycle = new Lifecycle("orders", new WatcherListener() {}, new ReentrantLock());
    private final Waits waits = new Waits("orders", lifecycle);

    @Test
    void isNotPausedYetWhileItsThreadIsOnTheWayToOpenTheStream() throws InterruptedException {
        lifecycle.starting();
        lifecycle.running();
        lifecycle.paused();
        assertThat(waits.awaitPaused(Duration.ZERO)).isTrue();

        lifecycle.call(); // by a pause shortly after a resume
        assertThat(waits.awaitPaused(Duration.ZERO)).isFalse();

        lifecycle.answer();
        assertThat(waits.awaitPaused(Duration.ZERO)).isTrue();
    }
}
