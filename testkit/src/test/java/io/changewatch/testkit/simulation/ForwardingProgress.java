package io.changewatch.testkit.simulation;

import io.changewatch.event.ChangeEvent;
import io.changewatch.event.ResumeToken;
import io.changewatch.internal.deliver.Deliverer.Progress;
import java.time.Duration;
import java.util.List;
import org.bson.BsonTimestamp;

/** Tells another; who extends it listens, or tells it wrong. */
abstract class ForwardingProgress implements Progress {
    final Progress real;

    ForwardingProgress(Progress real) {
        this.real = real;
    }

    @Override
    public void handled(ResumeToken token, BsonTimestamp clusterTime, int events) {
        real.handled(token, clusterTime, events);
    }

    @Override
    public void batchBegins() {
        real.batchBegins();
    }

    @Override
    public void batchEnds(List<? extends ChangeEvent<?>> handled, Duration took) {
        real.batchEnds(handled, took);
    }

    @Override
    public void eventEnds(ChangeEvent<?> event, Duration took) {
        real.eventEnds(event, took);
    }

    @Override
    public void failed(Throwable cause) {
        real.failed(cause);
    }
}
