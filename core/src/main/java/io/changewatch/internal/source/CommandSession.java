package io.changewatch.internal.source;

import java.util.concurrent.CompletableFuture;
import org.bson.BsonDocument;

/**
 * The door to the server: commands on one database in one session, which aggregate, getMore and killCursors of one cursor need.
 *
 * <p>Thread-safe. No method blocks or throws what the driver throws: failures are the futures'.
 */
interface CommandSession {

    /** Sends a command whose deadline is the caller's. The reply's future is completed on a thread of the driver. */
    CompletableFuture<ServerReply> send(BsonDocument command);

    /**
     * Ends a cursor; returns the primary's reply. Takes another connection if one does not answer soon, a few times, and looks
     * in the background for the former primary if the cursor is not known.
     */
    CompletableFuture<BsonDocument> kill(BsonDocument killCursors);

    /** Whether the driver knows a server for these commands, so that silence is not its search for one. */
    boolean knowsServer();

    /** The servers the commands go to, as far as known, for messages. */
    String server();

    /** Ends the session when every command has ended. Call once. */
    void release();
}
