package io.changewatch.internal.source;

import io.changewatch.StartPosition;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.bson.RawBsonDocument;
import org.reactivestreams.Publisher;

/**
 * The door to the servers of a stream that the driver reads: its cursor, and short looks beside it.
 *
 * <p>Thread-safe, but one thread looks at a time. No method blocks or throws what the driver throws: failures are the
 * publisher's and the futures'.
 */
interface StreamDoor {

    /** The events behind a position. Whoever subscribes opens a cursor; it is the driver's, and stays with its server. */
    Publisher<RawBsonDocument> events(StartPosition position);

    /**
     * Opens another cursor there, and kills it as soon as the server has answered; a server for the same read preference, not
     * always the same one.
     *
     * @param events how many the answer may hold; with 0 the server answers at once, otherwise it first reads on to an event or
     *     to the end of its oplog
     * @param within how long the answer is waited for; a moment later the server gives a scan up as well
     */
    CompletableFuture<CursorReply> look(StartPosition position, int events, Duration within);

    /** How many looks in a row have left a cursor on a server. */
    int strays();

    /** Whether a server answers soon; the next command then takes the connection it answered on. */
    boolean answers(Duration within) throws InterruptedException;

    /** Completed when no cursor of a look is waiting for its end. */
    CompletableFuture<?> tidied();

    /** Whether the driver knows a server, so that silence is not its search for one. */
    boolean knowsServer();

    /** What is watched and where, for messages. */
    String description();
}
