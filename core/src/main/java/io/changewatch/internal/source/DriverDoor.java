package io.changewatch.internal.source;

import static org.bson.codecs.configuration.CodecRegistries.fromCodecs;
import static org.bson.codecs.configuration.CodecRegistries.fromRegistries;

import com.mongodb.MongoCommandException;
import com.mongodb.ReadConcern;
import com.mongodb.ReadPreference;
import com.mongodb.reactivestreams.client.AggregatePublisher;
import com.mongodb.reactivestreams.client.ClientSession;
import com.mongodb.reactivestreams.client.MongoClient;
import com.mongodb.reactivestreams.client.MongoDatabase;
import io.changewatch.StartPosition;
import io.changewatch.event.Namespace;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.bson.BsonDocument;
import org.bson.BsonInt64;
import org.bson.RawBsonDocument;
import org.bson.codecs.configuration.CodecRegistry;
import org.reactivestreams.Publisher;

/**
 * A stream through the driver.
 *
 * <p>Its {@code aggregate} and not its {@code watch}: that one opens itself again behind the watcher's back, without a pause,
 * hides the error, and asks for {@code resumeAfter} where only {@code startAfter} is valid. The cursor is the same.
 *
 * <p>A client's own {@code timeoutMS} and {@code socketTimeoutMS} are switched off, as they would end a getMore that waits or
 * scans for longer. The driver then sends no await time, and the server takes its own, of 1 s. The server selection's
 * time-out stays.
 *
 * <p>Thread-safe, but one thread looks at a time.
 */
final class DriverDoor implements StreamDoor {
    private static final CodecRegistry REPLY_CODEC = fromCodecs(new ServerReply.ReplyCodec());
    private static final Duration A_MOMENT = Duration.ofSeconds(1);
    private static final Duration PATIENCE_WHEN_KILLING = Duration.ofSeconds(2);

    private final MongoClient client;
    private final ReadPreference preference;
    private final SourceSettings settings;
    private final StreamCommands commands;
    private final MongoDatabase untimed;
    private final CursorHunt hunt;
    private final AtomicInteger strays = new AtomicInteger();
    private volatile CompletableFuture<?> tidied = CompletableFuture.completedFuture(true);

    DriverDoor(MongoClient client, ReadPreference preference, SourceSettings settings) {
        this.client = client;
        this.preference = preference;
        this.settings = settings;
        this.commands = new StreamCommands(settings);
        MongoDatabase target = client.getDatabase(commands.database());
        this.untimed = target.withTimeout(0, TimeUnit.MILLISECONDS)
                .withReadPreference(preference)
                .withReadConcern(ReadConcern.MAJORITY)
                .withCodecRegistry(fromRegistries(REPLY_CODEC, target.getCodecRegistry()));
        MongoDatabase timed = target.withTimeout(PATIENCE_WHEN_KILLING.toMillis(), TimeUnit.MILLISECONDS);
        this.hunt = new CursorHunt(
                this::knowsServer,
                command -> FirstElement.of(() -> timed.runCommand(command, preference, BsonDocument.class)));
    }

    @Override
    public Publisher<RawBsonDocument> events(StartPosition position) {
        AggregatePublisher<RawBsonDocument> events =
                aggregate(commands.stages(position)).batchSize(settings.batchSize());
        settings.collation().ifPresent(events::collation);
        settings.comment().ifPresent(events::comment);
        return events;
    }

    private AggregatePublisher<RawBsonDocument> aggregate(List<BsonDocument> stages) {
        return settings.scope()
                .flatMap(Namespace::collection)
                .map(name -> untimed.getCollection(name).aggregate(stages, RawBsonDocument.class))
                .orElseGet(() -> untimed.aggregate(stages, RawBsonDocument.class));
    }

    /** Each has a session of its own: a cursor that cannot be killed ends with it. */
    @Override
    public CompletableFuture<CursorReply> look(StartPosition position, int events, Duration within) {
        BsonDocument command = commands.aggregate(position, events)
                .append("maxTimeMS", new BsonInt64(within.plus(A_MOMENT).toMillis()));
        CompletableFuture<ClientSession> session = Sessions.start(client);
        CompletableFuture<CursorReply> reply = session.thenCompose(
                        open -> FirstElement.of(() -> untimed.runCommand(open, command, preference, ServerReply.class)))
                .thenApply(CursorReply::read);
        CompletableFuture<?> end = reply.thenCompose(this::kill)
                .exceptionally(DriverDoor::isWithoutCursor)
                .thenCombine(session, this::leave)
                .handle((left, failure) -> true);
        tidied = CompletableFuture.allOf(tidied, end);
        return reply;
    }

    private CompletableFuture<Boolean> kill(CursorReply look) {
        return look.isLast()
                ? CompletableFuture.completedFuture(true)
                : hunt.end(commands.killCursors(look)).whenComplete((killed, failure) -> count(killed));
    }

    private void count(boolean killed) {
        strays.updateAndGet(present -> killed ? 0 : present + 1);
    }

    /** What a server refuses it has not opened; of what was lost on the way, nobody knows. */
    private static boolean isWithoutCursor(Throwable failure) {
        Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
        return cause instanceof MongoCommandException;
    }

    private boolean leave(boolean killed, ClientSession session) {
        if (killed) {
            Sessions.giveBack(session);
        } else {
            Sessions.end(client, session, preference);
        }
        return killed;
    }

    @Override
    public int strays() {
        return strays.get();
    }

    @Override
    public boolean answers(Duration within) throws InterruptedException {
        return new ConnectionProbe(client, preference).run(new ReplyWaiter(), within);
    }

    @Override
    public CompletableFuture<?> tidied() {
        return tidied;
    }

    @Override
    public boolean knowsServer() {
        return Servers.knows(client, preference);
    }

    @Override
    public String description() {
        return commands.target() + " at " + Servers.describe(client, preference);
    }
}
