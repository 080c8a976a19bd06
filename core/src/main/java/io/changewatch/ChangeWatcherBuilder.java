package io.changewatch;

import com.mongodb.MongoClientSettings;
import com.mongodb.client.model.Collation;
import com.mongodb.client.model.changestream.FullDocument;
import com.mongodb.client.model.changestream.FullDocumentBeforeChange;
import com.mongodb.reactivestreams.client.MongoClient;
import io.changewatch.deadletter.DeadLetterStore;
import io.changewatch.deadletter.DeadLetters;
import io.changewatch.deadletter.ParkingOrder;
import io.changewatch.diagnose.Diagnosis;
import io.changewatch.event.ChangeEvent;
import io.changewatch.event.Delete;
import io.changewatch.event.DocumentEvent;
import io.changewatch.event.Insert;
import io.changewatch.event.Namespace;
import io.changewatch.event.Replace;
import io.changewatch.event.Update;
import io.changewatch.internal.checkpoint.CheckpointSettings;
import io.changewatch.internal.decode.EventDecoder;
import io.changewatch.internal.decode.EventDecoders;
import io.changewatch.internal.decode.FragmentAssembler;
import io.changewatch.internal.deliver.BatchDeliverer;
import io.changewatch.internal.deliver.BatchDeliverer.Means;
import io.changewatch.internal.deliver.BatchDeliverer.Work;
import io.changewatch.internal.deliver.DocumentKey;
import io.changewatch.internal.deliver.HandlerLimits;
import io.changewatch.internal.deliver.Handlers;
import io.changewatch.internal.deliver.Handlers.Handler;
import io.changewatch.internal.deliver.Handling;
import io.changewatch.internal.deliver.KeyedDeliverer;
import io.changewatch.internal.deliver.SequentialDeliverer;
import io.changewatch.internal.engine.ClientSourceProvider;
import io.changewatch.internal.engine.DelivererFactory;
import io.changewatch.internal.engine.Diagnoser;
import io.changewatch.internal.engine.DiagnosisPlan;
import io.changewatch.internal.engine.EventPublisher;
import io.changewatch.internal.engine.Fingerprints;
import io.changewatch.internal.engine.HolderName;
import io.changewatch.internal.engine.LeaseSettings;
import io.changewatch.internal.engine.LeasedWatcher;
import io.changewatch.internal.engine.LetterDesk;
import io.changewatch.internal.engine.ParkingSettings;
import io.changewatch.internal.engine.SourceProvider;
import io.changewatch.internal.engine.Surroundings;
import io.changewatch.internal.engine.TransactionalDeliverers;
import io.changewatch.internal.engine.WatcherEngine;
import io.changewatch.internal.engine.WatcherPublisher;
import io.changewatch.internal.engine.WatcherSettings;
import io.changewatch.internal.engine.WatcherSettings.Recovery;
import io.changewatch.internal.source.SourceSettings;
import io.changewatch.lease.Lease;
import io.changewatch.observe.WatcherListener;
import io.changewatch.pipeline.Pipeline;
import io.changewatch.resume.CheckpointPolicy;
import io.changewatch.resume.ResumeTokenStore;
import io.changewatch.resume.TransactionalResumeTokenStore;
import io.changewatch.retry.RetryPolicy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.bson.BsonDocument;
import org.bson.BsonString;
import org.bson.BsonValue;
import org.bson.codecs.configuration.CodecRegistry;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;

/**
 * Options of a watcher. Everything but a handler has a default.
 *
 * <p>Options that contradict each other, cannot work or would change nothing are refused by {@link #build()}, all at once. Not thread-safe; a builder can be
 * used again, what it built does not change with it.
 *
 * @param <T> the type documents are decoded to
 */
public final class ChangeWatcherBuilder<T> {

    private static final String ALSO = ". Also: ";
    private static final int MAX_IN_FLIGHT = 10_000;
    private static final long MAX_IN_FLIGHT_BYTES = 64L << 20;
    private static final RetryPolicy ENDLESS = RetryPolicy.exponential(Duration.ofMillis(100), Duration.ofSeconds(10))
            .jitter(0.5);

    private final @Nullable MongoClient client;
    private final @Nullable MongoClientSettings settings;
    private final Optional<Namespace> scope;
    private final Class<T> type;

    private @Nullable String name;
    private Pipeline pipeline = Pipeline.empty();
    private @Nullable Partition partition;
    private FullDocument fullDocument = FullDocument.DEFAULT;
    private FullDocumentBeforeChange fullDocumentBeforeChange = FullDocumentBeforeChange.DEFAULT;
    private boolean showExpandedEvents;
    private StreamSource source = StreamSource.AUTO;
    private int batchSize = 2_000;
    private Duration maxAwait = Duration.ofSeconds(1);
    private Duration unresponsiveAfter = Duration.ofSeconds(10);
    private @Nullable Collation collation;
    private @Nullable BsonValue comment;
    private @Nullable CodecRegistry codecRegistry;
    private @Nullable ResumeTokenStore store;
    private StartPosition startFrom = StartPosition.now();
    private CheckpointPolicy checkpointPolicy = CheckpointPolicy.standard();
    private int maxUnsavedEvents = 10_000;
    private RetryPolicy storeRetry = ENDLESS;
    private RetryPolicy streamRetry = ENDLESS;
    private HistoryLostDecision whenHistoryLost = HistoryLostPolicy.FAIL;
    private InvalidatedPolicy whenInvalidated = InvalidatedPolicy.REOPEN;
    private HandlerFailurePolicy whenHandlerFails = HandlerFailurePolicy.standard();
    private UndeliverablePolicy whenUndeliverable = UndeliverablePolicy.FAIL;
    private int maxEventBytes = FragmentAssembler.DEFAULT_MAX_BYTES;
    private final List<Consumer<? super T>> validations = new ArrayList<>();
    private final List<Handler<T>> handlers = new ArrayList<>();
    private final List<BatchHandler<ChangeEvent<T>>> batchHandlers = new ArrayList<>();
    private final List<TransactionHandler<ChangeEvent<T>>> transactionHandlers = new ArrayList<>();
    private Batching batching = Batching.standard();
    private final List<Function<Handlers<T>, Handling<T>>> asynchronous = new ArrayList<>();
    private boolean acknowledged;
    private int concurrency = 1;
    /** One that is chosen may come from a configuration, in which the other options stay as they are. */
    private boolean concurrencyChosen;

    private @Nullable Function<? super DocumentEvent<T>, ?> orderedBy;
    private @Nullable Integer maxInFlight;
    private @Nullable Long maxInFlightBytes;
    private @Nullable Duration handlerTimeout;
    private @Nullable Duration slowHandlerAfter;
    private final List<WatcherListener> listeners = new ArrayList<>();
    private Duration logPositionEvery = Duration.ofMinutes(1);
    private Duration closeWithin = Duration.ofSeconds(10);
    private List<Duration> headroomThresholds = List.of(Duration.ofHours(1), Duration.ofMinutes(10));
    private @Nullable DeadLetterStore letterStore;
    private ParkingOrder parkingOrder = ParkingOrder.GO_ON;

