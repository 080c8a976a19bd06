package io.changewatch.observe;

import io.changewatch.WatcherState;
import io.changewatch.deadletter.DeadLetter;
import io.changewatch.event.ChangeEvent;
import io.changewatch.event.Gap;
import io.changewatch.event.Namespace;
import io.changewatch.event.ResumeToken;
import io.changewatch.resume.Checkpoint;
import java.time.Duration;
import java.util.Optional;
import org.bson.BsonDocument;
import org.bson.BsonTimestamp;

/**
 * Is told what a watcher does: one method and one record for each kind of notice. Every method does nothing by default.
 *
 * <p>Called on the watcher's own threads, mostly the one that handles events: return quickly. What a listener throws is
 * logged once and otherwise ignored. An implementation must be thread-safe, because notices of checkpoints and of
 * headroom come from other threads than the rest.
 */
public interface WatcherListener {

    /** The watcher went from one state to another. */
    default void stateChanged(StateChanged notice) {}

    /** The stream was opened on the server, for the first time or again. */
    default void streamOpened(StreamOpened notice) {}

    /** The server answered with a batch, possibly an empty one. */
    default void batchRead(BatchRead notice) {}

    /**
     * Nothing more comes up to a position: the stream was opened there for the first time, or a batch of the server has brought it
     * there, with its last event or without one. Called on the watcher's thread when every event before it has been handed
     * out, so that who keeps the events in their order can keep the positions among them. Told the same position twice, the
     * server has looked for something behind it and found nothing.
     */
    default void positionMoved(PositionMoved notice) {}

    /** An event was handled. */
    default void eventHandled(EventHandled notice) {}

    /** A batch was handled; {@link #eventHandled} has been told for each of its events. Called on the thread that handles batches. */
    default void batchHandled(BatchHandled notice) {}

    /** A handler or a validation failed and is tried again. */
    default void handlerRetried(HandlerRetried notice) {}

    /**
     * A handler runs for longer than {@code slowHandlerAfter} says, and has not ended yet: told once for each attempt. Or it does not end
     * although it was interrupted when {@code handlerTimeout} was over: told at twice that time, four times, and so on. On a thread of
     * its own.
     */
    default void handlerSlow(HandlerSlow notice) {}

    /** An event that could not be decoded or handled was skipped because the policy says so. */
    default void eventSkipped(EventSkipped notice) {}

    /** An event was kept as a letter instead of being handled. Called when the letter is durable, on the thread that handles the event. */
    default void eventParked(EventParked notice) {}

    /** An event that the server cannot deliver was skipped because the policy says so; the events around it are handed out. Told again if the watcher ends before its position has passed the event. */
    default void eventUndeliverable(EventUndeliverable notice) {}

    /** A checkpoint was saved. */
    default void checkpointSaved(CheckpointSaved notice) {}

    /** A checkpoint could not be saved and is tried again. */
    default void checkpointFailed(CheckpointFailed notice) {}

    /** Nothing is handed out until the store works again, because too many events were handled since the last checkpoint. */
    default void deliveryPaused(DeliveryPaused notice) {}

    /** The stream broke and is opened again after a delay. */
    default void reconnecting(Reconnecting notice) {}

    /** The stream is open again. */
    default void reconnected(Reconnected notice) {}

    /** Events are missing, and the policy was to go on. The same {@link Gap} is handed to the handlers. */
    default void gapAccepted(GapAccepted notice) {}

    /**
     * The watcher was moved to another position, as somebody asked with {@link io.changewatch.ChangeWatcher#seek}: events between are
     * passed over, or come again. That position is saved, and nothing from there is handed out yet.
     */
    default void sought(Sought notice) {}

    /**
     * The time until the held position falls off the oplog has sunk below a threshold. Told once for each threshold, the
     * lowest where several are crossed at once, and again only after the time had risen by a fifth above it.
     */
    default void headroomLow(HeadroomLow notice) {}

    /** This instance has the lease and begins to watch. */
    default void leaseAcquired(LeaseAcquired notice) {}

    /** This instance has the lease no more, although nobody asked it to stop: it hands out nothing more, and stands by. */
    default void leaseLost(LeaseLost notice) {}

    /** Another instance has the lease; told when this one begins to stand by, and for each new holder. */
    default void standingBy(StandingBy notice) {}

    /**
     * See {@link #stateChanged}.
     *
     * @param cause the error that led to it, with {@code RECOVERING} and {@code FAILED}; a
     *     {@link io.changewatch.lease.LeaseLostException} where the lease is lost
     */
    record StateChanged(String watcher, WatcherState from, WatcherState to, Optional<Throwable> cause) {}

    /**
     * See {@link #streamOpened}.
     *
     * @param step where it was opened
     * @param clusterTime the cluster time of that place; empty for the present
     */
    record StreamOpened(String watcher, ResumeStep step, Optional<BsonTimestamp> clusterTime) {}

