package io.changewatch.comparison;

import com.mongodb.MongoClientSettings;
import io.debezium.embedded.Connect;
import io.debezium.engine.ChangeEvent;
import io.debezium.engine.DebeziumEngine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.source.SourceRecord;
import org.bson.codecs.Codec;
import org.bson.codecs.DecoderContext;
import org.bson.json.JsonReader;

/**
 * Debezium's engine with its connector for MongoDB and offsets in a file. It hands out documents as JSON, which is decoded by
 * the driver's codec for records. Its start is not measured: the time begins when it begins to ask its queue
 * for records, which may hold some by then.
 *
 * <p>It has no batch size of the cursor to set; {@code max.batch.size} and {@code max.queue.size} are its defaults.
 *
 * @param task what is read
 * @param codec decodes documents
 */
record Debezium(Task task, Codec<Order> codec) implements Consumer {
    private static final int STOPS_WITHIN_SECONDS = 60;

    static Consumer open(Task task) {
        return new Debezium(task, MongoClientSettings.getDefaultCodecRegistry().get(Order.class));
    }

    @Override
    public void read(Receiver receiver) throws Exception {
        Path offsets = Files.createTempFile("offsets", ".dat");
        ExecutorService thread = Executors.newSingleThreadExecutor();
        try (DebeziumEngine<ChangeEvent<SourceRecord, SourceRecord>> engine = engine(offsets, receiver)) {
            thread.execute(engine);
            receiver.await();
        } finally {
            stop(thread, offsets);
        }
    }

    private static void stop(ExecutorService thread, Path offsets) throws IOException, InterruptedException {
        thread.shutdown();
        if (!thread.awaitTermination(STOPS_WITHIN_SECONDS, TimeUnit.SECONDS)) {
            throw new IllegalStateException("Debezium has not stopped within " + STOPS_WITHIN_SECONDS + " s.");
        }
        Files.delete(offsets);
    }

    private DebeziumEngine<ChangeEvent<SourceRecord, SourceRecord>> engine(Path offsets, Receiver receiver) {
        return DebeziumEngine.create(Connect.class)
                .using(settings(offsets))
                .using(new DebeziumEngine.ConnectorCallback() {
                    @Override
                    public void pollingStarted() {
                        receiver.begin();
                    }
                })
                .using((success, message, failure) -> ended(message, failure, receiver))
                .notifying(event -> handOut(event.value(), receiver))
                .build();
    }

    private Properties settings(Path offsets) {
        Properties settings = new Properties();
        settings.setProperty("name", "comparison");
        settings.setProperty("connector.class", "io.debezium.connector.mongodb.MongoDbConnector");
        settings.setProperty("mongodb.connection.string", task.connectionString());
        settings.setProperty("topic.prefix", "comparison");
        settings.setProperty("collection.include.list", Task.DATABASE + "." + Task.COLLECTION);
        settings.setProperty("snapshot.mode", "no_data");
        settings.setProperty("capture.scope", "collection");
        settings.setProperty("capture.target", Task.DATABASE + "." + Task.COLLECTION);
        settings.setProperty(
                "capture.mode", task.workload().withLookup() ? "change_streams_update_full" : "change_streams");
        settings.setProperty("capture.start.op.time", Long.toString(task.start().getValue()));
        settings.setProperty("offset.storage", "org.apache.kafka.connect.storage.FileOffsetBackingStore");
        settings.setProperty("offset.storage.file.filename", offsets.toString());
        return settings;
    }

    private static void ended(String message, Throwable failure, Receiver receiver) {
        receiver.fail(failure == null ? new IllegalStateException("Debezium has ended: " + message) : failure);
    }

    private void handOut(SourceRecord record, Receiver receiver) {
        if (!receiver.isDone()) {
            String after = ((Struct) record.value()).getString("after");
            receiver.received(
                    codec.decode(new JsonReader(after), DecoderContext.builder().build()));
        }
    }

    @Override
    public void close() {
        // Each reading has stopped its own engine.
    }
}