    private boolean exposedThroughJmx;
    private @Nullable Lease lease;

    ChangeWatcherBuilder(
            @Nullable MongoClient client,
            @Nullable MongoClientSettings settings,
            Optional<Namespace> scope,
            Class<T> type) {
        this.client = client;
        this.settings = settings;
        this.scope = scope;
        this.type = type;
    }

    /** The identity of the watcher: names its checkpoint, its threads and its log lines. Required with {@link #resumeFrom}; otherwise what is watched, such as {@code shop.orders}. */
    public ChangeWatcherBuilder<T> name(String name) {
        this.name = Objects.requireNonNull(name, "name");
        return this;
    }

    /** A builder with the same options, which this one's do not change any more. */
    public ChangeWatcherBuilder<T> copy() {
        ChangeWatcherBuilder<T> other = new ChangeWatcherBuilder<>(client, settings, scope, type);
        other.name = name;
        other.pipeline = pipeline;
        other.partition = partition;
        other.fullDocument = fullDocument;
        other.fullDocumentBeforeChange = fullDocumentBeforeChange;
        other.showExpandedEvents = showExpandedEvents;
        other.source = source;
        other.batchSize = batchSize;
        other.maxAwait = maxAwait;
        other.unresponsiveAfter = unresponsiveAfter;
        other.collation = collation;
        other.comment = comment;
        other.codecRegistry = codecRegistry;
        other.store = store;
        other.startFrom = startFrom;
        other.checkpointPolicy = checkpointPolicy;
        other.maxUnsavedEvents = maxUnsavedEvents;
        other.storeRetry = storeRetry;
        other.streamRetry = streamRetry;
        other.whenHistoryLost = whenHistoryLost;
        other.whenInvalidated = whenInvalidated;
        other.whenHandlerFails = whenHandlerFails;
        other.whenUndeliverable = whenUndeliverable;
        other.maxEventBytes = maxEventBytes;
        other.validations.addAll(validations);
        other.handlers.addAll(handlers);
        other.batchHandlers.addAll(batchHandlers);
        other.transactionHandlers.addAll(transactionHandlers);
        other.batching = batching;
        other.asynchronous.addAll(asynchronous);
        other.acknowledged = acknowledged;
        other.concurrency = concurrency;
        other.concurrencyChosen = concurrencyChosen;
        other.orderedBy = orderedBy;
        other.maxInFlight = maxInFlight;
        other.maxInFlightBytes = maxInFlightBytes;
        other.handlerTimeout = handlerTimeout;
        other.slowHandlerAfter = slowHandlerAfter;
        other.listeners.addAll(listeners);
        other.logPositionEvery = logPositionEvery;
        other.closeWithin = closeWithin;
        other.headroomThresholds = headroomThresholds;
        other.letterStore = letterStore;
        other.parkingOrder = parkingOrder;
        other.exposedThroughJmx = exposedThroughJmx;
        other.lease = lease;
        return other;
    }

    /**
     * Begins another watcher of the same stream: same client, scope, pipeline, documents, decoding, validations and failure
     * policies, so that it sees the same events. It has a name of its own, and none of this one's handlers, listeners or
     * stores; it begins at {@link StartPosition#now()}. What this one {@linkplain #parkIn parks}, it skips.
     */
    public ChangeWatcherBuilder<T> sameStream(String name) {
        ChangeWatcherBuilder<T> other = copy().name(name).startFrom(StartPosition.now());
        other.comment = null;
        other.store = null;
        other.lease = null;
        other.headroomThresholds = List.of();
        if (letterStore != null) {
            other.whenHandlerFails = whenHandlerFails.thenSkip();
            other.letterStore = null;
            other.parkingOrder = ParkingOrder.GO_ON;
        }
        other.exposedThroughJmx = false;
        other.handlers.clear();
        other.batchHandlers.clear();
        other.transactionHandlers.clear();
        other.asynchronous.clear();
        other.acknowledged = false;
        other.handlerTimeout = null;
        other.slowHandlerAfter = null;
        other.concurrency = 1;
        other.concurrencyChosen = false;
        other.orderedBy = null;
        other.maxInFlight = null;
        other.maxInFlightBytes = null;
        other.listeners.clear();
        return other;
    }

    /** Which events the server sends, and with which fields. Default: every event, whole. */
    public ChangeWatcherBuilder<T> pipeline(Pipeline pipeline) {
        this.pipeline = Objects.requireNonNull(pipeline, "pipeline");
        return this;
    }

    /**
     * Lets through only every {@code count}th event: those of documents whose key falls into the partition {@code index}, by the
     * server's hash of {@code _id}. The events of one document are always in the same partition, and each event is in exactly one;
     * those of no document, such as a drop or an {@link io.changewatch.event.Invalidate Invalidate}, are in all. So {@code count} watchers, each with a
     * {@link #name} of its own such as {@code indexer-3-of-8}, share the work of one stream, in one process or in several.
     *
     * <p>That is for slow handlers, not for a fast stream: each partition makes the server read the whole oplog. Where one process
     * suffices, several threads on one stream cost less. Default: the whole stream.
     *
     * @param index from 0 to {@code count - 1}
     * @param count the same for all; with another one each document may be in another partition, so that checkpoints no longer fit
     */
    public ChangeWatcherBuilder<T> partition(int index, int count) {
        this.partition = new Partition(index, count);
        return this;
    }

    /** Which state of the document an {@link Update} carries. Default: {@code DEFAULT}, none. */
    public ChangeWatcherBuilder<T> fullDocument(FullDocument fullDocument) {
        this.fullDocument = Objects.requireNonNull(fullDocument, "fullDocument");
        return this;
    }

    /** Whether updates, replaces and deletes carry the document before the change; the collection must keep pre-images. Default: {@code DEFAULT}, no. */
    public ChangeWatcherBuilder<T> fullDocumentBeforeChange(FullDocumentBeforeChange fullDocumentBeforeChange) {
        this.fullDocumentBeforeChange = Objects.requireNonNull(fullDocumentBeforeChange, "fullDocumentBeforeChange");
        return this;
    }

    /** Asks for the events that servers from 6.0 send on request: {@code create}, {@code createIndexes}, {@code modify} and so on. Default: no. */
    public ChangeWatcherBuilder<T> showExpandedEvents() {
        this.showExpandedEvents = true;
        return this;
    }

    /**
     * How the stream is read. {@link StreamSource#AUTO} decides by the servers and the client's read preference each time the
     * stream is opened, and is right unless you want {@link StreamSource#PUBLISHER} where commands would do, or
     * {@link StreamSource#COMMANDS}, and so the primary, though the client reads from secondaries. Default: {@code AUTO}.
     */
    public ChangeWatcherBuilder<T> source(StreamSource source) {
        this.source = Objects.requireNonNull(source, "source");
        return this;
    }

