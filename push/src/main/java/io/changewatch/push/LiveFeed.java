package io.changewatch.push;

import io.changewatch.ChangeWatcher;
import io.changewatch.ChangeWatcherBuilder;
import io.changewatch.observe.WatcherListener;
import io.changewatch.push.Admission.Reason;
import io.changewatch.push.Admission.Refused;
import io.changewatch.push.PositionSigner.Reading;
import io.changewatch.push.Standing.Place;
import java.time.Clock;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;
import org.bson.BsonString;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hands one change stream on to any number of clients: one cursor on the server, however many browsers.
 *
 * {@snippet class="io.changewatch.examples.orders.OrderFeed" region="feed"}
 *
 * <p>Each client receives, in the stream's order, the events that fulfil its own filter and that it is permitted to see. Every
 * message carries a position; who comes again with it receives everything since, without a gap or a repetition, and then
 * goes on live. A client that is too slow is ended, conflated or told of a gap, as {@link SlowClientPolicy} says, and delays
 * neither the watcher nor another client.
 *
 * <p>An adapter calls {@link #admit} before it upgrades a connection, and {@link #attach} when it is open.
 *
 * <p>Thread-safe.
 *
 * @param <T> the type documents are decoded to
 */
public final class LiveFeed<T> implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LiveFeed.class);

    private static final Refused UNDECIDED =
            new Refused(Reason.FAILED, 500, CloseCodes.INTERNAL_ERROR, "The server could not decide what to send you.");

    private final ChangeWatcher watcher;
    private final FeedOptions<T> options;
    private final FeedContext<T> context;
    private final PositionSigner signer;
    private final Reception<T> reception;
    private final FeedThreads threads;
    private final CountDownLatch ended = new CountDownLatch(1);
    private final AtomicBoolean isClosing = new AtomicBoolean();

    /**
     * Begins a feed over a watcher, of whose builder it takes a copy. The watcher needs no store; where it begins, its buffer
     * begins ({@code startFrom(StartPosition.at(..))} fills it with what happened before).
     */
    public static <T> LiveFeedBuilder<T> over(ChangeWatcherBuilder<T> watcher) {
        return new LiveFeedBuilder<>(Objects.requireNonNull(watcher, "watcher").copy());
    }

    static <T> LiveFeed<T> start(ChangeWatcherBuilder<T> builder, FeedOptions<T> options) {
        AtomicReference<@Nullable LiveFeed<T>> made = new AtomicReference<>();
        ChangeWatcher watcher = builder.copy()
                .onEvent(event ->
                        Objects.requireNonNull(made.get()).context.hub().accept(event))
                .listener(new Listener<>(made))
                .build();
        LiveFeed<T> feed = new LiveFeed<>(builder, watcher, options, System::nanoTime, Clock.systemUTC());
        made.set(feed);
        feed.begin();
        return feed;
    }

    private LiveFeed(
            ChangeWatcherBuilder<T> builder,
            ChangeWatcher watcher,
            FeedOptions<T> options,
            LongSupplier ticker,
            Clock clock) {
        String name = watcher.name();
        this.watcher = watcher;
        this.options = options;
        this.signer = new PositionSigner(name, options.signingKeys());
        this.threads = new FeedThreads(name, options.senders());
        Figures figures = new Figures(clock);
        Encoder<T> encoder = new Encoder<>(
                name,
                signer,
                options.maxMessageBytes(),
                options.fetchAt(),
                options.queues().whenSlow() == SlowClientPolicy.CONFLATE,
                figures);
        Hub<T> hub = new Hub<>(encoder, figures, ticker, options.buffer());
        CatchUps<T> catchUps = new CatchUps<>(
                hub, encoder, new SameStream<>(builder, name), options.buffer().catchUpCursors());
        this.context = new FeedContext<>(
                name,
                options,
                encoder,
                figures,
                hub,
                catchUps,
                new Seats(options.clients()),
                threads,
                ticker,
                clock,
                () -> watcher.state().name());
        this.reception = new Reception<>(context, watcher, isClosing::get);
    }

    private void begin() {
        try {
            watcher.start();
        } catch (RuntimeException e) {
            close();
            throw e;
        }
        threads.repeat(options.heartbeatEvery(), this::beat);
    }

    private void beat() {
        context.hub().evict();
        long nanos = context.nanos();
        context.hub().clients().forEach(client -> beat(client, nanos));
    }

    private void beat(Connection<T> client, long nanos) {
        try {
            client.beat(nanos);
        } catch (RuntimeException | Error e) { // or there would be no other heartbeat
            LOG.error("[{}] A client's heartbeat failed.", context.name(), e);
        }
    }

    /**
     * Decides over a request, before the connection is upgraded: origin, authentication, filters, limits.
     *
     * <p>A place among the clients is taken by {@link #attach} only, which looks again.
     */
    public Admission admit(Handshake handshake) {
        return reception.admit(Objects.requireNonNull(handshake, "handshake"));
    }

    /**
     * Attaches a client whose connection is open: it is greeted, caught up if it named a position, and then receives events
     * until one side ends it. If it cannot be taken any more, it is turned away as {@link #refuse} does.
     *
     * @return what the adapter tells about the client from now on
     */
    public FeedSession attach(ClientRequest request, FeedClient client) {
        Objects.requireNonNull(request, "request");
        Objects.requireNonNull(client, "client");
        Optional<Refused> refusal = reception.takeSeat(request.principal());
        if (refusal.isPresent()) {
            refuse(refusal.get(), request.transport(), client);
            return Absent.INSTANCE;
        }
        Payload<T> payload;
        try {
            payload = Objects.requireNonNull(options.payloadFor().apply(request.principal()), "payloadFor");
        } catch (RuntimeException | Error e) { // the application's
            context.seats().free(request.principal());
            LOG.warn("[{}] payloadFor(...) failed; its client is closed.", context.name(), e);
            refuse(UNDECIDED, request.transport(), client);
            return Absent.INSTANCE;
        }
        return attached(request, client, payload);
    }

    private FeedSession attached(ClientRequest request, FeedClient client, Payload<T> payload) {
        Reading reading = request.after().map(this::read).orElse(null);
        GapReason gap = reading instanceof Reading.Forged
                ? GapReason.POSITION_INVALID
                : reading instanceof Reading.Foreign ? GapReason.POSITION_FOREIGN : null;
        Connection<T> connection = new Connection<>(context, request, client, payload, place(reading));
        connection.greet(gap);
        context.figures().attached.increment();
        context.hub().arrived(connection);
        connection.begin();
        if (isClosing.get() || watcher.state().isTerminal()) { // since it was looked at
            sayGoodbye(connection);
        }
        return connection;
    }

    /** Only tokens with a text have an order, by which a client is continued; all of MongoDB's own have. */
    private Reading read(String position) {
        Reading reading = signer.read(position);
        boolean hasNoOrder = reading instanceof Reading.Valid valid
                && !(valid.token().value().get("_data") instanceof BsonString);
        return hasNoOrder ? new Reading.Forged() : reading;
    }

    private Place place(@Nullable Reading reading) {
        if (reading instanceof Reading.Valid valid) {
            return new Place(context.hub().sequenceAt(valid.token()), valid.token(), true);
        }
        var now = context.hub().progress();
        return new Place(now.sequence(), now.position(), false);
    }

    /** Turns away a client whose connection is open: a {@code closing} message with the whole text, then the close code. */
    public void refuse(Refused refused, Transport transport, FeedClient client) {
        reception.refuse(refused, transport, client);
    }

    /** The watcher that the feed stands on: its state, its figures, its failure. */
    public ChangeWatcher watcher() {
        return watcher;
    }

    /** What the feed has done so far. */
    public FeedStats stats() {
        Figures figures = context.figures();
        long messages = 0;
        long bytes = 0;
        int longest = 0;
        for (Connection<T> client : context.hub().clients()) {
            long[] waiting = client.waiting();
            messages += waiting[0];
            bytes += waiting[1];
            longest = Math.max(longest, (int) waiting[0]);
        }
        int[] catchUps = context.catchUps().counts();
        long[] held = context.hub().held();
        return new FeedStats(
                watcher.state(),
                context.seats().taken(),
                figures.attached.sum(),
                figures.refused(),
                figures.events.sum(),
                figures.sent.sum(),
                figures.sentBytes.sum(),
                figures.dropped.sum(),
                figures.conflated.sum(),
                figures.oversize.sum(),
                figures.replayedFromBuffer.sum(),
                figures.replayedFromServer.sum(),
                figures.gaps.sum(),
                figures.slow.sum(),
                figures.dead.sum(),
                messages,
                bytes,
                longest,
                catchUps[0],
                catchUps[1],
                (int) held[0],
                held[1],
                figures.latency.snapshot());
    }

    /**
     * Ends the feed: refuses new clients, closes the watcher, sends what is queued, tells every client to come again
     * ({@code closing}, then 1012), and ends its threads. Takes at most the watcher's {@code closeWithin} and
     * {@link LiveFeedBuilder#drainWithin}. A second call waits for the first.
     */
    @Override
    public void close() {
        try {
            if (isClosing.getAndSet(true)) {
                ended.await();
            } else {
                end();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void end() throws InterruptedException {
        try {
            drain();
            awaitThreads();
        } finally {
            ended.countDown();
        }
    }

    private void drain() throws InterruptedException {
        try {
            watcher.close();
            context.hub().clients().forEach(this::sayGoodbye);
            context.seats().awaitEmpty(options.drainWithin().toNanos());
        } finally {
            context.hub().clients().forEach(Connection::abandon);
            context.catchUps().cancel();
            threads.stop();
        }
    }

    private void awaitThreads() throws InterruptedException {
        boolean idle = threads.awaitEnd(Duration.ofSeconds(1));
        boolean noCursor = context.catchUps().awaitEnd(TimeUnit.SECONDS.toNanos(2));
        LOG.info(
                "[{}] The feed has ended{}{}.",
                context.name(),
                idle ? "" : "; a client's send(..) has not returned yet",
                noCursor ? "" : "; a catch-up cursor is still being closed");
    }

    private void sayGoodbye(Connection<T> client) {
        if (isClosing.get()) {
            client.end(CloseCodes.SERVICE_RESTART, "The service restarts. Come again with your position.", false);
        } else {
            client.end(CloseCodes.INTERNAL_ERROR, "The feed has failed. Come again later with your position.", false);
        }
    }

    /** Carries what the watcher tells to the hub. */
    private record Listener<T>(AtomicReference<@Nullable LiveFeed<T>> feed) implements WatcherListener {

        @Override
        public void positionMoved(PositionMoved notice) {
            Objects.requireNonNull(feed.get()).context.hub().moved(notice.position(), notice.clusterTime());
        }

        @Override
        public void stateChanged(StateChanged notice) {
            LiveFeed<T> known = feed.get();
            if (notice.to().isTerminal() && known != null && !known.isClosing.get()) {
                known.context.hub().clients().forEach(known::sayGoodbye);
            }
        }
    }

    /** What is told about a client that was turned away. */
    private enum Absent implements FeedSession {
        INSTANCE;

        @Override
        public void received(String text) {
            // It is being closed.
        }

        @Override
        public void receivedBinary() {
            // It is being closed.
        }

        @Override
        public void pong() {
            // It is being closed.
        }

        @Override
        public void closed() {
            // Nothing is held of it.
        }
    }
}
