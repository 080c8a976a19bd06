package io.changewatch.testkit.simulation;

import io.changewatch.event.ChangeEvent;
import io.changewatch.event.ResumeToken;
import io.changewatch.internal.deliver.Deliverer;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import org.bson.BsonDocument;
import org.bson.BsonTimestamp;

/** Hands on to another; who extends it listens, or does something wrong. */
abstract class ForwardingDeliverer implements Deliverer<BsonDocument> {
    final Deliverer<BsonDocument> real;

    ForwardingDeliverer(Deliverer<BsonDocument> real) {
        this.real = real;
    }

    @Override
    public boolean deliver(ChangeEvent<BsonDocument> event) throws InterruptedException {
        return real.deliver(event);
    }

    @Override
    public void passed(ResumeToken token, BsonTimestamp clusterTime) {
        real.passed(token, clusterTime);
    }

    @Override
    public void awaitHandled() throws InterruptedException {
        real.awaitHandled();
    }

    @Override
    public void stop() {
        real.stop();
    }

    @Override
    public boolean isHandlingThread() {
        return real.isHandlingThread();
    }

    @Override
    public OptionalLong busySince() {
        return real.busySince();
    }

    @Override
    public void discard() {
        real.discard();
    }

    @Override
    public void drain(Duration deadline) {
        real.drain(deadline);
    }

    @Override
    public void ended(Optional<Throwable> failure) {
        real.ended(failure);
    }
}
