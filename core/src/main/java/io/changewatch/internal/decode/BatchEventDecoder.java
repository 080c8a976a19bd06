package io.changewatch.internal.decode;

import static io.changewatch.internal.decode.EnvelopeField.CLUSTER_TIME;
import static io.changewatch.internal.decode.EnvelopeField.COLLECTION_UUID;
import static io.changewatch.internal.decode.EnvelopeField.DOCUMENT_KEY;
import static io.changewatch.internal.decode.EnvelopeField.FULL_DOCUMENT;
import static io.changewatch.internal.decode.EnvelopeField.FULL_DOCUMENT_BEFORE_CHANGE;
import static io.changewatch.internal.decode.EnvelopeField.NAMESPACE;
import static io.changewatch.internal.decode.EnvelopeField.OPERATION_DESCRIPTION;
import static io.changewatch.internal.decode.EnvelopeField.OPERATION_TYPE;
import static io.changewatch.internal.decode.EnvelopeField.SESSION;
import static io.changewatch.internal.decode.EnvelopeField.STATE_BEFORE_CHANGE;
import static io.changewatch.internal.decode.EnvelopeField.TO;
import static io.changewatch.internal.decode.EnvelopeField.TRANSACTION_NUMBER;
import static io.changewatch.internal.decode.EnvelopeField.WALL_TIME;

import io.changewatch.event.ChangeEvent;
import io.changewatch.event.Create;
import io.changewatch.event.CreateIndexes;
import io.changewatch.event.Delete;
import io.changewatch.event.Drop;
import io.changewatch.event.DropDatabase;
import io.changewatch.event.DropIndexes;
import io.changewatch.event.EventContext;
import io.changewatch.event.Insert;
import io.changewatch.event.Invalidate;
import io.changewatch.event.Modify;
import io.changewatch.event.Namespace;
import io.changewatch.event.OperationType;
import io.changewatch.event.Other;
import io.changewatch.event.RefineCollectionShardKey;
import io.changewatch.event.Rename;
import io.changewatch.event.Replace;
import io.changewatch.event.ReshardCollection;
import io.changewatch.event.ShardCollection;
import io.changewatch.event.Transaction;
import io.changewatch.event.Update;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.bson.BsonDocument;
import org.bson.BsonTimestamp;
import org.bson.BsonType;
import org.jspecify.annotations.Nullable;

/**
 * Decodes events in the bytes of their batch: the envelope by its own scan, the documents by the application's codec.
 *
 * <p>Thread-safe as far as the application's codecs are.
 *
 * @param <T> the document type
 */
final class BatchEventDecoder<T> implements EventDecoder<T> {
    private final NamespaceReader namespaces = new NamespaceReader();
    private final ImageDecoder<T> images;
    /** One that no event uses; after an event that could not be decoded, a new one. */
    private final AtomicReference<@Nullable Envelope> envelope = new AtomicReference<>();

    BatchEventDecoder(ImageDecoder<T> images) {
        this.images = images;
    }

    @Override
    public ChangeEvent<T> decode(byte[] bytes, int offset) {
        Envelope idle = envelope.getAndSet(null);
        Envelope event = idle == null ? new Envelope() : idle;
        ChangeEvent<T> decoded = decode(event, bytes, offset);
        event.release();
        envelope.set(event);
        return decoded;
    }

    private ChangeEvent<T> decode(Envelope event, byte[] bytes, int offset) {
        try {
            event.read(bytes, offset);
        } catch (MalformedBsonException e) {
            throw DecodeFailures.unreadable(bytes, offset, e);
        }
        try {
            return decode(event);
        } catch (FieldFailure e) {
            throw DecodeFailures.in(event, e);
        } catch (MalformedBsonException e) {
            throw DecodeFailures.malformed(event, e);
        }
    }

    private ChangeEvent<T> decode(Envelope event) {
        int name = event.valueOf(OPERATION_TYPE, BsonType.STRING);
        OperationType operation = OperationNames.find(event.bytes(), name);
        EventContext context = context(event);
        return switch (operation) {
            case INSERT, UPDATE, REPLACE, DELETE -> documentEvent(operation, event, context);
            case INVALIDATE -> new Invalidate<>(context);
            case OTHER, GAP ->
                new Other<>(context, BsonBytes.string(event.bytes(), name), namespaces.readIfPresent(event, NAMESPACE));
            default -> namespaceEvent(operation, event, context);
        };
    }

    private ChangeEvent<T> documentEvent(OperationType operation, Envelope event, EventContext context) {
        Namespace in = namespaces.read(event, NAMESPACE);
        BsonDocument key = event.document(DOCUMENT_KEY);
        if (operation == OperationType.INSERT) {
            return new Insert<>(context, in, key, images.decode(event, FULL_DOCUMENT));
        }
        Optional<T> before = images.decodeIfPresent(event, FULL_DOCUMENT_BEFORE_CHANGE);
        return switch (operation) {
            case UPDATE ->
                new Update<>(
                        context,
                        in,
                        key,
                        UpdateDescriptionReader.readLater(event),
                        images.decodeIfPresent(event, FULL_DOCUMENT),
                        before);
            case REPLACE -> new Replace<>(context, in, key, images.decode(event, FULL_DOCUMENT), before);
            default -> new Delete<>(context, in, key, before);
        };
    }

    private ChangeEvent<T> namespaceEvent(OperationType operation, Envelope event, EventContext context) {
        Namespace in = namespaces.read(event, NAMESPACE);
        BsonDocument description = event.documentOrEmpty(OPERATION_DESCRIPTION);
        return switch (operation) {
            case CREATE -> new Create<>(context, in, description);
            case CREATE_INDEXES -> new CreateIndexes<>(context, in, description);
            case DROP_INDEXES -> new DropIndexes<>(context, in, description);
            case MODIFY -> new Modify<>(context, in, description, event.documentOrEmpty(STATE_BEFORE_CHANGE));
            case DROP -> new Drop<>(context, in);
            case RENAME -> new Rename<>(context, in, namespaces.read(event, TO), description);
            case DROP_DATABASE -> new DropDatabase<>(context, in);
            case SHARD_COLLECTION -> new ShardCollection<>(context, in, description);
            case REFINE_COLLECTION_SHARD_KEY -> new RefineCollectionShardKey<>(context, in, description);
            case RESHARD_COLLECTION -> new ReshardCollection<>(context, in, description);
            default -> throw new IllegalStateException("not an event of a namespace: " + operation);
        };
    }

    private static EventContext context(Envelope event) {
        BsonTimestamp clusterTime = event.timestamp(CLUSTER_TIME);
        Instant wallTime =
                event.has(WALL_TIME) ? event.instant(WALL_TIME) : Instant.ofEpochSecond(seconds(clusterTime));
        return EventContext.in(
                event.bytes(),
                event.start(),
                event.token(),
                clusterTime,
                wallTime,
                transaction(event),
                event.uuid(COLLECTION_UUID));
    }

    /** A cluster time counts its seconds without a sign. */
    private static long seconds(BsonTimestamp clusterTime) {
        return Integer.toUnsignedLong(clusterTime.getTime());
    }

    private static Optional<Transaction> transaction(Envelope event) {
        return event.has(SESSION) && event.has(TRANSACTION_NUMBER)
                ? Optional.of(new Transaction(event.document(SESSION), event.int64(TRANSACTION_NUMBER)))
                : Optional.empty();
    }
}
