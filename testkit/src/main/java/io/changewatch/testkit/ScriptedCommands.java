package io.changewatch.testkit;

import com.mongodb.MongoException;
import io.changewatch.testkit.model.ReplicaSetModel;
import io.changewatch.testkit.model.Reply;
import io.changewatch.testkit.model.RequestReader;
import io.changewatch.testkit.model.ServerErrors;
import io.changewatch.testkit.model.StreamCursor;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.bson.BsonArray;
import org.bson.BsonDocument;
import org.bson.BsonDouble;
import org.bson.BsonInt32;
import org.bson.BsonInt64;
import org.bson.BsonNull;
import org.bson.BsonString;
import org.bson.BsonValue;
import org.jspecify.annotations.Nullable;

/**
 * Answers the commands of change streams from the model, on a thread of its own, as a driver does.
 *
 * <p>Everything here happens on that thread, so that nothing is guarded; others hand it work.
 */
final class ScriptedCommands implements AutoCloseable {
    private static final Set<String> KNOWN =
            Set.of("aggregate", "getMore", "killCursors", "endSessions", "ping", "hello", "replSetGetConfig");
    private static final String SET_NAME = "scripted";
    private static final int DEFAULT_BATCH = 1_000;
    private static final long DEFAULT_AWAIT_MILLIS = 1_000;

    private final ReplicaSetModel model;
    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(work -> {
        Thread made = new Thread(work, "scripted-replica-set");
        made.setDaemon(true);
        own = made;
        return made;
    });

    private volatile @Nullable Thread own;
    private final Map<Long, Stream> streams = new HashMap<>();
    private final Queue<MongoException> nextFailures = new ArrayDeque<>();
    private long lastCursor;

    ScriptedCommands(ReplicaSetModel model) {
        this.model = model;
    }

    /** An open stream, and the getMore that waits on it. */
    private static final class Stream {
        private final StreamCursor cursor;
        private final String namespace;
        private @Nullable CompletableFuture<BsonDocument> waiting;
        private int batchSize;

        Stream(StreamCursor cursor, String namespace) {
            this.cursor = cursor;
            this.namespace = namespace;
        }
    }

    /** Does something with the model, and waits for it; who waits for events may have some then. */
    void run(Runnable work) {
        if (Thread.currentThread() == own) { // a transaction's write
            work.run();
        } else {
            await(CompletableFuture.runAsync(() -> runHere(work), thread));
        }
    }

    private void runHere(Runnable work) {
        work.run();
        answerWaiting();
    }

    private static void await(CompletableFuture<?> done) {
        try {
            done.join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof RuntimeException unchecked ? unchecked : e;
        }
    }

