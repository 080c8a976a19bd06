package io.changewatch.comparison;

import io.changewatch.event.Insert;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.bson.RawBsonDocument;

/** Who takes part. */
enum Contestant {
    /** The sync driver's stream of undecoded events: the base that the others are compared with. */
    SYNC_RAW,
    SYNC_RECORD,
    REACTIVE_RECORD,
    SPRING_DATA,
    DEBEZIUM,
    /** A typed watcher that checkpoints. */
    CHANGEWATCH,
    CHANGEWATCH_NO_CHECKPOINTS,
    CHANGEWATCH_FREQUENT_CHECKPOINTS,
    /** Checkpoints, and decodes no documents. */
    CHANGEWATCH_RAW;

    static Contestant named(String name) {
        return Arrays.stream(values())
                .filter(contestant -> contestant.toString().equals(name))
                .findFirst()
                .orElseThrow(
                        () -> new UsageException("There is no " + name + ": take some of " + List.of(values()) + "."));
    }

    Consumer open(Task task) {
        return switch (this) {
            case SYNC_RAW -> SyncRaw.open(task);
            case SYNC_RECORD -> SyncRecord.open(task);
            case REACTIVE_RECORD -> ReactiveRecord.open(task);
            case SPRING_DATA -> SpringData.open(task);
            case DEBEZIUM -> Debezium.open(task);
            case CHANGEWATCH -> WatcherConsumer.open(task, Order.class, Contestant::typed, Checkpoints.BY_DEFAULT);
            case CHANGEWATCH_NO_CHECKPOINTS ->
                WatcherConsumer.open(task, Order.class, Contestant::typed, Checkpoints.NONE);
            case CHANGEWATCH_FREQUENT_CHECKPOINTS ->
                WatcherConsumer.open(task, Order.class, Contestant::typed, Checkpoints.FREQUENT);
            case CHANGEWATCH_RAW ->
                WatcherConsumer.open(task, RawBsonDocument.class, Contestant::raw, Checkpoints.BY_DEFAULT);
        };
    }

    private static void typed(Insert<Order> event, Receiver receiver) {
        receiver.received(event.document());
    }

    private static void raw(Insert<RawBsonDocument> event, Receiver receiver) {
        receiver.received(event.documentKey().getInt64("_id").getValue());
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
