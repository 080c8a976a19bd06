package io.changewatch.internal.engine;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/** Asks a store of the application, which may hang, on a thread that is given up after a while. */
record StoreQuestion(String watcher, Interview interview, Surroundings surroundings) {
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    /** What the store answers; throws what it throws, or that it does not answer. */
    <V> V ask(Supplier<V> call) {
        CompletableFuture<V> answer = new CompletableFuture<>();
        surroundings
                .thread("changewatch-" + watcher + "-diagnose", true, () -> complete(answer, call))
                .start();
        return interview.await(answer, PATIENCE);
    }

    /** A store may throw anything. */
    private static <V> void complete(CompletableFuture<V> answer, Supplier<V> call) {
        try {
            answer.complete(call.get());
        } catch (Throwable e) {
            answer.completeExceptionally(e);
        }
    }
}