    /** How many events a reply of the server holds at most. Default: 2,000. */
    public ChangeWatcherBuilder<T> batchSize(int batchSize) {
        this.batchSize = batchSize;
        return this;
    }

    /** How long the server waits for an event before it answers with an empty batch. Default: 1 s. */
    public ChangeWatcherBuilder<T> maxAwait(Duration maxAwait) {
        this.maxAwait = Objects.requireNonNull(maxAwait, "maxAwait");
        return this;
    }

    /** How long the server may be silent, beyond {@link #maxAwait}, before its connection is given up and another is opened. Doubles after each attempt without an answer. Default: 10 s. */
    public ChangeWatcherBuilder<T> unresponsiveAfter(Duration margin) {
        this.unresponsiveAfter = Objects.requireNonNull(margin, "margin");
        return this;
    }

    /** The collation by which the pipeline compares strings. Default: the server's, binary. */
    public ChangeWatcherBuilder<T> collation(Collation collation) {
        this.collation = Objects.requireNonNull(collation, "collation");
        return this;
    }

    /** A comment that shows in the server's log, profiler and {@code currentOp}. Default: {@code changewatch <name>}. */
    public ChangeWatcherBuilder<T> comment(String comment) {
        return comment(new BsonString(Objects.requireNonNull(comment, "comment")));
    }

    /** {@link #comment(String)} with any BSON value. */
    public ChangeWatcherBuilder<T> comment(BsonValue comment) {
        this.comment = Objects.requireNonNull(comment, "comment");
        return this;
    }

    /** Codecs for the document type. They come before the defaults: the driver's codecs, records, JavaBeans. */
    public ChangeWatcherBuilder<T> codecRegistry(CodecRegistry registry) {
        this.codecRegistry = Objects.requireNonNull(registry, "registry");
        return this;
    }

    /** Where the position is kept, so that a watcher started again continues there. Default: nowhere, a new process begins at {@link #startFrom}. */
    public ChangeWatcherBuilder<T> resumeFrom(ResumeTokenStore store) {
        this.store = Objects.requireNonNull(store, "store");
        return this;
    }

    /** Where a watcher without a checkpoint begins. Default: {@link StartPosition#now()}. */
    public ChangeWatcherBuilder<T> startFrom(StartPosition position) {
        this.startFrom = Objects.requireNonNull(position, "position");
        return this;
    }

    /** How often the position is saved, see {@link CheckpointPolicy#standard()}. With {@link #onTransaction} each batch is saved with its effects, and this says how often a position is behind which nothing was handled. Default: every 1,000 events or 1 s, 20 times a second at most. */
    public ChangeWatcherBuilder<T> checkpoint(CheckpointPolicy policy) {
        this.checkpointPolicy = Objects.requireNonNull(policy, "policy");
        return this;
    }

    /** How many events may be handled while a store fails, before handing out pauses: the bound on duplicates after a crash, where events are not handled in batches. Default: 10,000. */
    public ChangeWatcherBuilder<T> maxUnsavedEvents(int events) {
        this.maxUnsavedEvents = events;
        return this;
    }

    /** When a failed save or load is tried again. Default: exponential from 100 ms to 10 s with jitter, endless. */
    public ChangeWatcherBuilder<T> retryStore(RetryPolicy policy) {
        this.storeRetry = Objects.requireNonNull(policy, "policy");
        return this;
    }

    /** When a broken stream is opened again. Default: exponential from 100 ms to 10 s with jitter, endless. */
    public ChangeWatcherBuilder<T> retry(RetryPolicy policy) {
        this.streamRetry = Objects.requireNonNull(policy, "policy");
        return this;
    }

    /** What to do when the oplog no longer reaches back to the position: a {@link HistoryLostPolicy}, or a decision of the application. Default: {@link HistoryLostPolicy#FAIL}. */
    public ChangeWatcherBuilder<T> whenHistoryLost(HistoryLostDecision decision) {
        this.whenHistoryLost = Objects.requireNonNull(decision, "decision");
        return this;
    }

    /** What to do when what is watched was dropped or renamed. Default: {@link InvalidatedPolicy#REOPEN}. */
    public ChangeWatcherBuilder<T> whenInvalidated(InvalidatedPolicy policy) {
        this.whenInvalidated = Objects.requireNonNull(policy, "policy");
        return this;
    }

    /** What to do when a handler or a validation throws, or an event cannot be decoded. Default: {@link HandlerFailurePolicy#standard()}. */
    public ChangeWatcherBuilder<T> whenHandlerFails(HandlerFailurePolicy policy) {
        this.whenHandlerFails = Objects.requireNonNull(policy, "policy");
        return this;
    }

    /**
     * Where an event is kept that {@link #whenHandlerFails} gives up, or that cannot be decoded, instead of failing the watcher. The
     * events behind it go on; {@link #deadLetters()} handles it later. The position moves past it when its letter is durable; while
     * the store fails, {@link #retryStore} tries again and events wait. Needs a {@link #name}, and a policy that does not skip. An
     * event that the server cannot deliver has no bytes to keep: see {@link #whenUndeliverable}. Default: nowhere.
     */
    public ChangeWatcherBuilder<T> parkIn(DeadLetterStore store) {
        return parkIn(store, ParkingOrder.GO_ON);
    }

    /** {@link #parkIn(DeadLetterStore)}, and what happens to later events of the same document. {@link ParkingOrder#BLOCK_KEY} is refused beside {@link #orderedBy}, whose key it does not know. Default: {@link ParkingOrder#GO_ON}. */
    public ChangeWatcherBuilder<T> parkIn(DeadLetterStore store, ParkingOrder order) {
        this.letterStore = Objects.requireNonNull(store, "store");
        this.parkingOrder = Objects.requireNonNull(order, "order");
        return this;
    }

    /** What to do about an event that the server cannot deliver: too large and not to be split, or without a {@code REQUIRED} image. Default: {@link UndeliverablePolicy#FAIL}. */
    public ChangeWatcherBuilder<T> whenUndeliverable(UndeliverablePolicy policy) {
        this.whenUndeliverable = Objects.requireNonNull(policy, "policy");
        return this;
    }

    /** How many bytes an event may have that is larger than 16 MB and comes in fragments; a larger one cannot be delivered. While one is put together, up to twice that much memory is in use, beside the batches. Default: 64 MiB. */
    public ChangeWatcherBuilder<T> maxEventBytes(int bytes) {
        this.maxEventBytes = bytes;
        return this;
    }

    /** Checks each document before the handlers see it; what it throws counts as a failure of the handler. Several add up. */
    public ChangeWatcherBuilder<T> validate(Consumer<? super T> validation) {
        validations.add(Objects.requireNonNull(validation, "validation"));
        return this;
    }

    /** Handles inserts. Handlers are called in the order they were added. */
    public ChangeWatcherBuilder<T> onInsert(EventHandler<Insert<T>> handler) {
        return handle(Insert.class, handler);
    }

