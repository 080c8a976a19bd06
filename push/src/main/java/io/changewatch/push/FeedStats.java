package io.changewatch.push;

import io.changewatch.WatcherState;
import java.util.Map;

/**
 * What a feed has done so far, and what it holds: a snapshot, counted since it was started.
 *
 * <p>Immutable and thread-safe.
 *
 * @param state the watcher's state
 * @param clients how many are attached
 * @param attached how many were, in all
 * @param refused how many were turned away, by reason
 * @param events how many events the watcher handed to the feed
 * @param sent messages that a transport took, of any kind
 * @param sentBytes their size in UTF-8
 * @param dropped messages that were queued and never sent, because their client was too slow
 * @param conflated messages that a newer one of the same document replaced
 * @param oversize messages that were replaced by a small one
 * @param replayedFromBuffer messages that resumed clients received from the buffer
 * @param replayedFromServer messages that resumed clients received through a catch-up cursor
 * @param gaps {@code gap} messages
 * @param slowDisconnects clients that were closed because they were too slow
 * @param deadDisconnects clients that were closed because they were silent or a send failed
 * @param queuedMessages what waits in all queues now
 * @param queuedBytes its size in UTF-8
 * @param longestQueue how many messages wait in the longest queue now
 * @param catchUpsRunning catch-up cursors that are open now
 * @param catchUpsWaiting clients that wait for one
 * @param bufferedEvents how many events the buffer holds
 * @param bufferedBytes about how much memory they take
 * @param latency from the change to the transport
 */
public record FeedStats(
        WatcherState state,
        int clients,
        long attached,
        Map<Admission.Reason, Long> refused,
        long events,
        long sent,
        long sentBytes,
        long dropped,
        long conflated,
        long oversize,
        long replayedFromBuffer,
        long replayedFromServer,
        long gaps,
        long slowDisconnects,
        long deadDisconnects,
        long queuedMessages,
        long queuedBytes,
        int longestQueue,
        int catchUpsRunning,
        int catchUpsWaiting,
        int bufferedEvents,
        long bufferedBytes,
        Latency latency) {

    /** Copies the map. */
    public FeedStats {
        refused = Map.copyOf(refused);
    }
}
