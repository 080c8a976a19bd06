package io.changewatch.retry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

final class RetriedCallTest {

    private static final Duration SECOND = Duration.ofSeconds(1);

    private final ManualPause pause = new ManualPause();
    private final List<IOException> thrown = new ArrayList<>();

    @Test
    void returnsWhatTheFirstSuccessReturns() throws Exception {
        String result =
                retried(RetryPolicy.exponential(SECOND, Duration.ofSeconds(10))).call(failing(3, "done"));

        assertThat(result).isEqualTo("done");
        assertThat(pause.waits).containsExactly(SECOND, Duration.ofSeconds(2), Duration.ofSeconds(4));
    }

    @Test
    void returnsNullToo() throws Exception {
        assertThat(retried(RetryPolicy.never()).<Object>call(() -> null)).isNull();
    }

    @Test
    void doesNotWaitAfterTheLastAttempt() {
        Throwable failure = catchThrowable(() -> retried(RetryPolicy.never()).call(failing(1, "done")));

        assertThat(failure).isSameAs(thrown.get(0));
        assertThat(pause.waits).isEmpty();
    }

    @Test
    void throwsTheLastFailureWithTheEarlierOnesSuppressed() {
        Throwable failure = catchThrowable(() ->
                retried(RetryPolicy.exponential(SECOND, SECOND).maxAttempts(3)).call(failing(9, "done")));

        assertThat(failure).isSameAs(thrown.get(2));
        assertThat(failure.getSuppressed()).containsExactly(thrown.get(0), thrown.get(1));
    }

    @Test
    void keepsTheLastEightOfManyFailures() {
        Throwable failure = catchThrowable(
                () -> retried(RetryPolicy.exponential(SECOND, SECOND).maxAttempts(100))
                        .call(failing(100, "done")));

        assertThat(failure.getSuppressed())
                .containsExactly(thrown.subList(91, 99).toArray(Throwable[]::new));
    }

    @Test
    void bearsATaskThatThrowsOneInstanceAgainAndAgain() {
        IOException always = new IOException("always");

        Throwable failure = catchThrowable(
                () -> retried(RetryPolicy.exponential(SECOND, SECOND).maxAttempts(5))
                        .call(() -> {
                            throw always;
                        }));

        assertThat(failure).isSameAs(always).hasNoSuppressedExceptions();
    }

    @Test
    void measuresTheTimeFromTheFirstFailure() {
        pause.now = Duration.ofNanos(Long.MAX_VALUE - 5);
        RetryPolicy policy = RetryPolicy.exponential(SECOND, SECOND).maxElapsed(Duration.ofMillis(2_500));

        Throwable failure = catchThrowable(() -> retried(policy).call(failing(9, "done")));

        assertThat(failure).isSameAs(thrown.get(3));
        assertThat(pause.waits).containsExactly(SECOND, SECOND, Duration.ofMillis(500));
    }

    @Test
    void leavesAnErrorAlone() {
        StackOverflowError error = new StackOverflowError();

        assertThatThrownBy(
                        () -> retried(RetryPolicy.exponential(SECOND, SECOND)).call(() -> {
                            throw error;
                        }))
                .isSameAs(error);
        assertThat(pause.waits).isEmpty();
    }

    @Nested
    class WhenInterrupted {

        @Test
        void doesNotTryATaskAgainThatWasInterrupted() {
            InterruptedException interrupted = new InterruptedException("in the task");

            assertThatThrownBy(() -> retried(RetryPolicy.exponential(SECOND, SECOND))
                            .call(() -> {
                                throw interrupted;
                            }))
                    .isSameAs(interrupted);
            assertThat(pause.waits).isEmpty();
        }

        @Test
        void endsTheWaitAndTellsTheFailure() {
            RetryPolicy policy = RetryPolicy.exponential(Duration.ofDays(1), Duration.ofDays(1));
            Thread.currentThread().interrupt();

            Throwable failure = catchThrowable(() -> policy.call(failing(9, "done")));

            assertThat(failure).isInstanceOf(InterruptedException.class).hasSuppressedException(thrown.get(0));
            assertThat(Thread.interrupted()).isFalse();
        }
    }

    @Test
    void waitsInRealTimeForAnApplication() throws Exception {
        RetryPolicy policy = RetryPolicy.exponential(Duration.ofMillis(20), Duration.ofMillis(20));
        long begin = System.nanoTime();

        String result = policy.call(failing(2, "done"));

        assertThat(result).isEqualTo("done");
        assertThat(Duration.ofNanos(System.nanoTime() - begin)).isGreaterThanOrEqualTo(Duration.ofMillis(40));
    }

    private RetriedCall retried(RetryPolicy policy) {
        return new RetriedCall(policy, pause);
    }

    /** Fails {@code times} times with another exception each, then returns {@code result}. */
    private Callable<String> failing(int times, String result) {
        List<IOException> failures = IntStream.rangeClosed(1, times)
                .mapToObj(i -> new IOException("failure " + i))
                .toList();
        return () -> {
            if (thrown.size() == times) {
                return result;
            }
            thrown.add(failures.get(thrown.size()));
            throw thrown.get(thrown.size() - 1);
        };
    }

    /** Time that passes only while someone waits. */
    private static final class ManualPause implements Pause {
        private final List<Duration> waits = new ArrayList<>();
        private Duration now = Duration.ZERO;

        @Override
        public void await(Duration delay) {
            waits.add(delay);
            now = now.plus(delay);
        }

        @Override
        public Duration now() {
            return now;
        }
    }
}
