package io.changewatch.push;

import io.changewatch.ChangeWatcher;
import io.changewatch.event.ChangeEvent;
import io.changewatch.event.ResumeToken;
import io.changewatch.pipeline.Condition;
import io.changewatch.push.Standing.Place;
import java.nio.charset.StandardCharsets;
import java.security.Principal;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.bson.BsonTimestamp;
import org.bson.Document;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;

/**
 * A feed without a server: the test is the watcher's thread, the sender's threads, the clock and the catch-up cursors.
 *
 * <p>Not thread-safe.
 */
final class FeedSetup {
    static final Principal ANN = () -> "ann";
    private static final byte[] KEY = "a key of at least 16 bytes".getBytes(StandardCharsets.UTF_8);

    final PositionSigner signer = new PositionSigner("orders", List.of(KEY));
    final Figures figures = new Figures(Clock.fixed(Instant.ofEpochSecond(1_000_000), ZoneOffset.UTC));
    final Queue<Runnable> tasks = new ArrayDeque<>();
    final List<Cursor> cursors = new ArrayList<>();
    final Hub<Document> hub;
    final CatchUps<Document> catchUps;
    final Seats seats;
    final FeedContext<Document> context;
    /** What happens right after somebody has arrived. */
    Runnable whenArrived = () -> {};

    long nanos;

    FeedSetup() {
        this(builder -> builder);
    }

    FeedSetup(UnaryOperator<LiveFeedBuilder<Document>> tuning) {
        FeedOptions<Document> options = tuning.apply(LiveFeed.over(
                                ChangeWatcher.connect("mongodb://localhost").collection("shop", "orders"))
                        .payload(Payload.fields("userId"))
                        .positionKey(KEY)
                        .visibleToAll())
                .options();
        Encoder<Document> encoder = new Encoder<>(
                "orders",
                signer,
                options.maxMessageBytes(),
                options.fetchAt(),
                options.queues().whenSlow() == SlowClientPolicy.CONFLATE,
                figures);
        hub = new Hub<>(encoder, figures, () -> nanos, options.buffer());
        catchUps = new CatchUps<>(hub, encoder, this::open, options.buffer().catchUpCursors());
        seats = new Seats(options.clients());
        context = new FeedContext<>(
                "orders",
                options,
                encoder,
                figures,
                hub,
                catchUps,
                seats,
                tasks::add,
                () -> nanos,
                Clock.fixed(Instant.ofEpochSecond(2_000_000), ZoneOffset.UTC),
                () -> "RUNNING");
    }

    /** The stream is open, right before the event at this second. */
    FeedSetup opened(int second) {
        hub.moved(Events.highWater(second), Events.time(second));
        return this;
    }

    void accept(int... seconds) {
        for (int second : seconds) {
            hub.accept(Events.insert(second));
        }
    }

    /** Runs what the senders have to do, and what comes of that, until there is nothing. */
    void send() {
        while (!tasks.isEmpty()) {
            tasks.remove().run();
        }
    }

    Connection<Document> attach(FeedClient client) {
        return attach(client, ClientRequest.of(ANN, Transport.WEB_SOCKET));
    }

    Connection<Document> attach(FeedClient client, Condition condition) {
        return attach(client, ClientRequest.of(ANN, Transport.WEB_SOCKET).where(condition));
    }

    Connection<Document> attach(FeedClient client, ClientRequest request) {
        Progress now = hub.progress();
        return attach(client, request, new Place(now.sequence(), now.position(), false));
    }

    /** A client that comes again after a position. */
    Connection<Document> resume(FeedClient client, ResumeToken after) {
        return resume(client, after, ClientRequest.of(ANN, Transport.WEB_SOCKET));
    }

    Connection<Document> resume(FeedClient client, ResumeToken after, Condition condition) {
        return resume(client, after, ClientRequest.of(ANN, Transport.WEB_SOCKET).where(condition));
    }

    private Connection<Document> resume(FeedClient client, ResumeToken after, ClientRequest request) {
        return attach(client, request, new Place(hub.sequenceAt(after), after, true));
    }

    private Connection<Document> attach(FeedClient client, ClientRequest request, Place place) {
        seats.take(request.principal());
        Connection<Document> connection = new Connection<>(
                context, request, client, context.options().payloadFor().apply(request.principal()), place);
        connection.greet(null);
        hub.arrived(connection);
        whenArrived.run();
        connection.begin();
        return connection;
    }

    ResumeToken read(String position) {
        return signer.read(position) instanceof PositionSigner.Reading.Valid valid ? valid.token() : fail(position);
    }

    private static ResumeToken fail(String position) {
        throw new AssertionError("not a position: " + position);
    }

    void pass(Duration time) {
        nanos += time.toNanos();
    }

    private Publisher<ChangeEvent<Document>> open(
            ResumeToken after, BiConsumer<ResumeToken, BsonTimestamp> moved, Consumer<Optional<Throwable>> ended) {
        Cursor cursor = new Cursor(after, moved, ended);
        cursors.add(cursor);
        return cursor;
    }

    /** A catch-up cursor, which sends what the test says, when the test says. */
    static final class Cursor implements Publisher<ChangeEvent<Document>>, Subscription {
        private final ResumeToken after;
        private final BiConsumer<ResumeToken, BsonTimestamp> moved;
        private final Consumer<Optional<Throwable>> ended;
        private Subscriber<? super ChangeEvent<Document>> subscriber;
        private long demand;
        private boolean isCancelled;

        private Cursor(
                ResumeToken after, BiConsumer<ResumeToken, BsonTimestamp> moved, Consumer<Optional<Throwable>> ended) {
            this.after = after;
            this.moved = moved;
            this.ended = ended;
        }

        @Override
        public void subscribe(Subscriber<? super ChangeEvent<Document>> given) {
            subscriber = given;
            given.onSubscribe(this);
        }

        @Override
        public void request(long n) {
            demand += n;
        }

        @Override
        public void cancel() {
            isCancelled = true;
        }

        ResumeToken after() {
            return after;
        }

        boolean isCancelled() {
            return isCancelled;
        }

        long demand() {
            return demand;
        }

        void sends(ChangeEvent<Document> event) {
            if (demand <= 0) {
                throw new AssertionError("sent without demand");
            }
            demand--;
            subscriber.onNext(event);
        }

        void moves(ResumeToken position, BsonTimestamp time) {
            moved.accept(position, time);
        }

        void fails(Throwable failure) {
            ended.accept(Optional.of(failure)); // a watcher's state comes before its subscriber
            subscriber.onError(failure);
        }

        /** Nothing of it is left. */
        void ends() {
            ended.accept(Optional.empty());
        }
    }
}
