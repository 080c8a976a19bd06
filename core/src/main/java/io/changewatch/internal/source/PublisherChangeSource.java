package io.changewatch.internal.source;

import com.mongodb.ReadPreference;
import com.mongodb.reactivestreams.client.MongoClient;
import io.changewatch.StartPosition;
import org.bson.BsonTimestamp;
import org.jspecify.annotations.Nullable;

/**
 * Reads change streams through the driver's publisher, whose cursor stays with its server: for several mongos, a load balancer
 * and reads from secondaries, where a getMore sent as a command of its own could reach another server.
 *
 * <p>The publisher tells neither when it is open nor its position. So a look beside it comes first: its answer is the
 * server's word on the configuration, and the position to begin at. {@link PublisherChangeCursor} says what looks do later.
 *
 * <p>How long a server may be silent:
 * <pre>
 * looking for a server   the client's serverSelectionTimeout, which the driver keeps: a MongoTimeoutException
 * look at the opening    unresponsiveAfter, from when a server is known, doubled as {@link Watchdog} says: a StalledStreamException
 * look while quiet       maxAwait + unresponsiveAfter, doubled likewise: a StalledStreamException
 * event seen by a look   the same, from when the look was answered
 * </pre>
 * After a StalledStreamException the next {@link #open} first looks for a connection that answers: see {@link ConnectionProbe}.
 * The client being closed is a {@link ClientClosedException}.
 *
 * <p>Thread-safe, but one thread opens at a time.
 */
public final class PublisherChangeSource implements ChangeSource {
    private final MongoClient client;
    private final ReadPreference preference;
    private final SourceSettings settings;
    private final Watchdog watchdog;
    private final ClusterQuestions questions;
    private final ReplyWaiter waiter = new ReplyWaiter();
    private final Patience patience;
    private volatile @Nullable PublisherChangeCursor last;

    /** A source on the application's client, which stays the application's to close; it reads with the client's read preference. */
    public PublisherChangeSource(MongoClient client, SourceSettings settings) {
        this.client = client;
        this.preference = client.getReadPreference();
        this.settings = settings;
        this.watchdog = new Watchdog(settings.maxAwait(), settings.unresponsiveAfter());
        this.patience = new Patience(waiter, watchdog);
        this.questions = new ClusterQuestions(client, preference, watchdog::questionLimit);
    }

    @Override
    public ChangeCursor open(StartPosition position) throws InterruptedException {
        if (waiter.isClosed()) {
            throw new CursorClosedException();
        }
        if (watchdog.isSuspicious()) {
            new ConnectionProbe(client, preference).run(waiter, watchdog.probeLimit());
        }
        StreamDoor door = new DriverDoor(client, preference, settings);
        CursorReply opening = patience.await(
                door.look(position, 0, watchdog.openLimit()),
                "The aggregate on " + door.description(),
                Patience.onceTrue(door::knowsServer));
        PublisherChangeCursor cursor =
                new PublisherChangeCursor(door, watchdog, settings, position, opening).begin(waiter);
        last = cursor;
        return cursor;
    }

    @Override
    public ClusterFacts facts() throws InterruptedException {
        return patience.await(questions.facts(), "The question which cluster this is", this::knowsServer);
    }

    @Override
    public BsonTimestamp oldestEntry() throws InterruptedException {
        return patience.await(questions.oldestEntry(), "The query for the oplog's oldest entry", this::knowsServer);
    }

    private boolean knowsServer() {
        return Servers.knows(client, preference);
    }

    /**
     * Waits until the driver has ended its cursor, for whoever closes the client next: the driver tells nobody, and does it when the
     * getMore in flight is answered.
     */
    public void awaitEnd() throws InterruptedException {
        PublisherChangeCursor present = last;
        if (present != null) {
            present.awaitEnd();
        }
    }

    /** How many commands were given up and still keep a connection, until their socket ends. */
    public int stuckCommands() {
        return watchdog.stuckCommands();
    }

    @Override
    public void close() {
        waiter.close();
    }
}