    /** Handles updates. */
    public ChangeWatcherBuilder<T> onUpdate(EventHandler<Update<T>> handler) {
        return handle(Update.class, handler);
    }

    /** Handles replaces. */
    public ChangeWatcherBuilder<T> onReplace(EventHandler<Replace<T>> handler) {
        return handle(Replace.class, handler);
    }

    /** Handles deletes. */
    public ChangeWatcherBuilder<T> onDelete(EventHandler<Delete<T>> handler) {
        return handle(Delete.class, handler);
    }

    /** Handles inserts, updates, replaces and deletes. */
    public ChangeWatcherBuilder<T> onDocumentEvent(EventHandler<DocumentEvent<T>> handler) {
        return handle(DocumentEvent.class, handler);
    }

    /** Handles every event, {@link io.changewatch.event.Gap} included. */
    public ChangeWatcherBuilder<T> onEvent(EventHandler<ChangeEvent<T>> handler) {
        return handle(ChangeEvent.class, handler);
    }

    /** {@link #onBatch(Batching, BatchHandler)} with {@link Batching#standard()}. */
    public ChangeWatcherBuilder<T> onBatch(BatchHandler<ChangeEvent<T>> handler) {
        return onBatch(Batching.standard(), handler);
    }

    /**
     * Handles every event in batches, instead of handlers for single events. A batch is handed out when it is full, or when its first
     * event has waited for as long as {@code batching} says and the handler is free. While it is handled, the next one is
     * collected; when that is full, the server is not asked for more. An event that is no {@link DocumentEvent}, such as a
     * drop or a {@link io.changewatch.event.Gap}, ends the batch before it and comes alone.
     *
     * <p>A batch whose handler throws is handed out again as a whole, by {@link #whenHandlerFails}. Where that gives up, nothing of it
     * is checkpointed; where it skips, the events come once more, each in a batch of its own, so that only those are skipped that
     * fail by themselves. {@link ChangeWatcher#close()} hands out what is collected.
     */
    public ChangeWatcherBuilder<T> onBatch(Batching batching, BatchHandler<ChangeEvent<T>> handler) {
        this.batching = Objects.requireNonNull(batching, "batching");
        batchHandlers.add(Objects.requireNonNull(handler, "handler"));
        return this;
    }

    /** {@link #onTransaction(Batching, TransactionHandler)} with {@link Batching#standard()}. */
    public ChangeWatcherBuilder<T> onTransaction(TransactionHandler<ChangeEvent<T>> handler) {
        return onTransaction(Batching.standard(), handler);
    }

    /**
     * Handles every event in batches, as {@link #onBatch(Batching, BatchHandler)}, each in a transaction of MongoDB that the
     * checkpoint is saved in, too: what the handler writes with the session takes effect exactly once, whatever happens to the process
     * or the servers.
     *
     * <p>It needs {@link #resumeFrom} with a {@link TransactionalResumeTokenStore}, such as {@code MongoResumeTokenStore}, on the very
     * client that {@link ChangeWatcher#of} was given. An operation that the handler does not {@linkplain BatchTransaction#await await}
     * is not written; it must neither commit nor abort itself. The collections that it writes to have to exist on servers before 4.4. A transaction that
     * the server ends, and a commit whose outcome is not known, are tried again by {@link #retryStore}; what else the handler
     * throws by {@link #whenHandlerFails}. Of two watchers of one name the newcomer wins: it takes the place over when it starts, and no
     * transaction of the other one is committed after that.
     */
    public ChangeWatcherBuilder<T> onTransaction(Batching batching, TransactionHandler<ChangeEvent<T>> handler) {
        this.batching = Objects.requireNonNull(batching, "batching");
        transactionHandlers.add(Objects.requireNonNull(handler, "handler"));
        return this;
    }

    /**
     * Handles every event, instead of other handlers, with a stage that completes when the event is handled. So many as
     * {@link #concurrency} says are in flight, each of another document, or of another key of {@link #orderedBy}; no thread waits for
     * them. The handler is called on the thread {@code changewatch-<name>-worker-1}. A stage that fails is tried again, skipped, or
     * ends the watcher by {@link #whenHandlerFails}. A {@link ChangeWatcher#close()} waits for what is in flight until its deadline; what
     * completes later comes again at the next start, as does what never completes.
     */
    public ChangeWatcherBuilder<T> onEventAsync(AsyncEventHandler<ChangeEvent<T>> handler) {
        Objects.requireNonNull(handler, "handler");
        asynchronous.add(validations -> Handling.async(validations, handler));
        return this;
    }

    /** {@link #onEventAsync} for a handler that returns a {@link Publisher}, which is subscribed to at once, with unbounded demand; the event is handled when it completes, and what it emits is ignored. */
    public ChangeWatcherBuilder<T> onEventReactive(ReactiveEventHandler<ChangeEvent<T>> handler) {
        Objects.requireNonNull(handler, "handler");
        asynchronous.add(validations -> Handling.reactive(validations, handler));
        return this;
    }

    /**
     * Handles every event, instead of other handlers, and says itself when, from any thread: the checkpoint follows
     * {@link Delivery#acknowledge()}, and {@link Delivery#fail} is a failure by {@link #whenHandlerFails}. Deliveries come in the server's order
     * on the thread {@code changewatch-<name>-worker-1}, and none waits for another's acknowledgement, not even of the same document;
     * up to {@link #maxInFlight} events, or {@link #maxInFlightBytes}, from the oldest that is not acknowledged. Only an event that is
     * not one of a document is handed out alone, when all before it are acknowledged. A {@link ChangeWatcher#close()} waits for
     * acknowledgements until its deadline; what is not acknowledged comes again at the next start.
     */
    public ChangeWatcherBuilder<T> onDelivery(DeliveryHandler<T> handler) {
        Objects.requireNonNull(handler, "handler");
        asynchronous.add(validations -> Handling.acknowledged(validations, handler));
        acknowledged = true;
        return this;
    }

    /**
     * How many handlers run at once, or with {@link #onEventAsync} how many events are in flight. With more than one, events of one document are handled in order, and those of different ones side
     * by side; not asynchronous ones on so many threads named {@code changewatch-<name>-worker-<i>}; from JDK 24 on they are virtual. Handlers and
     * validations must then be thread-safe. The checkpoint follows the oldest event that is not handled: after a crash, those
     * behind it that were handled come again, too. An event that is not one of a document, such as a drop or a
     * {@link io.changewatch.event.Gap}, is handled alone, after all before it and before all behind it. While the handler of an event
     * fails and is to be called again, only events of the same document wait. {@link ChangeWatcher#close()} waits for the handlers that
     * are running, and for those of the events between them. With one, all is in order on the watcher's thread. Default: 1.
     */
    public ChangeWatcherBuilder<T> concurrency(int handlers) {
        this.concurrency = handlers;
        this.concurrencyChosen = true;
        return this;
    }

