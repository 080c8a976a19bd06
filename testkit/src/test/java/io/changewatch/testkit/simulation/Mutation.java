package io.changewatch.testkit.simulation;

import io.changewatch.internal.engine.DelivererFactory;
import io.changewatch.internal.engine.SourceProvider;
import io.changewatch.resume.ResumeTokenStore;
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
}