    /**
     * See {@link #batchRead}.
     *
     * @param bytes the size of the server's reply
     */
    record BatchRead(String watcher, int events, int bytes) {}

    /**
     * See {@link #positionMoved}.
     *
     * @param position where the stream is; like an event's own, it shares the bytes of its batch
     * @param clusterTime the cluster time of the position
     */
    record PositionMoved(String watcher, ResumeToken position, BsonTimestamp clusterTime) {}

    /**
     * See {@link #eventHandled}.
     *
     * @param took the time in the handlers, retries included; of a batch, that of the whole batch
     */
    record EventHandled(String watcher, ChangeEvent<?> event, Duration took) {}

    /**
     * See {@link #batchHandled}.
     *
     * @param events how many it had, without those that were skipped
     * @param took the time in the handler, retries included
     */
    record BatchHandled(String watcher, int events, Duration took) {}

    /**
     * See {@link #handlerRetried}.
     *
     * @param event that was to be handled; of a batch, its first one
     * @param failures how many attempts have failed so far
     * @param delay the time until the next attempt
     */
    record HandlerRetried(String watcher, ChangeEvent<?> event, int failures, Duration delay, Throwable cause) {}

    /**
     * See {@link #handlerSlow}.
     *
     * @param duration how long it has been running so far
     */
    record HandlerSlow(String watcher, ChangeEvent<?> event, Duration duration) {}

    /**
     * See {@link #eventSkipped}.
     *
     * @param raw the whole event as the server sent it
     */
    record EventSkipped(String watcher, BsonDocument raw, Throwable cause) {}

    /**
     * See {@link #eventParked}.
     *
     * @param isNew whether the letter was not there before; if it was, the event has come again after a crash, and the letter is as it was
     */
    record EventParked(String watcher, DeadLetter letter, boolean isNew) {}

    /**
     * See {@link #eventUndeliverable}.
     *
     * @param namespace where the document lives; empty if the pipeline leaves it out
     * @param documentKey the key of the document; empty if the pipeline leaves it out
     * @param clusterTime when the document was changed
     * @param token the event's own; no stream with the same options can be opened after it
     * @param cause why it cannot be delivered
     */
    record EventUndeliverable(
            String watcher,
            Optional<Namespace> namespace,
            Optional<BsonDocument> documentKey,
            BsonTimestamp clusterTime,
            ResumeToken token,
            Throwable cause) {}

    /** See {@link #checkpointSaved}. */
    record CheckpointSaved(String watcher, Checkpoint checkpoint, Duration took) {}

    /**
     * See {@link #checkpointFailed}.
     *
     * @param failures how many attempts have failed in a row
     * @param delay the time until the next attempt
     */
    record CheckpointFailed(String watcher, Checkpoint checkpoint, int failures, Duration delay, Throwable cause) {}

    /**
     * See {@link #deliveryPaused}.
     *
     * @param unsavedEvents how many events were handled since the last checkpoint
     */
    record DeliveryPaused(String watcher, long unsavedEvents) {}

    /**
     * See {@link #reconnecting}.
     *
     * @param failures how many attempts have failed in a row
     * @param delay the time until the next attempt
     */
    record Reconnecting(String watcher, int failures, Duration delay, Throwable cause) {}

    /**
     * See {@link #reconnected}.
     *
     * @param failures how many attempts had failed
     * @param outage the time since the first of them
     */
    record Reconnected(String watcher, int failures, Duration outage) {}

    /** See {@link #gapAccepted}. */
    record GapAccepted(String watcher, Gap<?> gap) {}

    /**
     * See {@link #sought}.
     *
     * @param from the cluster time up to which everything was handled; empty if it had no position yet
     * @param to the cluster time of the position that it goes on from
     */
    record Sought(String watcher, Optional<BsonTimestamp> from, BsonTimestamp to) {}

    /**
     * See {@link #headroomLow}.
     *
     * @param threshold the one that was crossed
     */
    record HeadroomLow(String watcher, Duration threshold, Headroom headroom) {}

    /**
     * See {@link #leaseAcquired}.
     *
     * @param holder this instance
     * @param term grows with every holder
     * @param expiredHolder who had it before and did not renew it in time; empty if it was free: new, or given back
     */
    record LeaseAcquired(String watcher, String holder, long term, Optional<String> expiredHolder) {}

    /**
     * See {@link #leaseLost}.
     *
     * @param holder this instance
     * @param term the one that is over
     * @param cause why it is over: a {@link io.changewatch.lease.LeaseLostException}
     */
    record LeaseLost(String watcher, String holder, long term, Throwable cause) {}

    /**
     * See {@link #standingBy}.
     *
     * @param holder the other instance
     * @param term the other's
     */
    record StandingBy(String watcher, String holder, long term) {}
}
