package io.changewatch.push;

import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.bson.BsonDocument;

/**
 * A client that remembers what it was sent, takes it at once or when it is let, and how it was closed.
 *
 * <p>Thread-safe.
 */
final class RecordingClient implements FeedClient {
    private static final Duration LIMIT = Duration.ofMinutes(1);

    private final List<String> texts = new CopyOnWriteArrayList<>();
    private final List<String> closings = new CopyOnWriteArrayList<>();
    private final List<CompletableFuture<Void>> held = new ArrayList<>();
    private final AtomicInteger pings = new AtomicInteger();
    private final AtomicInteger inFlight = new AtomicInteger();
    private final AtomicInteger mostInFlight = new AtomicInteger();
    private boolean holding; // guarded by held
    private volatile boolean answersPings = true;
    private volatile boolean failing;

    @Override
    public CompletionStage<?> send(String text) {
        mostInFlight.accumulateAndGet(inFlight.incrementAndGet(), Math::max);
        texts.add(text);
        if (failing) {
            throw new IllegalStateException("the connection is broken");
        }
        synchronized (held) {
            CompletableFuture<Void> taken = new CompletableFuture<>();
            if (holding) {
                held.add(taken);
                return taken.whenComplete((done, failure) -> inFlight.decrementAndGet());
            }
        }
        inFlight.decrementAndGet();
        return CompletableFuture.completedFuture(null);
    }

    @Override
    public void close(int code, String reason) {
        closings.add(code + " " + reason);
    }

    @Override
    public boolean ping() {
        pings.incrementAndGet();
        return answersPings;
    }

    /** A client that cannot be asked. */
    RecordingClient withoutPings() {
        answersPings = false;
        return this;
    }

    /** From now on a send does not end. */
    RecordingClient holds() {
        synchronized (held) {
            holding = true;
        }
        return this;
    }

    /** From now on a send fails. */
    RecordingClient fails() {
        failing = true;
        return this;
    }

    /** Lets every send end, those of now and of later. */
    void takes() {
        List<CompletableFuture<Void>> waiting;
        synchronized (held) {
            holding = false;
            waiting = List.copyOf(held);
            held.clear();
        }
        waiting.forEach(one -> one.complete(null));
    }

    List<String> texts() {
        return texts;
    }

    List<BsonDocument> messages() {
        return texts.stream().map(BsonDocument::parse).toList();
    }

    List<BsonDocument> messages(String type) {
        return messages().stream().filter(message -> type(message).equals(type)).toList();
    }

    List<String> types() {
        return messages().stream().map(RecordingClient::type).toList();
    }

    private static String type(BsonDocument message) {
        return message.getString("type").getValue();
    }

    /** The newest position. */
    String position() {
        List<BsonDocument> all = messages();
        for (int i = all.size() - 1; i >= 0; i--) {
            if (all.get(i).containsKey("position")) {
                return all.get(i).getString("position").getValue();
            }
        }
        throw new AssertionError("no position in " + texts);
    }

    List<String> closings() {
        return closings;
    }

    int pings() {
        return pings.get();
    }

    int mostInFlight() {
        return mostInFlight.get();
    }

    RecordingClient awaits(String type, int count) {
        await().pollInterval(Duration.ofMillis(5))
                .atMost(LIMIT)
                .until(() -> messages(type).size() >= count);
        return this;
    }

    RecordingClient awaitsClose() {
        await().pollInterval(Duration.ofMillis(5)).atMost(LIMIT).until(() -> !closings.isEmpty());
        return this;
    }
}
