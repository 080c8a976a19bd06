package io.changewatch.comparison;

import com.mongodb.client.model.changestream.ChangeStreamDocument;
import com.mongodb.reactivestreams.client.ChangeStreamPublisher;
import com.mongodb.reactivestreams.client.MongoClient;
import com.mongodb.reactivestreams.client.MongoClients;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;

/**
 * The reactive driver's stream, its documents decoded by the driver's codec for records, with a demand without a bound.
 *
 * @param task what is read
 * @param client reads it
 */
record ReactiveRecord(Task task, MongoClient client) implements Consumer {

    static Consumer open(Task task) {
        return new ReactiveRecord(task, MongoClients.create(task.connectionString()));
    }

    @Override
    public void read(Receiver receiver) throws InterruptedException {
        Events events = new Events(receiver);
        receiver.begin();
        stream().subscribe(events);
        try {
            receiver.await();
        } finally {
            events.cancel();
        }
    }

    private ChangeStreamPublisher<Order> stream() {
        ChangeStreamPublisher<Order> stream = client.getDatabase(Task.DATABASE)
                .getCollection(Task.COLLECTION, Order.class)
                .watch(task.pipeline(), Order.class)
                .fullDocument(task.fullDocument())
                .startAtOperationTime(task.start());
        return task.batchSize() == 0 ? stream : stream.batchSize(task.batchSize());
    }

    @Override
    public void close() {
        client.close();
    }

    private static final class Events implements Subscriber<ChangeStreamDocument<Order>> {
        private final Receiver receiver;
        private volatile @Nullable Subscription subscription;

        Events(Receiver receiver) {
            this.receiver = receiver;
        }

        @Override
        public void onSubscribe(Subscription given) {
            subscription = given;
            given.request(Long.MAX_VALUE);
        }

        @Override
        public void onNext(ChangeStreamDocument<Order> event) {
            if (!receiver.isDone()) {
                DriverEvent.handOut(event, receiver);
            }
        }

        @Override
        public void onError(Throwable failure) {
            receiver.fail(failure);
        }

        @Override
        public void onComplete() {
            receiver.fail(new IllegalStateException("The stream has ended."));
        }

        void cancel() {
            Subscription toCancel = subscription;
            if (toCancel != null) {
                toCancel.cancel();
            }
        }
    }
}
