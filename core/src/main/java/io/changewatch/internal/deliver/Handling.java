package io.changewatch.internal.deliver;

import io.changewatch.AsyncEventHandler;
import io.changewatch.Delivery;
import io.changewatch.DeliveryHandler;
import io.changewatch.ReactiveEventHandler;
import io.changewatch.event.ChangeEvent;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * How an event is handled: while its call lasts, or until a stage completes.
 *
 * <p>Immutable and thread-safe.
 *
 * @param isAsynchronous whether a call only begins it, so that one thread is enough
 */
public record Handling<T>(Step<T> step, boolean isAsynchronous) {

    /** What a worker does with an event. */
    @FunctionalInterface
    public interface Step<T> {
        /**
         * Calls the application.
         *
         * @param handlersDone how many handlers have handled the event in earlier attempts; counted on
         * @return null if the event is handled; otherwise it is when the stage completes
         * @throws Exception if the application does
         */
        @Nullable
        CompletionStage<?> begin(ChangeEvent<T> event, HandlersDone handlersDone) throws Exception;
    }

    /** Counts the handlers of an event that need not be called again. Of one thread at a time. */
    public static final class HandlersDone {
        private int count;
        private int atBegin;

        /** What the last attempt has called has to be called again. */
        void repeat() {
            count = atBegin;
        }
    }

    /** By handlers, one after the other. */
    public static <T> Handling<T> by(Handlers<T> handlers) {
        return new Handling<>((event, done) -> handle(handlers, event, done), false);
    }

    private static <T> @Nullable CompletionStage<?> handle(
            Handlers<T> handlers, ChangeEvent<T> event, HandlersDone done) throws Exception {
        List<Handlers.Handler<T>> all = handlers.handlers();
        done.atBegin = done.count;
        if (done.count == 0) {
            handlers.validate(event);
        }
        for (; done.count < all.size(); done.count++) {
            all.get(done.count).handle(event);
        }
        return null;
    }

    /**
     * By a handler whose stage says when.
     *
     * @param validations of which the handlers are not called
     */
    public static <T> Handling<T> async(Handlers<T> validations, AsyncEventHandler<ChangeEvent<T>> handler) {
        return new Handling<>(
                (event, done) -> {
                    validations.validate(event);
                    return given(handler.handle(event), "CompletionStage");
                },
                true);
    }

    /** By a handler whose publisher says when. */
    public static <T> Handling<T> reactive(Handlers<T> validations, ReactiveEventHandler<ChangeEvent<T>> handler) {
        return new Handling<>(
                (event, done) -> {
                    validations.validate(event);
                    return Completion.of(given(handler.handle(event), "Publisher"));
                },
                true);
    }

    /** By a handler that gets deliveries, each handled when it is acknowledged. */
    public static <T> Handling<T> acknowledged(Handlers<T> validations, DeliveryHandler<T> handler) {
        return new Handling<>(
                (event, done) -> {
                    validations.validate(event);
                    Open<T> delivery = new Open<>(event, new CompletableFuture<>());
                    handler.handle(delivery);
                    return delivery.end();
                },
                true);
    }

    /** A delivery that is not acknowledged yet. */
    private record Open<T>(ChangeEvent<T> event, CompletableFuture<Void> end) implements Delivery<T> {

        @Override
        public void acknowledge() {
            end.complete(null);
        }

        @Override
        public void fail(Throwable cause) {
            end.completeExceptionally(Objects.requireNonNull(cause, "cause"));
        }
    }

    @SuppressWarnings("NullAway") // the application may not have a checker of nulls
    private static <V> V given(@Nullable V result, String kind) {
        if (result == null) {
            throw new IllegalStateException("The handler returned null instead of a " + kind
                    + ": return one that is completed where there is nothing to do.");
        }
        return result;
    }
}