    /**
     * What events have in common that {@link #concurrency} keeps in order: those with an equal key, by {@code equals}. Called on the
     * watcher's thread; a null is a key like any other, and what the function throws is answered by {@link #whenHandlerFails}. Keep
     * events of one document under one key, or their order is lost.
     *
     * {@snippet class="io.changewatch.examples.CustomerMails" region="start"}
     *
     * <p>Refused beside {@link ParkingOrder#BLOCK_KEY}, which keeps the order of a document's events and not that of a key, and where it
     * has no effect: without {@code concurrency(...)} or an asynchronous handler, in batches, and with {@link #onDelivery}. Default: the namespace and the {@code _id}.
     */
    public ChangeWatcherBuilder<T> orderedBy(Function<? super DocumentEvent<T>, ?> key) {
        this.orderedBy = Objects.requireNonNull(key, "key");
        return this;
    }

    /** How many events {@link #concurrency} hands out, from the oldest that is not handled, before the watcher reads no further: the bound on what comes again after a crash, beside {@link #maxUnsavedEvents}, and on how far the others get ahead of a slow document. Refused where it has no effect: in batches, and without {@code concurrency(...)}, an asynchronous handler or a limit of time. Default: 10,000. */
    public ChangeWatcherBuilder<T> maxInFlight(int events) {
        this.maxInFlight = events;
        return this;
    }

    /** How many bytes of events, as the server sent them, wait for {@link #concurrency} or are being handled; a larger event goes alone. What they are decoded to comes on top. Refused where {@link #maxInFlight} is. Default: 64 MiB. */
    public ChangeWatcherBuilder<T> maxInFlightBytes(long bytes) {
        this.maxInFlightBytes = bytes;
        return this;
    }

    /**
     * How long the handlers of an event may take before they have failed with a {@link HandlerTimeoutException}, which
     * {@link #whenHandlerFails} answers. The thread of a handler is interrupted. One that does not end then keeps its thread, and nothing
     * is decided about its event before it has ended: no retry, no skip, no letter; that is logged, told to
     * {@code WatcherListener.handlerSlow} and interrupted again at twice the time, four times, and so on. A stage is given up, and cancelled if it is a {@code CompletableFuture}; so is a
     * subscription. A delivery comes again, and its late acknowledgement does nothing. Handlers are then called on
     * {@code changewatch-<name>-worker-1}, also without {@link #concurrency}. Default: none.
     */
    public ChangeWatcherBuilder<T> handlerTimeout(Duration timeout) {
        this.handlerTimeout = Objects.requireNonNull(timeout, "timeout");
        return this;
    }

    /**
     * After which time a handler that still runs is logged at WARN and told to {@link WatcherListener#handlerSlow}, once for each attempt.
     * Behind {@link #handlerTimeout}, that is one that heeds no interrupt; an asynchronous one is given up before, so that this is refused.
     * Handlers are then called on {@code changewatch-<name>-worker-1}, also without {@link #concurrency}. Default: none.
     */
    public ChangeWatcherBuilder<T> slowHandlerAfter(Duration duration) {
        this.slowHandlerAfter = Objects.requireNonNull(duration, "duration");
        return this;
    }

    /** Is told what the watcher does. Several add up. */
    public ChangeWatcherBuilder<T> listener(WatcherListener listener) {
        listeners.add(Objects.requireNonNull(listener, "listener"));
        return this;
    }

    /** How often the position is logged at INFO, for recovery without a store. Default: 1 min; zero for never. */
    public ChangeWatcherBuilder<T> logPositionEvery(Duration interval) {
        this.logPositionEvery = Objects.requireNonNull(interval, "interval");
        return this;
    }

    /** How long {@link ChangeWatcher#close()} waits for the handler in flight and the last save. Default: 10 s. */
    public ChangeWatcherBuilder<T> closeWithin(Duration timeout) {
        this.closeWithin = Objects.requireNonNull(timeout, "timeout");
        return this;
    }

    /**
     * Below which {@linkplain io.changewatch.observe.Headroom headroom} it is logged at WARN, and told to
     * {@link WatcherListener#headroomLow}, that the position is about to fall off the oplog. They are times that you need to act, and
     * thus absolute: a watcher that keeps up on an oplog whose window is shorter than a threshold is told of, too, since a
     * restart has no longer than that. Nothing is told while the oplog has not lost its first entry. Headroom is measured when
     * the stream is opened and then every 30 s, every second when it is short, by one {@code find} on {@code local.oplog.rs}; without
     * any threshold it is not. Default: 1 h and 10 min.
     */
    public ChangeWatcherBuilder<T> headroomThresholds(Duration... thresholds) {
        this.headroomThresholds = List.of(thresholds);
        return this;
    }

    /**
     * Puts the watcher into the platform's MBean server from its start to its end, as a
     * {@link io.changewatch.observe.WatcherMXBean} named {@code io.changewatch:type=ChangeWatcher,name="<name>"}: its figures, and
     * pause, resume, seek, history and close. Whoever reaches the server may use them, and sees resume tokens, which hold keys of
     * documents. A second watcher of one name is {@code instance=2}. Not for a publisher, which its subscriber steers, and
     * not for the stream of a live feed, whose clients rely on its order. Default: no.
     */
    public ChangeWatcherBuilder<T> exposeThroughJmx() {
        this.exposedThroughJmx = true;
        return this;
    }

    /**
     * Lets any number of instances of this watcher be started, in one process or many, of which one watches at a time: the one that
     * has the lease for its name. The others are {@link WatcherState#STANDBY} and hold no stream; one of them takes over at the
     * checkpoint when the active one is closed, within a second, or dies or cannot renew the lease, after {@link Lease#ttl()}. Each
     * active one has a higher term, which stands in its checkpoints: the store refuses what an earlier one still saves. Events since
     * the last checkpoint are handled again after a take-over, none after a clean close.
     *
     * <p>Needs {@link #name} and {@link #resumeFrom} with the same store for all instances; one of this machine only, such as
     * {@code FileResumeTokenStore}, is warned of at the start. Not for publishers. Default: none, the
     * watcher watches whoever else does.
     */
    public ChangeWatcherBuilder<T> onlyOneActive(Lease lease) {
        this.lease = Objects.requireNonNull(lease, "lease");
        return this;
    }

    /**
     * A watcher that has not been started.
     *
     * @throws ConfigurationException if options are missing, contradict each other or would have no effect; the message names each
     *     of them with its remedy
     */
    public ChangeWatcher build() {
        checkHandled();
        WatcherSettings<T> watcher = watcherSettings();
        Surroundings surroundings = Surroundings.ofTheMachine();
        if (client != null && store instanceof TransactionalResumeTokenStore shared && !transactionHandlers.isEmpty()) {
            TransactionalDeliverers<T> deliverers = new TransactionalDeliverers<>(
                    batching, transactionHandlers.get(0), watcher, client, shared, means(surroundings));
            return engine(deliverers.settings(), deliverers, surroundings);
        }
        return engine(watcher, deliverers(watcher, surroundings), surroundings);
    }

