package io.changewatch.internal.source;

import com.mongodb.ReadPreference;
import com.mongodb.reactivestreams.client.MongoClient;
import io.changewatch.StartPosition;
import io.changewatch.StreamSource;
import java.util.function.Consumer;
import org.bson.BsonTimestamp;

/**
 * Decides at each opening which source reads, as the client's servers may be others by then.
 *
 * <p>Thread-safe, but one thread opens at a time.
 */
public final class ChosenChangeSource implements ChangeSource {
    private final MongoClient client;
    private final StreamSource asked;
    private final Consumer<StreamChoice> told;
    private final CommandChangeSource commands;
    private final PublisherChangeSource publisher;

    /**
     * A source on the application's client, which stays the application's to close.
     *
     * @param told is told the choice at each opening, on the opening thread
     */
    public ChosenChangeSource(
            MongoClient client, SourceSettings settings, StreamSource asked, Consumer<StreamChoice> told) {
        this.client = client;
        this.asked = asked;
        this.told = told;
        this.commands = new CommandChangeSource(client, settings);
        this.publisher = new PublisherChangeSource(client, settings);
    }

    /** With which read preference a watcher asks about its cluster. */
    public static ReadPreference readPreference(MongoClient client, StreamSource asked) {
        return asked == StreamSource.COMMANDS ? ReadPreference.primary() : client.getReadPreference();
    }

    @Override
    public ChangeCursor open(StartPosition position) throws InterruptedException {
        StreamChoice choice = choice();
        told.accept(choice);
        return (choice.source() == StreamSource.PUBLISHER ? publisher : commands).open(position);
    }

    private StreamChoice choice() {
        try {
            return StreamChoice.of(asked, client.getReadPreference(), client.getClusterDescription());
        } catch (IllegalStateException closed) {
            throw new ClientClosedException(closed);
        }
    }

    @Override
    public ClusterFacts facts() throws InterruptedException {
        return bystander().facts();
    }

    @Override
    public BsonTimestamp oldestEntry() throws InterruptedException {
        return bystander().oldestEntry();
    }

    /** Questions beside the stream do not depend on how many servers there are, only on which may be asked. */
    private ChangeSource bystander() {
        return asked == StreamSource.COMMANDS ? commands : publisher;
    }

    /** Waits until nothing of a stream that was closed is left to be done, for whoever closes the client next. */
    public void awaitEnd() throws InterruptedException {
        publisher.awaitEnd();
    }

    @Override
    public void close() {
        commands.close();
        publisher.close();
    }
}
