package io.changewatch.testkit.simulation;

import io.changewatch.event.ChangeEvent;
import io.changewatch.event.ResumeToken;
import io.changewatch.internal.deliver.Deliverer;
import java.time.Duration;
import java.util.Optional;
import org.bson.BsonDocument;
import org.bson.BsonTimestamp;

/** A deliverer for mutations, which override what they do wrong. */
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
    public void stop() {
        real.stop();
    }

    @Override
    public boolean isHandlingThread() {
        return real.isHandlingThread();
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
