package io.changewatch.testkit.simulation;

import io.changewatch.event.ChangeEvent;
import io.changewatch.event.ResumeToken;
import io.changewatch.internal.deliver.Deliverer;
import io.changewatch.internal.deliver.FailureHandling;
import io.changewatch.internal.engine.DelivererFactory;
import org.bson.BsonDocument;
import org.bson.BsonTimestamp;

/** Says that an event is handled before the handler is called. */
final class EarlyCheckpoint implements Mutation {

    @Override
    public DelivererFactory<BsonDocument> deliverer(DelivererFactory<BsonDocument> real) {
        return (failures, progress, stop) -> early(real, failures, progress, stop);
    }

    private static Deliverer<BsonDocument> early(
            DelivererFactory<BsonDocument> real, FailureHandling failures, Deliverer.Progress progress, Runnable stop) {
        Deliverer<BsonDocument> later = real.deliverer(failures, (token, time, events) -> {}, stop);
        return new ForwardingDeliverer(later) {
            @Override
            public boolean deliver(ChangeEvent<BsonDocument> event) throws InterruptedException {
                progress.handled(event.resumeToken(), event.clusterTime(), 1);
                return later.deliver(event);
            }

            @Override
            public void passed(ResumeToken token, BsonTimestamp clusterTime) {
                progress.handled(token, clusterTime, 0);
            }
        };
    }
}
