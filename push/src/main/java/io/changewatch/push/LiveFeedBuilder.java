package io.changewatch.push;

import io.changewatch.ChangeWatcherBuilder;
import io.changewatch.ConfigurationException;
import io.changewatch.event.DocumentEvent;
import io.changewatch.push.FeedOptions.Buffer;
import io.changewatch.push.FeedOptions.Clients;
import io.changewatch.push.FeedOptions.Queues;
import java.security.Principal;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import org.bson.json.JsonMode;
import org.bson.json.JsonWriterSettings;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Options of a feed. Two have no default: what is sent, and who may see it.
 *
 * <p>Not thread-safe.
 *
 * @param <T> the type documents are decoded to
 */
public final class LiveFeedBuilder<T> {
    private static final Logger LOG = LoggerFactory.getLogger(LiveFeedBuilder.class);
    private static final int SHORTEST_KEY = 16;
    private static final Duration SHORTEST = Duration.ofMillis(1);
    private static final Duration LONGEST = Duration.ofDays(365);

    private final ChangeWatcherBuilder<T> watcher;
    private @Nullable Function<Principal, Payload<T>> payloadFor;
    private @Nullable Authorization<T> authorization;
    private @Nullable Authentication authentication;
    private final Set<String> allowedOrigins = new HashSet<>();
    private final List<FilterField> filters = new ArrayList<>();
    private byte @Nullable [] positionKey;
    private final List<byte[]> olderKeys = new ArrayList<>();
    private Function<DocumentEvent<T>, String> fetchAt = LiveFeedBuilder::key;
    private long bufferBytes = 64L << 20;
    private Duration bufferFor = Duration.ofMinutes(5);
    private int catchUpCursors = 4;
    private int maxClients = 10_000;
    private int maxClientsPerPrincipal = 100;
    private int maxIncomingBytes = 4_096;
    private int maxIncomingPerSecond = 10;
    private int maxQueuedMessages = 1_000;
    private long maxQueuedBytes = 4L << 20;
    private SlowClientPolicy whenSlow = SlowClientPolicy.DISCONNECT;
    private Duration heartbeatEvery = Duration.ofSeconds(15);
    private Duration deadAfter = Duration.ofSeconds(45);
    private Duration drainWithin = Duration.ofSeconds(5);
    private int maxMessageBytes = 1 << 20;
    private int senders = Math.max(2, Runtime.getRuntime().availableProcessors());

    LiveFeedBuilder(ChangeWatcherBuilder<T> watcher) {
        this.watcher = watcher;
    }

    private static String key(DocumentEvent<?> event) {
        return event.documentKey()
                .toJson(JsonWriterSettings.builder()
                        .outputMode(JsonMode.RELAXED)
                        .build());
    }

    /** What of each event is sent. Required, or {@link #payloadFor}. */
    public LiveFeedBuilder<T> payload(Payload<T> payload) {
        Objects.requireNonNull(payload, "payload");
        return payloadFor(principal -> payload);
    }

    /** {@link #payload} by who receives it; asked once when a client is attached. Return the same object for the same payload: its messages are shared. */
    public LiveFeedBuilder<T> payloadFor(Function<Principal, Payload<T>> choice) {
        this.payloadFor = Objects.requireNonNull(choice, "choice");
        return this;
    }

    /** Who may see which event. Required, or {@link #visibleToAll}. */
    public LiveFeedBuilder<T> authorize(Authorization<T> rule) {
        this.authorization = Objects.requireNonNull(rule, "rule");
        return this;
    }

    /** Says that every client may see every event. */
    public LiveFeedBuilder<T> visibleToAll() {
        return authorize((principal, event) -> true);
    }

    /** Who a client is. Default: nobody is asked; every client is the principal {@code anyone}, for whom {@link #maxClientsPerPrincipal} does not count. */
    public LiveFeedBuilder<T> authenticate(Authentication hook) {
        this.authentication = Objects.requireNonNull(hook, "hook");
        return this;
    }

    /**
     * Origins whose pages may connect beside the server's own, such as {@code https://shop.example}; {@code *} for any. Default: none.
     *
     * @throws IllegalArgumentException if one is not written as browsers do: scheme, host and a port that is not the scheme's own, in lower case
     */
    public LiveFeedBuilder<T> allowedOrigins(String... origins) {
        for (String origin : origins) {
            allowedOrigins.add(Origins.checked(Objects.requireNonNull(origin, "origin")));
        }
        return this;
    }

    /** The parameters by which a client may filter. Default: none; what is not named is refused. */
    public LiveFeedBuilder<T> filters(FilterField... fields) {
        for (FilterField field : fields) {
            filters.add(Objects.requireNonNull(field, "field"));
        }
        return this;
    }

