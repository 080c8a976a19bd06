package io.changewatch.testkit.simulation;

import io.changewatch.HandlerFailedException;
import io.changewatch.event.ChangeEvent;
import io.changewatch.event.ResumeToken;
import io.changewatch.internal.deliver.BatchDeliverer;
import io.changewatch.internal.deliver.Deliverer;
import io.changewatch.internal.deliver.Deliverer.Progress;
import io.changewatch.internal.deliver.FailureHandling;
import io.changewatch.internal.deliver.Handlers;
import io.changewatch.internal.deliver.Handling;
import io.changewatch.internal.deliver.KeyedDeliverer;
import io.changewatch.internal.deliver.SequentialDeliverer;
import io.changewatch.internal.engine.DelivererFactory;
import java.time.Duration;
import java.util.List;
import org.bson.BsonDocument;
import org.bson.BsonTimestamp;

/** The real deliverer of a plan; the ledger sees what it is given. */
final class PlannedDeliverers implements DelivererFactory<BsonDocument> {
    /** In the name of a thread that calls handlers. */
    static final String WORKER = "-worker-";

    private final Delivery delivery;
    private final Application application;
    private final Handlers<BsonDocument> handlers;
    private final Ledger ledger;
    private final Mutation mutation;
    private final SimulatedSurroundings surroundings;

    PlannedDeliverers(
            Delivery delivery,
            Application application,
            Ledger ledger,
            Mutation mutation,
            SimulatedSurroundings surroundings) {
        this.delivery = delivery;
        this.application = application;
        this.handlers = handlers(application);
        this.ledger = ledger;
        this.mutation = mutation;
        this.surroundings = surroundings;
    }

    static Handlers<BsonDocument> handlers(Application application) {
        return new Handlers<>(List.of(), List.of(application::handle));
    }

    @Override
    public Deliverer<BsonDocument> deliverer(FailureHandling failures, Progress progress, Runnable stop) {
        Progress observed = new ForwardingProgress(progress) {
            @Override
            public void failed(Throwable cause) {
                ledger.deliveryEnds();
                super.failed(cause);
            }
        };
        return new Observed(
                switch (delivery.kind()) {
                    case ONE_BY_ONE -> new SequentialDeliverer<>(handlers, failures, observed);
                    case BY_KEY -> byKey(failures, observed, stop);
                    case IN_BATCHES -> inBatches(failures, observed, stop);
                });
    }

    private Deliverer<BsonDocument> byKey(FailureHandling failures, Progress progress, Runnable stop) {
        return new KeyedDeliverer<>(
                new KeyedDeliverer.Work<>(Handling.by(handlers), mutation.key(application::key), delivery.limits()),
                failures,
                progress,
                stop,
                new KeyedDeliverer.Means(
                        surroundings,
                        surroundings.lock(mutation::wakes),
                        (number, run) -> surroundings.worker("changewatch-orders" + WORKER + number, run)));
    }

    private Deliverer<BsonDocument> inBatches(FailureHandling failures, Progress progress, Runnable stop) {
        return new BatchDeliverer<>(
                new BatchDeliverer.Work<>(delivery.batching(), application::handle, handlers),
                failures,
                progress,
                stop,
                new BatchDeliverer.Means(
                        surroundings,
                        surroundings.lock(mutation::wakes),
                        surroundings.threads("changewatch-orders" + WORKER + "batch", true)));
    }

    private final class Observed extends ForwardingDeliverer {
        Observed(Deliverer<BsonDocument> real) {
            super(real);
        }

        @Override
        public boolean deliver(ChangeEvent<BsonDocument> event) throws InterruptedException {
            ledger.handedOut(event);
            try {
                return super.deliver(event);
            } catch (HandlerFailedException e) {
                throw e;
            } catch (RuntimeException e) { // the engine's own, by which it is called away
                ledger.letGo(event);
                throw e;
            } finally {
                ledger.delivered();
            }
        }

        @Override
        public void passed(ResumeToken token, BsonTimestamp clusterTime) {
            super.passed(token, clusterTime);
            ledger.passed(token);
        }

        @Override
        public void stop() {
            ledger.deliveryEnds();
            super.stop();
        }

        @Override
        public void discard() {
            ledger.deliveryEnds();
            super.discard();
        }

        @Override
        public void drain(Duration deadline) {
            ledger.deliveryEnds();
            super.drain(deadline);
        }
    }
}
