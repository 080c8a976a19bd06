package io.changewatch.push;

import io.changewatch.event.DocumentEvent;
import java.security.Principal;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * All a feed works by, checked and fixed by its builder.
 *
 * @param signingKeys the key that signs, then older ones that are still accepted
 */
record FeedOptions<T>(
        Function<Principal, Payload<T>> payloadFor,
        Authorization<T> authorization,
        @Nullable Authentication authentication,
        Set<String> allowedOrigins,
        List<FilterField> filters,
        List<byte[]> signingKeys,
        Function<DocumentEvent<T>, String> fetchAt,
        Buffer buffer,
        Clients clients,
        Queues queues,
        Duration heartbeatEvery,
        Duration deadAfter,
        Duration drainWithin,
        int maxMessageBytes,
        int senders) {

    /** What is kept for clients that come again. */
    record Buffer(long maxBytes, Duration maxAge, int catchUpCursors) {}

    /** How many may come, and how much they may say. */
    record Clients(int max, int maxPerPrincipal, int maxIncomingBytes, int maxIncomingPerSecond) {}

    /** What may wait for one client. */
    record Queues(int maxMessages, long maxBytes, SlowClientPolicy whenSlow) {}
}