    /** The secret that signs positions, at least 16 bytes: the same for all instances of a service, so that a client may resume at any. Default: a random one, and no position outlives the process. */
    public LiveFeedBuilder<T> positionKey(byte[] secret) {
        this.positionKey = Objects.requireNonNull(secret, "secret").clone();
        return this;
    }

    /** A secret of earlier, whose positions are still accepted. Default: none. */
    public LiveFeedBuilder<T> alsoAccept(byte[] olderSecret) {
        olderKeys.add(Objects.requireNonNull(olderSecret, "olderSecret").clone());
        return this;
    }

    /** Where a client finds a document whose message would be too large, such as {@code /orders/17}. Default: its key as JSON. */
    public LiveFeedBuilder<T> fetchAt(Function<DocumentEvent<T>, String> place) {
        this.fetchAt = Objects.requireNonNull(place, "place");
        return this;
    }

    /** How large a message may be, in bytes of UTF-8; a larger one is replaced by one that names the document. Default: 1,048,576. */
    public LiveFeedBuilder<T> maxMessageBytes(int bytes) {
        this.maxMessageBytes = bytes;
        return this;
    }

    /** How much memory the events take that are kept for clients that come again; up to one batch of the server more. Default: 67,108,864. */
    public LiveFeedBuilder<T> bufferBytes(long bytes) {
        this.bufferBytes = bytes;
        return this;
    }

    /** How long an event is kept for clients that come again. Default: 5 min. */
    public LiveFeedBuilder<T> bufferFor(Duration age) {
        this.bufferFor = Objects.requireNonNull(age, "age");
        return this;
    }

    /** How many cursors may be open at a time for clients that were away for longer than the buffer reaches; who comes then shares the next one. Default: 4. */
    public LiveFeedBuilder<T> catchUpCursors(int cursors) {
        this.catchUpCursors = cursors;
        return this;
    }

    /** How many clients there may be. Default: 10,000. */
    public LiveFeedBuilder<T> maxClients(int clients) {
        this.maxClients = clients;
        return this;
    }

    /** How many clients there may be of one principal, by its name. Default: 100. */
    public LiveFeedBuilder<T> maxClientsPerPrincipal(int clients) {
        this.maxClientsPerPrincipal = clients;
        return this;
    }

    /** How large a message of a client may be, in bytes of UTF-8. Default: 4,096. */
    public LiveFeedBuilder<T> maxIncomingBytes(int bytes) {
        this.maxIncomingBytes = bytes;
        return this;
    }

    /** How many messages a second a client may send. Default: 10. */
    public LiveFeedBuilder<T> maxIncomingPerSecond(int messages) {
        this.maxIncomingPerSecond = messages;
        return this;
    }

    /** How many messages may wait for one client. Default: 1,000. */
    public LiveFeedBuilder<T> maxQueuedMessages(int messages) {
        this.maxQueuedMessages = messages;
        return this;
    }

    /** How many bytes of UTF-8 may wait for one client. Default: 4,194,304. */
    public LiveFeedBuilder<T> maxQueuedBytes(long bytes) {
        this.maxQueuedBytes = bytes;
        return this;
    }

    /** What happens to a client for whom more would have to wait. Default: {@link SlowClientPolicy#DISCONNECT}. */
    public LiveFeedBuilder<T> whenSlow(SlowClientPolicy policy) {
        this.whenSlow = Objects.requireNonNull(policy, "policy");
        return this;
    }

    /** How often a client is pinged, and told its position if nothing else is sent. Default: 15 s. */
    public LiveFeedBuilder<T> heartbeatEvery(Duration interval) {
        this.heartbeatEvery = Objects.requireNonNull(interval, "interval");
        return this;
    }

    /** How long a client may leave a ping without an answer, or not take a message, before it counts as gone. Default: 45 s. */
    public LiveFeedBuilder<T> deadAfter(Duration silence) {
        this.deadAfter = Objects.requireNonNull(silence, "silence");
        return this;
    }

    /** How long {@link LiveFeed#close()} waits for what is queued to be sent. Default: 5 s. */
    public LiveFeedBuilder<T> drainWithin(Duration timeout) {
        this.drainWithin = Objects.requireNonNull(timeout, "timeout");
        return this;
    }

    /** How many threads call {@link FeedClient#send}. Default: the machine's processors, at least 2. */
    public LiveFeedBuilder<T> senders(int threads) {
        this.senders = threads;
        return this;
    }