    private void checkHandled() {
        List<String> problems = problemsOfHandling();
        if (!hasHandler()) {
            String beginning = "has no handler: add onEvent(...), onInsert(...) or another, or use publisher()";
            throw refusal(beginning + problems.stream().map(ALSO::concat).collect(Collectors.joining()));
        }
        refuseToBuild(problems);
    }

    /** {@link #problems()} and options that would have no effect on the handlers. */
    private List<String> problemsOfHandling() {
        OptionProblems problems = new OptionProblems();
        if (hasHandler()) {
            checkEffects(problems);
        }
        return Stream.concat(problems().stream(), problems.found().stream()).toList();
    }

    private ChangeWatcher engine(
            WatcherSettings<T> watcher, DelivererFactory<T> deliverers, Surroundings surroundings) {
        SourceProvider provider = ClientSourceProvider.of(watcher.name(), source, client, settings, surroundings);
        if (lease != null) {
            LeaseSettings leased = new LeaseSettings(lease, HolderName.next());
            LeasedWatcher<T> one = new LeasedWatcher<>(watcher, leased, provider, deliverers, surroundings);
            return exposedThroughJmx ? one.exposeThroughJmx() : one;
        }
        WatcherEngine<T> engine = new WatcherEngine<>(watcher, provider, deliverers, surroundings);
        return exposedThroughJmx ? engine.exposeThroughJmx() : engine;
    }

    private DelivererFactory<T> deliverers(WatcherSettings<T> watcher, Surroundings surroundings) {
        if (!batchHandlers.isEmpty()) {
            return batches(watcher, surroundings);
        }
        return isSideBySide() || isTimed()
                ? keyed(watcher, surroundings)
                : (failures, progress, stop) -> new SequentialDeliverer<>(watcher.handlers(), failures, progress);
    }

    private boolean isSideBySide() {
        return concurrency > 1 || !asynchronous.isEmpty();
    }

    private boolean isTimed() {
        return handlerTimeout != null || slowHandlerAfter != null;
    }

    private Function<? super DocumentEvent<T>, ?> key() {
        if (acknowledged) {
            return event -> new Object();
        }
        if (!isSideBySide()) {
            return event -> "all";
        }
        return orderedBy != null ? orderedBy : DocumentKey::of;
    }

    private DelivererFactory<T> keyed(WatcherSettings<T> watcher, Surroundings surroundings) {
        int events = maxInFlight != null ? maxInFlight : MAX_IN_FLIGHT;
        long bytes = maxInFlightBytes != null ? maxInFlightBytes : MAX_IN_FLIGHT_BYTES;
        KeyedDeliverer.Work<T> work = new KeyedDeliverer.Work<>(
                asynchronous.isEmpty()
                        ? Handling.by(watcher.handlers())
                        : asynchronous.get(0).apply(watcher.handlers()),
                key(),
                new KeyedDeliverer.Limits(acknowledged ? events : concurrency, events, bytes),
                new HandlerLimits(Optional.ofNullable(handlerTimeout), Optional.ofNullable(slowHandlerAfter)));
        return (failures, progress, stop) -> new KeyedDeliverer<>(
                work,
                failures,
                progress,
                stop,
                new KeyedDeliverer.Means(
                        surroundings,
                        surroundings.lock(),
                        (number, run) ->
                                surroundings.worker("changewatch-" + watcher.name() + "-worker-" + number, run),
                        surroundings.threads("changewatch-" + watcher.name() + "-monitor", true)));
    }

    private DelivererFactory<T> batches(WatcherSettings<T> watcher, Surroundings surroundings) {
        Work<T> work = new Work<>(batching, batchHandlers.get(0), watcher.handlers());
        Means means = means(surroundings);
        return (failures, progress, stop) -> new BatchDeliverer<>(work, failures, progress, stop, means);
    }

    private Means means(Surroundings surroundings) {
        return new Means(
                surroundings,
                surroundings.lock(),
                surroundings.threads("changewatch-" + effectiveName() + "-batch", true));
    }

    private boolean hasHandler() {
        return !handlers.isEmpty()
                || !batchHandlers.isEmpty()
                || !transactionHandlers.isEmpty()
                || !asynchronous.isEmpty();
    }

    /**
     * {@link #build()} and {@link ChangeWatcher#start()}.
     *
     * @throws ConfigurationException if options, the server or the privileges have to be changed first
     */
    public ChangeWatcher start() {
        return build().start();
    }

    /**
     * The same events as a Reactive Streams publisher, without handlers. Subscribing starts a watcher, cancelling closes it;
     * demand is the back-pressure. A request for n more events says that the n oldest handed out are handled; with unbounded
     * demand an event is handled when {@code onNext} returns. One subscriber at a time; a second receives
     * {@link IllegalStateException}.
     *
     * @throws ConfigurationException as {@link #build()}
     */
    public Publisher<ChangeEvent<T>> publisher() {
        return new EventPublisher<>(publisher(false));
    }

    /**
     * {@link #publisher()} with explicit acknowledgement: the checkpoint follows {@link Delivery#acknowledge()}. At most
     * {@link #maxUnsavedEvents} events are handed out and not acknowledged, whatever the demand.
     *
     * @throws ConfigurationException as {@link #build()}
     */
    public Publisher<Delivery<T>> deliveries() {
        return publisher(true);
    }

    /**
     * Looks at everything this watcher depends on, before it starts or instead: options, connection, topology, version,
     * privileges, the checkpoint, parked letters, the oplog, images, connections, and the stream itself, which is opened and closed again. No
     * handler is needed. What is wrong is a {@link io.changewatch.diagnose.Finding finding} with its remedy, not an exception; and
     * so is what could not be checked.
     *
     * {@snippet class="io.changewatch.examples.DiagnoseFirst" region="diagnose"}
     *
     * <p>Starts no watcher, writes nothing, holds no checkpoint: a watcher of the same name may run meanwhile. A client of
     * {@link ChangeWatcher#connect} is made and closed. Blocks until all is answered, usually for less than a second; at most for
     * 10 s until a server is found, 30 s for all questions to it and 10 s for each store.
     */
    public Diagnosis diagnose() {
        DiagnosisPlan plan = new DiagnosisPlan(
                effectiveName(),
                sourceSettings(),
                pipeline.stages(),
                source,
                Optional.ofNullable(store),
                parkingSettings(),
                startFrom,
                whenHistoryLost,
                headroomThresholds,
                allProblems());
        return Diagnoser.diagnose(plan, client, settings, Surroundings.ofTheMachine());
    }

    /**
     * The letters that a watcher of this builder has parked, to be listed, handled by this builder's handlers, and dropped. Starts no
     * watcher and needs none; one may run meanwhile.
     *
     * @throws ConfigurationException as {@link #build()}, or without {@link #parkIn}
     */
    public DeadLetters deadLetters() {
        DeadLetterStore letters = letterStore;
        if (letters == null) {
            throw new ConfigurationException(
                    "Watcher '" + effectiveName() + "' has no letters: name their store with parkIn(...).", null);
        }
        return new LetterDesk<>(watcherSettings(), letters, Surroundings.ofTheMachine());
    }

