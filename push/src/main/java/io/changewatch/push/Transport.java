package io.changewatch.push;

/**
 * How texts are framed for a client.
 *
 * <p>Thread-safe.
 */
public enum Transport {
    /** One JSON object a text. */
    WEB_SOCKET,
    /** Blocks of {@code text/event-stream} with {@code id}, {@code event} and {@code data}; the id is the position. */
    SERVER_SENT_EVENTS
}
