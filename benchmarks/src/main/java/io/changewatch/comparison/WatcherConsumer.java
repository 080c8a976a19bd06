package io.changewatch.comparison;

import static io.changewatch.pipeline.Condition.document;
import static io.changewatch.pipeline.Condition.operation;

import com.mongodb.reactivestreams.client.MongoClient;
import com.mongodb.reactivestreams.client.MongoClients;
import io.changewatch.ChangeWatcher;
import io.changewatch.ChangeWatcherBuilder;
import io.changewatch.StartPosition;
import io.changewatch.event.Insert;
import io.changewatch.event.OperationType;
import io.changewatch.pipeline.Pipeline;
import io.changewatch.resume.CheckpointPolicy;
import io.changewatch.resume.mongo.MongoResumeTokenStore;
import java.time.Duration;
import java.util.UUID;
import java.util.function.BiConsumer;

/**
 * A watcher with every default, its batch size included unless another is asked for.
 *
 * @param task what is read
 * @param client reads it, and writes checkpoints
 * @param type of documents
 * @param handOut hands the document of an insert to the receiver
 * @param <T> the document type
 * @param checkpoints how often it saves its position
 */
record WatcherConsumer<T>(
        Task task, MongoClient client, Class<T> type, BiConsumer<Insert<T>, Receiver> handOut, Checkpoints checkpoints)
        implements Consumer {
    private static final String STORE = "checkpoints";

    static <T> Consumer open(
            Task task, Class<T> type, BiConsumer<Insert<T>, Receiver> handOut, Checkpoints checkpoints) {
        return new WatcherConsumer<>(task, MongoClients.create(task.connectionString()), type, handOut, checkpoints);
    }

    @Override
    public void read(Receiver receiver) throws InterruptedException {
        ChangeWatcher watcher = watcher(receiver);
        receiver.begin();
        watcher.start();
        new Thread(() -> awaitEnd(watcher, receiver), "end-of-watcher").start();
        try {
            receiver.await();
        } finally {
            watcher.close();
        }
    }

    private ChangeWatcher watcher(Receiver receiver) {
        ChangeWatcherBuilder<T> builder = ChangeWatcher.of(client)
                .collection(Task.DATABASE, Task.COLLECTION, type)
                .name("comparison-" + UUID.randomUUID())
                .startFrom(StartPosition.at(task.start()))
                .fullDocument(task.fullDocument())
                .onInsert(event -> handOut.accept(event, receiver))
                .onUpdate(event ->
                        receiver.received(event.documentKey().getInt64("_id").getValue()));
        if (checkpoints != Checkpoints.NONE) {
            builder.resumeFrom(MongoResumeTokenStore.in(client.getDatabase(STORE)));
        }
        if (checkpoints == Checkpoints.FREQUENT) {
            builder.checkpoint(CheckpointPolicy.everyEvents(1_000));
        }
        if (task.watcherBatchSize() > 0) {
            builder.batchSize(task.watcherBatchSize());
        }
        if (task.workload().isFiltered()) {
            builder.pipeline(Pipeline.matching(operation(OperationType.INSERT)
                    .and(document("part").lt(task.workload().passing()))));
        }
        return builder.build();
    }

    @Override
    public void close() {
        client.close();
    }

    /** A watcher that has failed hands out nothing more. A listener would be told each event, too. */
    private static void awaitEnd(ChangeWatcher watcher, Receiver receiver) {
        try {
            watcher.awaitTermination(Duration.ofDays(1));
            watcher.failure().ifPresent(receiver::fail);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
