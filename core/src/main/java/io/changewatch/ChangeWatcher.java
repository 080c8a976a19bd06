package io.changewatch;

import com.mongodb.ConnectionString;
import com.mongodb.MongoClientSettings;
import com.mongodb.reactivestreams.client.MongoClient;
import io.changewatch.observe.WatcherStats;
import io.changewatch.resume.Checkpoint;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeoutException;

/**
 * Consumes one change stream: typed events, in order, resumed after every failure, until it is closed.
 *
 * {@snippet class="io.changewatch.examples.FifteenLines" region="start"}
 *
 * <p>Thread-safe.
 */
public interface ChangeWatcher extends AutoCloseable {

    /** Begins a watcher on the application's own client, which stays open when the watcher is closed. */
    static WatchTarget of(MongoClient client) {
        return WatchTarget.on(client);
    }

    /**
     * Begins a watcher with a client of its own, closed with the watcher. All settings of the string are kept.
     *
     * @throws IllegalArgumentException if {@code connectionString} is malformed
     */
    static WatchTarget connect(String connectionString) {
        return connect(MongoClientSettings.builder()
                .applyConnectionString(new ConnectionString(connectionString))
                .build());
    }

    /** Begins a watcher with a client of its own, closed with the watcher. */
    static WatchTarget connect(MongoClientSettings settings) {
        return WatchTarget.owning(settings);
    }

    /** The name of the watcher, under which its checkpoint is kept. */
    String name();

    /** Where the watcher is in its life now. */
    WatcherState state();

    /** What it has done so far. */
    WatcherStats stats();

    /** Why the watcher {@link WatcherState#FAILED failed}; empty in every other state. */
    Optional<Throwable> failure();

    /**
     * Starts the watcher on a thread of its own and waits for the first attempt to open the stream: usually milliseconds, at
     * most the client's server selection timeout. If that attempt fails with an error worth a retry, this returns and the
     * watcher goes on trying.
     *
     * @return this watcher
     * @throws ConfigurationException if the first attempt shows that something must be changed first; the message says what
     * @throws ChangeWatchException if the watcher failed otherwise
     * @throws IllegalStateException if it was started or closed before
     */
    ChangeWatcher start();

    /**
     * Waits until the stream is open on the server.
     *
     * @throws TimeoutException if it is not within {@code timeout}; the watcher goes on trying, and the exception's cause is
     *     why it has to, where there is a cause
     * @throws ChangeWatchException if the watcher has failed
     * @throws IllegalStateException if the watcher has been closed
     * @throws InterruptedException if the calling thread is interrupted
     */
    void awaitRunning(Duration timeout) throws TimeoutException, InterruptedException;

    /**
     * Asks the watcher to pause, and returns at once. It stops handing out after the handler in flight, saves its position, closes
     * the stream and is {@link WatcherState#PAUSED} until {@link #resume()}: no cursor stays on the server and no events in memory,
     * however long that lasts. The position ages meanwhile, and headroom goes on being measured and warned of.
     *
     * <p>An event that waits for its next attempt after a failure is let go of, and comes again from its first handler. What was
     * handed out to other threads goes on to its end. A reply of the server or an attempt to open the stream is waited for, and
     * where the store fails and {@link ChangeWatcherBuilder#maxUnsavedEvents} is reached, its next success. While {@code RECOVERING}
     * no more attempts are made. Asked for before the stream has been open, it takes effect when that is: before the first event.
     *
     * <p>Does nothing if it is paused already or has ended. May be called from any thread, from handlers and listeners, too.
     */
    void pause();

    /**
     * Ends a pause, and returns at once. The stream is opened where hand-out stopped, so nothing is lost and nothing repeated; the
     * state stays {@code PAUSED} until it is open, see {@link #awaitRunning}. Where the oplog no longer reaches back to there,
     * {@link ChangeWatcherBuilder#whenHistoryLost} decides.
     *
     * <p>Does nothing if no pause was asked for, or the watcher has ended. May be called from any thread.
     */
    void resume();

    /**
     * Waits until a {@link #pause()} has taken effect: the watcher's thread hands out nothing any more.
     *
     * @return whether it is paused within {@code timeout}; not if it is closed or has failed; from a handler at once, as its event is
     *     not handled yet
     * @throws InterruptedException if the calling thread is interrupted
     */
    boolean awaitPaused(Duration timeout) throws InterruptedException;

    /**
     * Moves the watcher to another position, back or forth, while it runs or is paused, and waits until that is done: lets the handler
     * in flight and what was handed out to other threads end, drops what is not handed out, tries the server for the new
     * position, saves it in the place of the checkpoint, and goes on there; or stays paused. Going back, events come again; going
     * forward, those between are passed over, which is logged and told to {@code WatcherListener.sought}.
     *
     * <p>The position is saved before the first event from there is handed out; a crash finds the one before or the new
     * one. While the store fails, the watcher is {@code RECOVERING} and hands out nothing until it works. If the server loses the
     * position after it was tried, {@link ChangeWatcherBuilder#whenHistoryLost} decides. May be called from any thread but the
     * watcher's own.
     *
     * @param timeout how long to wait
     * @throws SeekFailedException if the oplog no longer reaches back to the position, the server refuses it or cannot be
     *     asked, events on other threads do not end within {@code closeWithin}, or the store does not go back; the watcher goes on
     *     where it was
     * @throws TimeoutException if it is not done within {@code timeout}; the message says whether the watcher goes on trying, or
     *     nothing has changed
     * @throws IllegalStateException if the watcher has not been started or has ended, or if called from a handler
     * @throws InterruptedException if the calling thread is interrupted
     */
    void seek(StartPosition position, Duration timeout) throws TimeoutException, InterruptedException;

    /**
     * {@link #seek(StartPosition, Duration)} to a checkpoint of this watcher.
     *
     * @throws ConfigurationException if the checkpoint is another stream's
     */
    void seek(Checkpoint checkpoint, Duration timeout) throws TimeoutException, InterruptedException;

    /**
     * Earlier checkpoints that the store keeps, the newest first, to {@link #seek(Checkpoint, Duration) seek} to: the first that was
     * saved before a time has everything before it that was handled until then. Asks the store, on the calling thread. Empty without
     * a store, or one that keeps none.
     *
     * @throws io.changewatch.resume.StoreException if the store cannot be read now
     */
    List<Checkpoint> history();

    /**
     * Waits until the watcher has ended, by {@link #close()} or by a failure.
     *
     * @return whether it ended within {@code timeout}
     * @throws InterruptedException if the calling thread is interrupted
     */
    boolean awaitTermination(Duration timeout) throws InterruptedException;

    /**
     * Stops within the builder's {@link ChangeWatcherBuilder#closeWithin close timeout}: lets the handler in flight finish, saves
     * the checkpoint, closes the server's cursor and ends the watcher's threads. What has not been handled comes again at the
     * next start.
     *
     * <p>Does nothing if it has ended. May be called from any thread; from a handler or a
     * listener it returns at once and the watcher stops when that has returned. Never throws.
     */
    @Override
    void close();

    /**
     * {@link #close()} with a deadline of its own, which the last save has to keep, too. A handler or a store that does not return
     * by then is interrupted and given up within another second. Where more than one caller asks, the earliest deadline counts.
     *
     * @return whether it has ended; if not, a handler is still running, and the watcher ends when that returns
     */
    boolean close(Duration deadline);
}
