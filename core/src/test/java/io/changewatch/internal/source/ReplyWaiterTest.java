package io.changewatch.internal.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.changewatch.ChangeWatchException;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
final class ReplyWaiterTest {
    private static final Duration SHORT = Duration.ofMillis(10);
    private final ReplyWaiter waiter = new ReplyWaiter();

    @Test
    void returnsWhatArrives() throws Exception {
        assertThat(waiter.await(CompletableFuture.completedFuture("reply"), SHORT))
                .isEqualTo("reply");
    }

    @Test
    void givesUpWhenTheTimeIsOver() {
        assertThatThrownBy(() -> waiter.await(new CompletableFuture<>(), SHORT)).isInstanceOf(TimeoutException.class);
    }

    @Test
    void doesNotCountTimeThatDoesNotCount() throws Exception {
        CompletableFuture<String> reply = new CompletableFuture<>();
        AtomicInteger slices = new AtomicInteger();

        assertThat(waiter.await(reply, SHORT, () -> {
                    if (slices.incrementAndGet() == 5) {
                        reply.complete("late");
                    }
                    return false;
                }))
                .isEqualTo("late");
    }

    /** A quiet stream is waited for a second at a time, for days. */
    @Test
    void keepsNothingOfAWaitInTheReply() {
        CompletableFuture<String> reply = new CompletableFuture<>();
        for (int i = 0; i < 20; i++) {
            assertThatThrownBy(() -> waiter.await(reply, Duration.ofMillis(1))).isInstanceOf(TimeoutException.class);
        }

        assertThat(reply.getNumberOfDependents()).isEqualTo(1);
    }

    @Test
    void throwsWhatTheReplyFailedWith() {
        IllegalArgumentException refused = new IllegalArgumentException("no");
        assertThatThrownBy(() -> waiter.await(CompletableFuture.failedFuture(refused), SHORT))
                .isSameAs(refused);

        AssertionError broken = new AssertionError("broken");
        assertThatThrownBy(() -> waiter.await(CompletableFuture.failedFuture(broken), SHORT))
                .isSameAs(broken);
    }

    @Test
    void wrapsACheckedFailureOfTheDriver() {
        IOException failure = new IOException("no route");
        assertThatThrownBy(() -> waiter.await(CompletableFuture.failedFuture(failure), SHORT))
                .isInstanceOf(ChangeWatchException.class)
                .hasMessage("A command failed in the driver: java.io.IOException: no route")
                .hasCause(failure);
    }

    @Test
    void refusesToWaitOnceClosedEvenForAReplyThatIsThere() {
        waiter.close();
        assertThatThrownBy(() -> waiter.await(CompletableFuture.completedFuture("reply"), SHORT))
                .isInstanceOf(CursorClosedException.class);
    }
}
