package io.changewatch.push;

/**
 * What an adapter tells the feed about a client that it attached.
 *
 * <p>Thread-safe; every method returns at once.
 */
public interface FeedSession {

    /**
     * The client sent a text. The feed answers {@code {"type":"ping"}} with {@code {"type":"pong"}} and anything else with an
     * error message; a text that is too large ends the client with 1009, too many with 1008.
     */
    void received(String text);

    /** The client sent binary data, which ends it with 1003. */
    void receivedBinary();

    /** The client answered a ping. */
    void pong();

    /** The connection is gone, whoever ended it. Nothing is sent or closed after this. */
    void closed();
}
