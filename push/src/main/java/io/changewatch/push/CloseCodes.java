package io.changewatch.push;

/**
 * The WebSocket close codes that a feed ends a client with; each comes with a text that says why.
 *
 * <p>A client should come again, with its position, after 1001, 1006, 1011, 1012 and 1013; after the others only when
 * something has been changed. The source is RFC 6455, section 7.4, and its registry. Thread-safe.
 */
public final class CloseCodes {
    /** The client was silent for too long, or a send failed. */
    public static final int GOING_AWAY = 1001;
    /** The client sent binary data. */
    public static final int UNSUPPORTED_DATA = 1003;
    /** The client's request or behaviour is not accepted: an unknown filter, too many messages, too many connections. */
    public static final int POLICY_VIOLATION = 1008;
    /** The client sent a message that is too large. */
    public static final int MESSAGE_TOO_BIG = 1009;
    /** The feed has failed. */
    public static final int INTERNAL_ERROR = 1011;
    /** The feed is being shut down; another instance, or this one, soon takes over. */
    public static final int SERVICE_RESTART = 1012;
    /** The client was too slow, the feed is full, or it is not ready yet. */
    public static final int TRY_AGAIN_LATER = 1013;

    private CloseCodes() {}
}
