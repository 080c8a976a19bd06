package io.changewatch;

/**
 * Where a watcher is in its life.
 *
 * <pre>
 * NEW → STARTING → RUNNING ⇄ RECOVERING → STOPPING → STOPPED
 *           ⇅         ↓          ⇅      any but STOPPED → FAILED
 *        STANDBY ←────┴──────────┘      with a lease only, also from PAUSED
 *          RUNNING, RECOVERING ⇄ PAUSED → STOPPING
 * </pre>
 *
 * <p>Thread-safe.
 */
public enum WatcherState {
    /** Built, not started. */
    NEW,
    /** Loading the checkpoint and opening the stream for the first time. */
    STARTING,
    /** Another instance has the lease; this one holds no stream and waits for its turn. Only with {@code onlyOneActive(...)}. */
    STANDBY,
    /** The stream is open on the server and events are handed out as they come. */
    RUNNING,
    /** Something failed that is worth a retry; nothing is handed out until it works again. */
    RECOVERING,
    /** {@link ChangeWatcher#pause()} was called: no stream is open and nothing is handed out until {@link ChangeWatcher#resume()}. */
    PAUSED,
    /** {@code close()} was called, or the policy said to stop; the last event is being finished. */
    STOPPING,
    /** Ended on request. */
    STOPPED,
    /** Ended by an error, see {@link ChangeWatcher#failure()}. */
    FAILED;

    /** Whether the transition table has an edge from this state to {@code next}. */
    public boolean canBecome(WatcherState next) {
        return switch (this) {
            case NEW -> next == STARTING || next == STOPPING || next == STOPPED;
            case STARTING ->
                next == STANDBY || next == RUNNING || next == RECOVERING || next == STOPPING || next == FAILED;
            case STANDBY -> next == STARTING || next == RECOVERING || next == STOPPING || next == FAILED;
            case RUNNING ->
                next == RECOVERING || next == STANDBY || next == PAUSED || next == STOPPING || next == FAILED;
            case RECOVERING ->
                next == RUNNING || next == STANDBY || next == PAUSED || next == STOPPING || next == FAILED;
            case PAUSED ->
                next == RUNNING || next == RECOVERING || next == STANDBY || next == STOPPING || next == FAILED;
            case STOPPING -> next == STOPPED || next == FAILED;
            case STOPPED, FAILED -> false;
        };
    }

    /** Whether the watcher has ended, for whatever reason. */
    public boolean isTerminal() {
        return this == STOPPED || this == FAILED;
    }
}