    /** What the server does by itself, again and again, until the end. */
    void every(Duration time, Runnable work) {
        var unused = thread.scheduleAtFixedRate(
                () -> runHere(work), time.toMillis(), time.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** How many streams are open. */
    int openStreams() {
        return CompletableFuture.supplyAsync(streams::size, thread).join();
    }

    /** Open streams fail, and the next attempt to open one does. */
    void failStreams(MongoException error) {
        boolean hadStreams = !streams.isEmpty();
        model.failCursors(error);
        answerWaiting();
        if (hadStreams) {
            nextFailures.add(error);
        }
    }

    /** The next command of a stream fails; one that waits does so now. */
    void failNext(MongoException error) {
        run(() -> nextFailures.add(error));
    }

    /** Whether it answers this command: those of a watcher. */
    static boolean knows(String database, BsonDocument command) {
        return KNOWN.contains(command.getFirstKey())
                || (database.equals("local")
                        && command.get("find", BsonNull.VALUE).equals(new BsonString("oplog.rs")));
    }

    /** Answers a command; the future is completed on this server's thread. */
    CompletableFuture<BsonDocument> answer(String database, BsonDocument command) {
        CompletableFuture<BsonDocument> answer = new CompletableFuture<>();
        thread.execute(() -> {
            try {
                answer(database, command, answer);
            } catch (RuntimeException e) {
                answer.completeExceptionally(e);
            }
        });
        return answer;
    }

    private void answer(String database, BsonDocument command, CompletableFuture<BsonDocument> answer) {
        switch (command.getFirstKey()) {
            case "aggregate" -> answer.complete(open(database, command));
            case "getMore" -> getMore(command, answer);
            case "killCursors" -> {
                List<BsonValue> killed = command.getArray("cursors").stream()
                        .filter(id -> kill(id.asInt64().getValue()))
                        .toList();
                answer.complete(ok(new BsonDocument("cursorsKilled", new BsonArray(killed))));
            }
            case "hello" -> answer.complete(hello());
            case "find" -> answer.complete(oldestEntry());
            case "replSetGetConfig" -> throw ServerErrors.command(13, "Unauthorized", "not authorized on admin");
            default -> answer.complete(ok(new BsonDocument())); // a ping
        }
    }

    private BsonDocument hello() {
        return ok(new BsonDocument("setName", new BsonString(SET_NAME))
                .append("operationTime", model.oplog().lastTime()));
    }

    /** Of all that can be found on a server, only the beginning of its oplog is here. */
    private BsonDocument oldestEntry() {
        BsonDocument entry = new BsonDocument("ts", model.oplog().oldestTime());
        if (!model.oplog().hasRolledOver()) {
            entry.append("o", new BsonDocument("msg", new BsonString("initiating set")));
        }
        BsonDocument cursor = new BsonDocument("id", new BsonInt64(0))
                .append("ns", new BsonString("local.oplog.rs"))
                .append("firstBatch", new BsonArray(List.of(entry)));
        return ok(new BsonDocument("cursor", cursor)
                .append("operationTime", model.oplog().lastTime()));
    }

    private static BsonDocument ok(BsonDocument reply) {
        return reply.append("ok", new BsonDouble(1));
    }

    private BsonDocument open(String database, BsonDocument aggregate) {
        throwNextFailure();
        StreamCursor cursor = model.open(RequestReader.read(database, aggregate));
        String collection = aggregate.get("aggregate") instanceof BsonString name ? name.getValue() : "$cmd.aggregate";
        Stream stream = new Stream(cursor, database + "." + collection);
        streams.put(++lastCursor, stream);
        return reply(lastCursor, stream, cursor.opening(), "firstBatch");
    }

    private void throwNextFailure() {
        MongoException failure = nextFailures.poll();
        if (failure != null) {
            throw failure;
        }
    }

    private void getMore(BsonDocument command, CompletableFuture<BsonDocument> answer) {
        long id = command.getInt64("getMore").getValue();
        Stream stream = streams.get(id);
        if (stream == null) {
            throw ServerErrors.noCursor(id);
        }
        stream.waiting = answer;
        stream.batchSize =
                command.getInt32("batchSize", new BsonInt32(DEFAULT_BATCH)).getValue();
        long await = command.getInt64("maxTimeMS", new BsonInt64(DEFAULT_AWAIT_MILLIS))
                .getValue();
        var unused = thread.schedule(() -> answer(id, stream, answer), await, TimeUnit.MILLISECONDS);
        answerWaiting();
    }

    /** After each change, those who wait for it. */
    private void answerWaiting() {
        List.copyOf(streams.entrySet()).forEach(open -> {
            Stream stream = open.getValue();
            if (stream.waiting != null && (!nextFailures.isEmpty() || stream.cursor.isReady())) {
                answer(open.getKey(), stream, stream.waiting);
            }
        });
    }

    private void answer(long id, Stream stream, CompletableFuture<BsonDocument> answer) {
        if (stream.waiting != answer) {
            return; // it has been answered
        }
        stream.waiting = null;
        try {
            throwNextFailure();
            Reply reply = stream.cursor.read(stream.batchSize);
            if (reply.isExhausted()) {
                forget(id);
            }
            answer.complete(reply(reply.isExhausted() ? 0 : id, stream, reply, "nextBatch"));
        } catch (RuntimeException e) {
            forget(id);
            answer.completeExceptionally(e);
        }
    }

    /** Whether there was one. */
    private boolean kill(long id) {
        Stream killed = forget(id);
        if (killed != null && killed.waiting != null) {
            killed.waiting.completeExceptionally(ServerErrors.command(237, "CursorKilled", "cursor was killed"));
        }
        return killed != null;
    }

    private @Nullable Stream forget(long id) {
        Stream forgotten = streams.remove(id);
        if (forgotten != null) {
            model.close(forgotten.cursor);
        }
        return forgotten;
    }

    private static BsonDocument reply(long id, Stream stream, Reply reply, String batchName) {
        BsonDocument cursor = new BsonDocument("id", new BsonInt64(id))
                .append("ns", new BsonString(stream.namespace))
                .append(batchName, new BsonArray(reply.events()))
                .append("postBatchResumeToken", reply.positionAfter());
        return ok(new BsonDocument("cursor", cursor).append("operationTime", reply.operationTime()));
    }

    /** Nobody is answered any more. */
    @Override
    public void close() {
        thread.execute(() -> {
            List.copyOf(streams.keySet()).forEach(this::kill);
        });
        thread.shutdown(); // what happens again and again ends, too
    }
}