    private List<String> allProblems() {
        List<String> problems = new ArrayList<>(problemsOfHandling());
        try {
            decoders();
        } catch (IllegalArgumentException e) {
            problems.add("documents cannot be decoded, " + e.getMessage());
        }
        return problems;
    }

    private Publisher<Delivery<T>> publisher(boolean acknowledged) {
        checkPublisher();
        MongoClient givenClient = client;
        MongoClientSettings givenSettings = settings;
        StreamSource givenSource = source;
        WatcherSettings<T> watcher = watcherSettings();
        Surroundings surroundings = Surroundings.ofTheMachine();
        return new WatcherPublisher<>(
                watcher,
                () -> ClientSourceProvider.of(watcher.name(), givenSource, givenClient, givenSettings, surroundings),
                acknowledged,
                surroundings);
    }

    /** What a subscriber decides for itself. */
    private void checkPublisher() {
        OptionProblems problems = new OptionProblems();
        problems.require(
                !hasHandler(), "it has handlers and a publisher: use start() with handlers, or publisher() without");
        problems.require(
                parkingOrder != ParkingOrder.BLOCK_KEY,
                "parkIn(..., BLOCK_KEY) needs handlers, as a subscriber cannot be kept from later events of a document: use "
                        + "handlers, or ParkingOrder.GO_ON");
        problems.require(
                !exposedThroughJmx,
                "it has exposeThroughJmx() and a publisher, which its subscriber steers: leave one of them out");
        problems.require(
                !isTimed(),
                "it has handlerTimeout(...) or slowHandlerAfter(...) and a publisher: leave it out, a subscriber has no "
                        + "handler to wait for");
        problems.require(
                concurrency <= 1,
                "it has concurrency(" + concurrency
                        + ") and a publisher: leave it out and work on several threads yourself with deliveries(), or use "
                        + "start() with handlers");
        problems.require(
                lease == null,
                "it has a lease and a publisher, whose subscription cannot change its holder: use start() with handlers, or "
                        + "leave out onlyOneActive(...)");
        problems.require(
                orderedBy == null,
                "it has orderedBy(...) and a publisher, whose events are all in order: leave it out, or use start() with handlers");
        problems.require(
                maxInFlight == null && maxInFlightBytes == null,
                "it has maxInFlight(...) or maxInFlightBytes(...) and a publisher: leave it out, the subscriber's demand is "
                        + "the bound");
        refuseToBuild(
                Stream.concat(problems.found().stream(), problems().stream()).toList());
    }

    private <E extends ChangeEvent<T>> ChangeWatcherBuilder<T> handle(Class<? super E> kind, EventHandler<E> handler) {
        handlers.add(Handlers.bind(kind, Objects.requireNonNull(handler, "handler")));
        return this;
    }

    private String effectiveName() {
        return name != null ? name : scope.map(Namespace::toString).orElse("cluster");
    }

    private WatcherSettings<T> watcherSettings() {
        check();
        SourceSettings source = sourceSettings();
        return new WatcherSettings<>(
                effectiveName(),
                source,
                new CheckpointSettings(
                        effectiveName(),
                        Optional.ofNullable(store),
                        checkpointPolicy,
                        storeRetry,
                        maxUnsavedEvents,
                        Fingerprints.of(source)),
                decoder(),
                new Handlers<>(validations, handlers),
                new Recovery(
                        startFrom,
                        streamRetry,
                        whenHistoryLost,
                        whenInvalidated,
                        whenHandlerFails,
                        whenUndeliverable,
                        maxEventBytes,
                        parkingSettings()),
                listeners,
                closeWithin,
                logPositionEvery,
                headroomThresholds);
    }

    private Optional<ParkingSettings> parkingSettings() {
        return Optional.ofNullable(letterStore).map(letters -> new ParkingSettings(letters, parkingOrder, storeRetry));
    }

    private SourceSettings sourceSettings() {
        return new SourceSettings(
                scope,
                stages(),
                fullDocument,
                fullDocumentBeforeChange,
                showExpandedEvents,
                batchSize,
                maxAwait,
                unresponsiveAfter,
                Optional.ofNullable(collation),
                Optional.of(comment != null ? comment : new BsonString("changewatch " + effectiveName())));
    }

    /** The partition comes first: a stage of the application may drop the key. */
    private List<BsonDocument> stages() {
        return Stream.concat(Stream.ofNullable(partition).map(Partition::stage), pipeline.stages().stream())
                .toList();
    }

    private EventDecoder<T> decoder() {
        try {
            return decoders();
        } catch (IllegalArgumentException e) {
            throw new ConfigurationException("Watcher '" + effectiveName() + "': " + e.getMessage(), e);
        }
    }

    private EventDecoder<T> decoders() {
        CodecRegistry registry =
                codecRegistry != null ? codecRegistry : settings == null ? null : settings.getCodecRegistry();
        return EventDecoders.of(type, registry);
    }

    private void check() {
        refuseToBuild(problems());
    }

    private void refuseToBuild(List<String> problems) {
        if (!problems.isEmpty()) {
            throw refusal("cannot be built: " + String.join(ALSO, problems));
        }
    }

    private ConfigurationException refusal(String why) {
        return new ConfigurationException("Watcher '" + effectiveName() + "' " + why + ".", null);
    }

    private List<String> problems() {
        OptionProblems problems = new OptionProblems();
        scope.flatMap(NamespaceRules::problem).ifPresent(rule -> problems.require(false, rule));
        checkName(problems);
        checkValues(problems);
        checkHandlers(problems);
        checkDelivery(problems);
        List<String> ofPipeline = pipeline.problems(fullDocument, fullDocumentBeforeChange);
        problems.require(ofPipeline.isEmpty(), String.join("; ", ofPipeline));
        return problems.found();
    }

    private void checkName(OptionProblems problems) {
        problems.require(
                store == null || name != null,
                "resumeFrom(...) needs a name(...) that stays the same from start to start: the checkpoint is kept under it");
        problems.require(
                letterStore == null || name != null,
                "parkIn(...) needs a name(...) that stays the same from start to start: letters are kept under it");
        problems.require(name == null || !name.isBlank(), "name(...) must not be blank");
        problems.require(
                lease == null || (name != null && store != null),
                "onlyOneActive(...) needs " + missingForLease()
                        + " that " + (name == null && store == null ? "are" : "is")
                        + " the same for all instances: the next one goes on where the one before ended");
        problems.require(
                lease == null || OptionProblems.isPositive(lease.ttl().dividedBy(10)),
                "onlyOneActive(...) needs a lease whose ttl() is positive");
    }

    private String missingForLease() {
        return Stream.of(name == null ? "a name(...)" : "", store == null ? "a resumeFrom(...)" : "")
                .filter(missing -> !missing.isEmpty())
                .collect(Collectors.joining(" and "));
    }

