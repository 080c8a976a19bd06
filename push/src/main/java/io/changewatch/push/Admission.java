package io.changewatch.push;

/**
 * The answer to a {@link Handshake}.
 *
 * <p>Immutable and thread-safe.
 */
public sealed interface Admission {

    /**
     * The client may be attached.
     *
     * @param request what {@link LiveFeed#attach} takes
     */
    record Admitted(ClientRequest request) implements Admission {}

    /**
     * The client must be turned away, with this status over HTTP or this code over a WebSocket.
     *
     * @param reason which rule it is, as counted in {@link FeedStats#refused()}
     * @param httpStatus the status of an HTTP answer
     * @param closeCode the close code of a WebSocket that was upgraded all the same
     * @param message what is wrong and what to do, for the client's developer
     */
    record Refused(Reason reason, int httpStatus, int closeCode, String message) implements Admission {

        /**
         * Whether a WebSocket must not even be upgraded. The other refusals are better told by a close frame, because a
         * browser shows its scripts nothing of a failed upgrade.
         */
        public boolean isBeforeUpgrade() {
            return reason == Reason.ORIGIN || reason == Reason.AUTHENTICATION;
        }
    }

    /** Why a client is turned away. */
    enum Reason {
        /** A page of another site asked. */
        ORIGIN,
        /** Nobody knows who asks. */
        AUTHENTICATION,
        /** A parameter that is no filter, or a value that does not fit it. */
        FILTER,
        /** The feed has all the clients it takes. */
        FULL,
        /** The principal has all the connections it may have. */
        PRINCIPAL_LIMIT,
        /** The feed has not reached the server yet. */
        NOT_READY,
        /** The feed has failed. */
        FAILED,
        /** The feed is being shut down. */
        CLOSING
    }
}