    /**
     * A feed whose watcher has been started.
     *
     * @throws ConfigurationException if options are missing or cannot work, or the watcher's, the server or the privileges
     *     have to be changed first; the message names the remedy
     */
    public LiveFeed<T> start() {
        return LiveFeed.start(watcher, options());
    }

    FeedOptions<T> options() {
        check();
        Function<Principal, Payload<T>> chosenPayload = given(
                payloadFor,
                "payload(...) is missing: name what may leave the process, such as payload(Payload.fields(\"status\"))");
        Authorization<T> chosenRule = given(
                authorization,
                "authorize(...) is missing: say who may see which event, or visibleToAll() if everyone may");
        return new FeedOptions<>(
                chosenPayload,
                chosenRule,
                authentication,
                Set.copyOf(allowedOrigins),
                List.copyOf(filters),
                signingKeys(),
                fetchAt,
                new Buffer(bufferBytes, bufferFor, catchUpCursors),
                new Clients(maxClients, maxClientsPerPrincipal, maxIncomingBytes, maxIncomingPerSecond),
                new Queues(maxQueuedMessages, maxQueuedBytes, whenSlow),
                heartbeatEvery,
                deadAfter,
                drainWithin,
                maxMessageBytes,
                senders);
    }

    private List<byte[]> signingKeys() {
        require(
                positionKey != null || olderKeys.isEmpty(),
                "alsoAccept(...) is for keys of earlier; give the present one with positionKey(...)");
        List<byte[]> keys = new ArrayList<>();
        keys.add(positionKey != null ? positionKey : randomKey());
        keys.addAll(olderKeys);
        for (byte[] key : keys) {
            require(
                    key.length >= SHORTEST_KEY,
                    "positionKey(...) and alsoAccept(...) need at least " + SHORTEST_KEY + " random bytes; one has "
                            + key.length);
        }
        return List.copyOf(keys);
    }

    private static byte[] randomKey() {
        LOG.info(
                "A live feed has no positionKey(...): its positions are signed with a random one and end with this process.");
        byte[] key = new byte[32];
        new SecureRandom().nextBytes(key);
        return key;
    }

    private void check() {
        require(FilterField.areDistinct(filters), "two filters have one name: " + FilterField.names(filters));
        atLeast(1_024, maxMessageBytes, "maxMessageBytes(" + maxMessageBytes + ") must be at least 1024");
        atLeast(0, bufferBytes, "bufferBytes(" + bufferBytes + ") must not be negative");
        atLeast(1, catchUpCursors, "catchUpCursors(" + catchUpCursors + ") must be at least 1");
        atLeast(1, maxClients, "maxClients(" + maxClients + ") must be at least 1");
        atLeast(1, maxClientsPerPrincipal, "maxClientsPerPrincipal(" + maxClientsPerPrincipal + ") must be at least 1");
        atLeast(1, maxIncomingBytes, "maxIncomingBytes(" + maxIncomingBytes + ") must be at least 1");
        atLeast(1, maxIncomingPerSecond, "maxIncomingPerSecond(" + maxIncomingPerSecond + ") must be at least 1");
        atLeast(1, maxQueuedMessages, "maxQueuedMessages(" + maxQueuedMessages + ") must be at least 1");
        atLeast(1, maxQueuedBytes, "maxQueuedBytes(" + maxQueuedBytes + ") must be at least 1");
        atLeast(1, senders, "senders(" + senders + ") must be at least 1");
        within(Duration.ZERO, bufferFor, "bufferFor");
        within(SHORTEST, heartbeatEvery, "heartbeatEvery");
        within(SHORTEST, deadAfter, "deadAfter");
        within(SHORTEST, drainWithin, "drainWithin");
        require(
                deadAfter.compareTo(heartbeatEvery) > 0,
                "deadAfter(" + deadAfter + ") must be longer than heartbeatEvery(" + heartbeatEvery
                        + "), or every client counts as gone before it was asked");
    }

    private static void within(Duration least, Duration given, String option) {
        require(
                given.compareTo(least) >= 0 && given.compareTo(LONGEST) <= 0,
                option + "(" + given + ") must be from " + least + " to " + LONGEST);
    }

    private static void atLeast(long least, long value, String rule) {
        require(value >= least, rule);
    }

    private static <V> V given(@Nullable V value, String rule) {
        if (value == null) {
            throw refusal(rule);
        }
        return value;
    }

    private static void require(boolean holds, String rule) {
        if (!holds) {
            throw refusal(rule);
        }
    }

    private static ConfigurationException refusal(String rule) {
        return new ConfigurationException("A live feed cannot be started: " + rule + ".", null);
    }
}
