package io.changewatch.internal.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

final class WorkerThreadTest {

    @Test
    void aWorkerIsADaemonWithItsName() throws InterruptedException {
        CountDownLatch ran = new CountDownLatch(1);
        Thread worker = Surroundings.ofTheMachine().worker("changewatch-orders-worker-1", ran::countDown);
        assertThat(worker.getName()).isEqualTo("changewatch-orders-worker-1");
        assertThat(worker.isDaemon()).isTrue();
        assertThat(worker.getState()).isEqualTo(Thread.State.NEW);

        worker.start();
        ran.await();
        worker.join();
    }

    @Test
    void aWorkerIsVirtualWhereThatNeverPins() throws ReflectiveOperationException {
        Thread worker = Surroundings.ofTheMachine().worker("worker", () -> {});
        boolean isVirtual = Runtime.version().feature() >= 21
                && (boolean) Thread.class.getMethod("isVirtual").invoke(worker);

        assertThat(isVirtual).isEqualTo(Runtime.version().feature() >= 24);
    }
}
