package io.changewatch.micro;

import com.mongodb.MongoClientSettings;
import com.mongodb.client.model.changestream.ChangeStreamDocument;
import io.changewatch.comparison.Order;
import io.changewatch.event.ChangeEvent;
import io.changewatch.internal.decode.EventDecoder;
import io.changewatch.internal.decode.EventDecoders;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import org.bson.BsonBinaryReader;
import org.bson.Document;
import org.bson.RawBsonDocument;
import org.bson.codecs.Codec;
import org.bson.codecs.DecoderContext;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** Decoding the insert of an order, by a watcher's decoder and by the driver's codec for events. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(3)
public class EventDecoding {
    private static final DecoderContext CONTEXT = DecoderContext.builder().build();

    private final byte[] event = Events.bytes(Events.insert());
    private final EventDecoder<Order> toRecord = EventDecoders.of(Order.class, null);
    private final EventDecoder<Document> toDocument = EventDecoders.of(Document.class, null);
    private final EventDecoder<RawBsonDocument> toRaw = EventDecoders.of(RawBsonDocument.class, null);
    private final Codec<ChangeStreamDocument<Order>> driverToRecord = driver(Order.class);
    private final Codec<ChangeStreamDocument<Document>> driverToDocument = driver(Document.class);
    private final Codec<ChangeStreamDocument<RawBsonDocument>> driverToRaw = driver(RawBsonDocument.class);

    private static <T> Codec<ChangeStreamDocument<T>> driver(Class<T> type) {
        return ChangeStreamDocument.createCodec(type, MongoClientSettings.getDefaultCodecRegistry());
    }

    /** A watcher's event with a record. */
    @Benchmark
    public ChangeEvent<Order> watcherToRecord() {
        return toRecord.decode(event, 0);
    }

    /** A watcher's event with a {@code Document}. */
    @Benchmark
    public ChangeEvent<Document> watcherToDocument() {
        return toDocument.decode(event, 0);
    }

    /** A watcher's event with a document that is not decoded. */
    @Benchmark
    public ChangeEvent<RawBsonDocument> watcherToRaw() {
        return toRaw.decode(event, 0);
    }

    /** The driver's event with a record. */
    @Benchmark
    public ChangeStreamDocument<Order> driverToRecord() {
        return decode(driverToRecord);
    }

    /** The driver's event with a {@code Document}. */
    @Benchmark
    public ChangeStreamDocument<Document> driverToDocument() {
        return decode(driverToDocument);
    }

    /** The driver's event with a document that is not decoded. */
    @Benchmark
    public ChangeStreamDocument<RawBsonDocument> driverToRaw() {
        return decode(driverToRaw);
    }

    private <T> ChangeStreamDocument<T> decode(Codec<ChangeStreamDocument<T>> codec) {
        try (BsonBinaryReader reader = new BsonBinaryReader(ByteBuffer.wrap(event))) {
            return codec.decode(reader, CONTEXT);
        }
    }
}
