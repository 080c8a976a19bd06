package io.changewatch.internal.deliver;

import io.changewatch.event.ChangeEvent;
import io.changewatch.event.ResumeToken;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.bson.BsonTimestamp;

/**
 * Hands events to the application in order.
 *
 * <p>Called on the watcher's thread only, except {@link #stop()}, {@link #isHandlingThread()} and {@link #busySince()}.
 *
 * @param <T> the type documents are decoded to
 */
public interface Deliverer<T> {

    /**
     * Hands out one event; returns when the next may come. Its handling may end later.
     *
     * @return whether it was handed out; if not, it was skipped, as the policy says, or {@link Progress#batchEnds} or {@link Progress#eventEnds} tells of it later
     * @throws io.changewatch.HandlerFailedException if the application could not handle it and the policy is to stop
     * @throws InterruptedException if the watcher's thread is interrupted
     */
    boolean deliver(ChangeEvent<T> event) throws InterruptedException;

    /**
     * Waits until all that was handed out is handled, because an event of the same document is about to be kept without being handed out.
     *
     * @throws InterruptedException if the watcher's thread is interrupted
     */
    default void awaitHandled() throws InterruptedException {}

    /** Nothing is to be handed out up to this position: the stream moved on, or an event was skipped. */
    void passed(ResumeToken token, BsonTimestamp clusterTime);

    /** Ends a wait in {@link #deliver}, which then returns or throws. May be called from any thread. */
    void stop();

    /** Whether the caller is on a thread of the deliverer's: code of a handler. May be called from any thread. */
    default boolean isHandlingThread() {
        return false;
    }

    /** The place in the store is lost: what is not in flight yet is not to be handled any more. Called before {@link #drain}. */
    default void discard() {}

    /** Since when the handler that has been running longest does, by the clock that only runs forward; told for other threads than the watcher's. May be called from any thread. */
    default OptionalLong busySince() {
        return OptionalLong.empty();
    }

    /** Lets what is in flight end, within the deadline; called on the watcher's thread. Throws what a thread of the deliverer's has failed with. */
    default void drain(Duration deadline) {}

    /** The last call: the watcher has ended. */
    void ended(Optional<Throwable> failure);

    /** Is told how far everything is handled, in order. May be called from any thread, one at a time. */
    @FunctionalInterface
    interface Progress {
        /** Everything up to the position is handled, {@code events} more than at the last call. */
        void handled(ResumeToken token, BsonTimestamp clusterTime, int events);

        /** A batch is handed to the application, on a thread of the deliverer's. */
        default void batchBegins() {}

        /**
         * The application has let go of the batch, whose end was told to {@link #handled} before.
         *
         * @param handled its events without those that were skipped
         */
        default void batchEnds(List<? extends ChangeEvent<?>> handled, Duration took) {}

        /**
         * An event was handled on another thread than the watcher's; {@link #handled} is told when all before it are, too. May be
         * called from several threads at once.
         */
        default void eventEnds(ChangeEvent<?> event, Duration took) {}

        /** A thread of the deliverer's has failed, so that the watcher is to end; {@link Deliverer#drain} throws it. Returns at once. */
        default void failed(Throwable cause) {}
    }
}
