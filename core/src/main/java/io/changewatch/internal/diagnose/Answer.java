package io.changewatch.internal.diagnose;

import java.util.Optional;
import org.bson.BsonDocument;

/** What came of a question to a server. Immutable and thread-safe. */
public sealed interface Answer {

    /** The server's reply. */
    record Reply(BsonDocument document) implements Answer {}

    /**
     * There is none.
     *
     * @param code the server's error code; 0 where the error is not the server's
     * @param reason why, in words
     */
    record Refusal(int code, String reason) implements Answer {
        private static final int UNAUTHORIZED = 13;

        /** Whether the user lacks a privilege for it. */
        public boolean isForWantOfPrivilege() {
            return code == UNAUTHORIZED;
        }
    }

    /** The reply, if there is one. */
    default Optional<BsonDocument> reply() {
        return this instanceof Reply reply ? Optional.of(reply.document()) : Optional.empty();
    }

    /** The refusal, if it is one. */
    default Optional<Refusal> refusal() {
        return this instanceof Refusal refusal ? Optional.of(refusal) : Optional.empty();
    }
}
