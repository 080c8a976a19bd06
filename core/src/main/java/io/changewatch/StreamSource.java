package io.changewatch;

/** How a watcher reads its change stream: see {@link ChangeWatcherBuilder#source}. */
public enum StreamSource {

    /**
     * Decides each time the stream is opened: {@link #PUBLISHER} behind a load balancer, behind more than one {@code mongos},
     * and where the client's read preference is not {@code primary}; else {@link #COMMANDS}.
     */
    AUTO,

    /**
     * Commands of the watcher's own. The faster way, with the position in every reply of the server. It always reads from the
     * primary, or through the {@code mongos}, whatever the client's read preference. Not for several {@code mongos} or a load
     * balancer: there a command may reach another server than the one before, which does not know the cursor.
     */
    COMMANDS,

    /**
     * The driver's own cursor, which stays with its server, read with the client's read preference. Right for every deployment,
     * at a price: an event is copied twice, and a quiet stream asks for its position with a short {@code aggregate} of its own,
     * every 3 s or each {@code maxAwait}, whichever is longer.
     */
    PUBLISHER
}
