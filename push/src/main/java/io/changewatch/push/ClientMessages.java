package io.changewatch.push;

import io.changewatch.push.FeedOptions.Clients;

/** Judges what a client says. Guarded by its connection's lock. */
final class ClientMessages {
    private static final String PING = "{\"type\":\"ping\"}";

    private final Clients limits;
    private final RateLimit rate;

    ClientMessages(Clients limits, long nanos) {
        this.limits = limits;
        this.rate = new RateLimit(limits.maxIncomingPerSecond(), nanos);
    }

    /** What comes of a text. */
    sealed interface Verdict {
        /** It is answered with a pong. */
        record Pong() implements Verdict {}

        /** It is answered with an error. */
        record Misunderstood(String message) implements Verdict {}

        /** It ends the client. */
        record Unacceptable(int closeCode, String reason) implements Verdict {}
    }

    Verdict judge(String text, long nanos) {
        if (!rate.permits(nanos)) {
            return new Verdict.Unacceptable(
                    CloseCodes.POLICY_VIOLATION,
                    "More than " + limits.maxIncomingPerSecond() + " messages a second are not accepted.");
        }
        if (text.length() > limits.maxIncomingBytes() || Texts.utf8Length(text) > limits.maxIncomingBytes()) {
            return new Verdict.Unacceptable(
                    CloseCodes.MESSAGE_TOO_BIG,
                    "Messages of more than " + limits.maxIncomingBytes() + " bytes are not accepted.");
        }
        return text.replaceAll("\\s", "").equals(PING)
                ? new Verdict.Pong()
                : new Verdict.Misunderstood("This feed takes no messages but " + PING
                        + ". To filter otherwise, connect again with other parameters.");
    }
}