    private void checkValues(OptionProblems problems) {
        problems.require(
                partition == null || partition.isPossible(),
                partition + " needs a count of at least 1, and an index from 0 to count - 1");
        problems.requireAtLeastOne("batchSize", batchSize);
        problems.require(
                OptionProblems.isPositive(maxAwait),
                "maxAwait(" + maxAwait + ") must be positive, such as Duration.ofSeconds(1)");
        problems.requirePositive("unresponsiveAfter", unresponsiveAfter);
        problems.requireAtLeastOne("maxUnsavedEvents", maxUnsavedEvents);
        problems.requireAtLeastOne("maxEventBytes", maxEventBytes);
        problems.require(
                !logPositionEvery.isNegative(), "logPositionEvery(" + logPositionEvery + ") must not be negative");
        problems.requirePositive("closeWithin", closeWithin);
        problems.require(
                headroomThresholds.stream().allMatch(OptionProblems::isPositive),
                "headroomThresholds(" + headroomThresholds + ") must be positive");
        problems.requireAtLeastOne("concurrency", concurrency);
        problems.requireAtLeastOne("maxInFlight", maxInFlight == null ? MAX_IN_FLIGHT : maxInFlight);
        problems.requireAtLeastOne(
                "maxInFlightBytes", maxInFlightBytes == null ? MAX_IN_FLIGHT_BYTES : maxInFlightBytes);
        problems.requirePositive("handlerTimeout", handlerTimeout);
        problems.requirePositive("slowHandlerAfter", slowHandlerAfter);
    }

    /** One kind of handlers only. */
    private void checkHandlers(OptionProblems problems) {
        problems.require(
                batchHandlers.isEmpty() || handlers.isEmpty(),
                "onBatch(...) gets every event, so handlers for single events cannot be beside it: call them from the batch "
                        + "handler, or build another watcher with another name(...)");
        problems.require(batchHandlers.size() <= 1, "onBatch(...) takes one handler: call the others from it");
        problems.require(
                transactionHandlers.isEmpty() || (handlers.isEmpty() && batchHandlers.isEmpty()),
                "onTransaction(...) gets every event, so other handlers cannot be beside it: call them from its handler, or "
                        + "build another watcher with another name(...)");
        problems.require(
                transactionHandlers.size() <= 1, "onTransaction(...) takes one handler: call the others from it");
        problems.require(
                transactionHandlers.isEmpty() || store instanceof TransactionalResumeTokenStore,
                "onTransaction(...) needs resumeFrom(...) with a store that saves in the same transaction, such as "
                        + "MongoResumeTokenStore.in(client.getDatabase(...)) on the same client");
        problems.require(
                transactionHandlers.isEmpty() || client != null,
                "onTransaction(...) needs ChangeWatcher.of(client), with the client of the store: a client that the watcher "
                        + "makes for itself has other sessions");
        problems.require(
                asynchronous.isEmpty() || (asynchronous.size() == 1 && handlers.isEmpty() && isForSingleEvents()),
                "onEventAsync(...), onEventReactive(...) or onDelivery(...) gets every event, so other handlers cannot be "
                        + "beside it: call them from it, or build another watcher with another name(...)");
    }

    private boolean isForSingleEvents() {
        return batchHandlers.isEmpty() && transactionHandlers.isEmpty();
    }

    /** Options that only some kinds of handlers have. */
    private void checkDelivery(OptionProblems problems) {
        problems.require(
                letterStore == null || !whenHandlerFails.skips(),
                "parkIn(...) keeps what whenHandlerFails(...) would skip: leave thenSkip() or skip() away, or parkIn(...)");
        problems.require(
                !isTimed() || isForSingleEvents(),
                "handlerTimeout(...) and slowHandlerAfter(...) are for handlers of single events: leave them out beside "
                        + "onBatch(...) or onTransaction(...)");
        problems.require(
                concurrency == 1 || isForSingleEvents(),
                "concurrency(" + concurrency
                        + ") is for handlers of single events: leave it out beside onBatch(...) or onTransaction(...), which "
                        + "hands out one batch at a time");
        problems.require(
                parkingOrder != ParkingOrder.BLOCK_KEY || !acknowledged,
                "parkIn(..., BLOCK_KEY) keeps the order of a document's events, and onDelivery(...) hands them out without any: "
                        + "use ParkingOrder.GO_ON, or another handler");
        problems.require(
                concurrency == 1 || !acknowledged,
                "concurrency(" + concurrency + ") has no effect beside onDelivery(...), which does not wait for "
                        + "acknowledgements: leave it out, maxInFlight(...) is the bound");
        problems.require(
                parkingOrder != ParkingOrder.BLOCK_KEY || orderedBy == null,
                "parkIn(..., BLOCK_KEY) keeps the order of each document's events, not that of the events with one key of "
                        + "orderedBy(...), of which those of other documents would go on: use ParkingOrder.GO_ON, or leave orderedBy(...) out");
    }

    /** Options that are set and would change nothing. */
    private void checkEffects(OptionProblems problems) {
        boolean inBatches = !isForSingleEvents();
        problems.require(
                orderedBy == null || !inBatches,
                "orderedBy(...) has no effect beside onBatch(...) or onTransaction(...), whose events are all in order: leave it "
                        + "out");
        problems.require(
                orderedBy == null || !acknowledged,
                "orderedBy(...) has no effect beside onDelivery(...), which hands events out without waiting for those before: "
                        + "leave it out, or use onEventAsync(...)");
        problems.require(
                orderedBy == null || inBatches || isSideBySide() || concurrencyChosen,
                "orderedBy(...) has no effect without concurrency(...) or an asynchronous handler, as all events are handled in "
                        + "order: leave it out, or choose a concurrency(...)");
        checkBounds(problems, "maxInFlight", maxInFlight);
        checkBounds(problems, "maxInFlightBytes", maxInFlightBytes);
        problems.require(
                asynchronous.isEmpty() || !isSlowOnlyAfterTimeout(),
                "slowHandlerAfter(" + slowHandlerAfter + ") has no effect behind handlerTimeout(" + handlerTimeout
                        + "), at which an asynchronous handler is given up: choose a shorter one, or leave it out");
    }

    private void checkBounds(OptionProblems problems, String option, @Nullable Number value) {
        problems.require(
                value == null || isForSingleEvents(),
                option + '(' + value
                        + ") has no effect beside onBatch(...) or onTransaction(...): leave it out, Batching says how "
                        + "much is collected");
        problems.require(
                value == null || !isForSingleEvents() || isSideBySide() || concurrencyChosen || isTimed(),
                option + '(' + value
                        + ") has no effect without concurrency(...) or an asynchronous handler, as one event is "
                        + "handled at a time: leave it out, or choose a concurrency(...)");
    }

    /** A handler that heeds no interrupt is told of then; one that has returned its stage is not. */
    private boolean isSlowOnlyAfterTimeout() {
        return handlerTimeout != null && slowHandlerAfter != null && slowHandlerAfter.compareTo(handlerTimeout) > 0;
    }
}
