package io.changewatch.internal.deliver;

import static io.changewatch.internal.deliver.DeliverySetup.event;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.changewatch.HandlerFailedException;
import io.changewatch.HandlerFailurePolicy;
import io.changewatch.event.Delete;
import io.changewatch.event.Insert;
import io.changewatch.internal.deliver.Handlers.Handler;
import io.changewatch.observe.WatcherListener.EventSkipped;
import io.changewatch.observe.WatcherListener.HandlerRetried;
import io.changewatch.retry.RetryPolicy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

final class SequentialDelivererTest {
    private static final HandlerFailurePolicy TWICE =
            HandlerFailurePolicy.retry(RetryPolicy.exponential(Duration.ofMillis(10), Duration.ofMillis(10))
                    .maxAttempts(2));

    private final DeliverySetup setup = new DeliverySetup();
    private final List<String> calls = new ArrayList<>();
    private IllegalStateException broken = new IllegalStateException("broken");

    @Test
    void callsTheHandlersInOrderAndThenReports() throws InterruptedException {
        deliverer(HandlerFailurePolicy.stop(), List.of(), calling("a"), calling("b"))
                .deliver(event(5));

        assertThat(calls).containsExactly("a5", "b5");
        assertThat(setup.handled).containsExactly(5);
    }

    @Test
    void callsOnlyHandlersOfTheEventsKind() throws InterruptedException {
        Handler<Integer> forDeletes =
                Handlers.<Integer, Delete<Integer>>bind(Delete.class, deleted -> calls.add("deleted"));
        Handler<Integer> forInserts =
                Handlers.<Integer, Insert<Integer>>bind(Insert.class, inserted -> calls.add("inserted"));
        deliverer(HandlerFailurePolicy.stop(), List.of(), forDeletes, forInserts)
                .deliver(event(5));

        assertThat(calls).containsExactly("inserted");
        assertThat(setup.handled).containsExactly(5);
    }

    @Test
    void anAttemptAfterAFailureGoesOnWithTheHandlerThatFailed() throws InterruptedException {
        deliverer(TWICE, List.of(), calling("a"), failing(1, "b"), calling("c")).deliver(event(5));

        assertThat(calls).containsExactly("a5", "b5", "b5", "c5");
        assertThat(setup.pauses).containsExactly(Duration.ofMillis(10));
        assertThat(setup.notices)
                .containsExactly(new HandlerRetried("orders", event(5), 1, Duration.ofMillis(10), broken));
        assertThat(setup.handled).containsExactly(5);
    }

    @Test
    void theNextEventBeginsWithTheFirstHandler() throws InterruptedException {
        SequentialDeliverer<Integer> deliverer = deliverer(TWICE, List.of(), calling("a"), failing(1, "b"));
        deliverer.deliver(event(5));
        deliverer.deliver(event(6));

        assertThat(calls).containsExactly("a5", "b5", "b5", "a6", "b6");
    }

    @Test
    void failsWithTheRemedyWhenThePolicyGivesUp() {
        assertThatThrownBy(() -> deliverer(TWICE, List.of(), failing(2, "a")).deliver(event(5)))
                .isInstanceOf(HandlerFailedException.class)
                .hasMessage(
                        "Watcher 'orders' stopped: the handler failed for insert in shop.orders at cluster time 5/1 after 2 "
                                + "attempts with java.lang.IllegalStateException: broken. The event is not checkpointed and comes again "
                                + "at the next start. Mend the handler, or choose whenHandlerFails(...) to retry longer or skip, or"
                                + " parkIn(...) to keep such events aside.")
                .hasCause(broken);
        assertThat(setup.handled).isEmpty();
    }

    @Test
    void endsItsSentenceOnce() {
        broken = new IllegalStateException("broken.");

        assertThatThrownBy(() -> deliverer(HandlerFailurePolicy.stop(), List.of(), failing(1, "a"))
                        .deliver(event(5)))
                .hasMessageContaining(
                        " after 1 attempt with java.lang.IllegalStateException: broken. The event is not");
    }

    @Test
    void skipsWhenThePolicySaysSo() throws InterruptedException {
        deliverer(HandlerFailurePolicy.skip(), List.of(), failing(1, "a"), calling("b"))
                .deliver(event(5));

        assertThat(calls).containsExactly("a5");
        assertThat(setup.notices).containsExactly(new EventSkipped("orders", event(5).raw(), broken));
        assertThat(setup.handled).containsExactly(5);
    }

    @Test
    void validatesBeforeTheFirstHandler() {
        Consumer<Integer> refusing = document -> {
            calls.add("check" + document);
            throw broken;
        };

        assertThatThrownBy(() -> deliverer(HandlerFailurePolicy.stop(), List.of(refusing), calling("a"))
                        .deliver(event(5)))
                .isInstanceOf(HandlerFailedException.class)
                .hasCause(broken);
        assertThat(calls).containsExactly("check5");
    }

    @Test
    void validatesAgainOnlyUntilAHandlerHasWorked() throws InterruptedException {
        deliverer(TWICE, List.of(document -> calls.add("check" + document)), calling("a"), failing(1, "b"))
                .deliver(event(5));

        assertThat(calls).containsExactly("check5", "a5", "b5", "b5");
    }

    @Test
    void anErrorIsNeitherTriedAgainNorSkipped() {
        AssertionError error = new AssertionError("a bug");
        Handler<Integer> erring = event -> {
            throw error;
        };

        assertThatThrownBy(() -> deliverer(TWICE.thenSkip(), List.of(), erring).deliver(event(5)))
                .isSameAs(error);
        assertThat(setup.handled).isEmpty();
        assertThat(setup.notices).isEmpty();
    }

    @Test
    void anInterruptIsNoFailure() {
        Handler<Integer> interrupted = event -> {
            throw new InterruptedException();
        };

        assertThatThrownBy(() ->
                        deliverer(TWICE.thenSkip(), List.of(), interrupted).deliver(event(5)))
                .isInstanceOf(InterruptedException.class);
        assertThat(setup.handled).isEmpty();
    }

    @Test
    void reportsAPositionBehindTheEvents() throws InterruptedException {
        SequentialDeliverer<Integer> deliverer = deliverer(HandlerFailurePolicy.stop(), List.of(), calling("a"));
        deliverer.deliver(event(5));
        deliverer.passed(DeliverySetup.token(7), DeliverySetup.time(7));

        assertThat(setup.handled).containsExactly(5, 7);
    }

    @SafeVarargs
    @SuppressWarnings("varargs") // the array goes into a list and nowhere else
    private SequentialDeliverer<Integer> deliverer(
            HandlerFailurePolicy policy, List<Consumer<? super Integer>> validations, Handler<Integer>... handlers) {
        return new SequentialDeliverer<>(
                new Handlers<>(validations, List.of(handlers)), setup.failures(policy), setup.progress());
    }

    private Handler<Integer> calling(String name) {
        return failing(0, name);
    }

    /** A handler that fails the first {@code times} it is called. */
    private Handler<Integer> failing(int times, String name) {
        int[] left = {times};
        return event -> {
            calls.add(name + DeliverySetup.timeOf(event));
            if (left[0]-- > 0) {
                throw broken;
            }
        };
    }
}
