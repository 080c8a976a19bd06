package io.changewatch.it;

import static java.util.Objects.requireNonNull;

import com.mongodb.event.CommandFailedEvent;
import com.mongodb.event.CommandListener;
import com.mongodb.event.CommandStartedEvent;
import com.mongodb.event.CommandSucceededEvent;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.bson.BsonDocument;

/** Keeps the commands that a client sent. Thread-safe. */
final class RecordedCommands implements CommandListener {
    private final List<BsonDocument> started = new CopyOnWriteArrayList<>();
    private final AtomicInteger inFlight = new AtomicInteger();

    @Override
    public void commandStarted(CommandStartedEvent event) {
        inFlight.incrementAndGet();
        started.add(requireNonNull(event.getCommand()).clone());
    }

    @Override
    public void commandSucceeded(CommandSucceededEvent event) {
        inFlight.decrementAndGet();
    }

    @Override
    public void commandFailed(CommandFailedEvent event) {
        inFlight.decrementAndGet();
    }

    /** All of one name, in the order in which they were sent. */
    List<BsonDocument> named(String name) {
        return started.stream()
                .filter(command -> command.getFirstKey().equals(name))
                .toList();
    }

    /** How many were sent. */
    int count() {
        return started.size();
    }

    int inFlight() {
        return inFlight.get();
    }
}
