package io.changewatch.benchmarks;

import io.changewatch.push.FeedClient;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * A client that takes every text at once, and looks whether it is the one that comes next: event {@code first}, then each
 * {@code step} further.
 *
 * <p>The feed sends it one text at a time; who reads the outcome does so after the feed has ended.
 */
final class CountingClient implements FeedClient {
    private static final String EVENT = "{\"type\": \"event\"";
    private static final CompletableFuture<Void> TAKEN = CompletableFuture.completedFuture(null);

    private final int step;
    private final Deliveries deliveries;
    private int next;
    private int wrong;

    CountingClient(int first, int step, Deliveries deliveries) {
        this.next = first;
        this.step = step;
        this.deliveries = deliveries;
    }

    @Override
    public CompletionStage<?> send(String text) {
        if (text.startsWith(EVENT)) {
            event(number(text));
        } else {
            deliveries.greeting();
        }
        return TAKEN;
    }

    /** The last field of the payload is {@code n}: the text ends in {@code "n": 17}}}. */
    private static int number(String text) {
        return Integer.parseInt(text, text.lastIndexOf(' ') + 1, text.length() - 2, 10);
    }

    private void event(int number) {
        if (number == Orders.SIGNAL) {
            return;
        }
        if (number == next) {
            next += step;
        } else {
            wrong++;
        }
        deliveries.event();
    }

    @Override
    public void close(int code, String reason) {
        // There is no connection.
    }

    /** Whether of the events 0 to {@code events - 1} it was sent each that it should, once, in order, and no other. */
    boolean hasAllOf(int events) {
        return wrong == 0 && next >= events && next - step < events;
    }
}
