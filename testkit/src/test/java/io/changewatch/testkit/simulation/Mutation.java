package io.changewatch.testkit.simulation;

import io.changewatch.ChangeWatcher;
import io.changewatch.event.DocumentEvent;
import io.changewatch.internal.engine.DelivererFactory;
import io.changewatch.internal.engine.SourceProvider;
import io.changewatch.resume.ResumeTokenStore;
import java.util.function.Function;
import org.bson.BsonDocument;

/** A fault of the engine, brought in at its seams: the simulation must find it. */
interface Mutation {
    /** None. */
    Mutation NONE = new Mutation() {};

    default SourceProvider source(SourceProvider real) {
        return real;
    }

    default ResumeTokenStore store(ResumeTokenStore real) {
        return real;
    }

    default DelivererFactory<BsonDocument> deliverer(DelivererFactory<BsonDocument> real) {
        return real;
    }

    /** What the events have in common that are to stay in order. */
    default Function<DocumentEvent<BsonDocument>, Object> key(Function<DocumentEvent<BsonDocument>, Object> real) {
        return real;
    }

    /** The watcher says that it is paused. */
    default void paused(ChangeWatcher watcher) {}

    /** Whether a signal among a deliverer's threads wakes one. */
    default boolean wakes() {
        return true;
    }
}
