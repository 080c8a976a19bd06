package io.changewatch.push;

import java.util.concurrent.CompletionStage;

/**
 * One connected client, as the feed sees it: what an adapter for a web server implements.
 *
 * {@snippet class="io.changewatch.examples.orders.WebSocketClient" region="client"}
 *
 * <p>The feed calls {@link #send} for one text at a time, from its own sender threads, and waits for its completion before
 * the next: an implementation needs no queue and no lock of its own. What a method throws ends this client and no other.
 */
public interface FeedClient {

    /**
     * Begins to send one text: a WebSocket's text frame, or a block of server-sent events as it is. Must return at once; a
     * transport that can only block does so on a thread of its own.
     *
     * @return completes when the transport has taken the text over, or has failed to
     */
    CompletionStage<?> send(String text);

    /**
     * Ends the connection; called once, also after a failed {@link #send}, and not after {@link FeedSession#closed}. Must
     * return at once.
     *
     * @param code a WebSocket close code, see {@link CloseCodes}
     * @param reason at most 123 bytes in UTF-8, which is all a WebSocket's close frame takes
     */
    void close(int code, String reason);

    /**
     * Sends a WebSocket ping, whose answer goes to {@link FeedSession#pong()}. Called with each heartbeat; must return at once.
     * Default: sends nothing.
     *
     * @return whether a ping was sent; a client that leaves it without an answer for {@link LiveFeedBuilder#deadAfter} is given
     *     up, one that cannot be asked only if it takes no message for so long
     */
    default boolean ping() {
        return false;
    }
}
