package io.changewatch.internal.engine;

import static io.changewatch.internal.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.mongodb.client.model.changestream.FullDocument;
import com.mongodb.client.model.changestream.FullDocumentBeforeChange;
import io.changewatch.AsyncEventHandler;
import io.changewatch.Batching;
import io.changewatch.ChangeWatcher;
import io.changewatch.EventHandler;
import io.changewatch.HandlerFailurePolicy;
import io.changewatch.HistoryLostDecision;
import io.changewatch.HistoryLostPolicy;
import io.changewatch.InvalidatedPolicy;
import io.changewatch.StartPosition;
import io.changewatch.UndeliverablePolicy;
import io.changewatch.deadletter.DeadLetterStore;
import io.changewatch.deadletter.ParkingOrder;
import io.changewatch.event.ChangeEvent;
import io.changewatch.event.Namespace;
import io.changewatch.event.ResumeToken;
import io.changewatch.internal.checkpoint.CheckpointSettings;
import io.changewatch.internal.decode.EventDecoders;
import io.changewatch.internal.deliver.BatchDeliverer;
import io.changewatch.internal.deliver.BatchDeliverer.Means;
import io.changewatch.internal.deliver.BatchDeliverer.Work;
import io.changewatch.internal.deliver.Deliverer;
import io.changewatch.internal.deliver.DocumentKey;
import io.changewatch.internal.deliver.FailureHandling;
import io.changewatch.internal.deliver.HandlerLimits;
import io.changewatch.internal.deliver.Handlers;
import io.changewatch.internal.deliver.Handling;
import io.changewatch.internal.deliver.KeyedDeliverer;
import io.changewatch.internal.deliver.SequentialDeliverer;
import io.changewatch.internal.engine.WatcherSettings.Recovery;
import io.changewatch.internal.source.SourceSettings;
import io.changewatch.observe.WatcherListener;
import io.changewatch.resume.Checkpoint;
import io.changewatch.resume.CheckpointPolicy;
import io.changewatch.resume.Fingerprint;
import io.changewatch.resume.ResumeTokenStore;
import io.changewatch.retry.RetryPolicy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.bson.BsonDocument;
import org.bson.BsonTimestamp;

/**
 * A watcher of {@code shop.orders} named {@code orders} on a scripted server, with manual time and a handler that remembers.
 * Saves after every event; a failed handler ends it.
 *
 * <p>Not thread-safe, but for what was recorded.
 */
final class WatchSetup {
    static final Fingerprint FINGERPRINT = Fingerprints.of(source());

    final ScriptedSource server = new ScriptedSource();
    final ManualSurroundings time = new ManualSurroundings();
    final RecordingListener listener = new RecordingListener();
    final List<ChangeEvent<BsonDocument>> handled = new CopyOnWriteArrayList<>();

    private final List<WatcherListener> listeners = new ArrayList<>(List.of(listener));
    private EventHandler<ChangeEvent<BsonDocument>> handler = event -> {};
    private Optional<ResumeTokenStore> store = Optional.empty();
    private CheckpointPolicy checkpointPolicy = CheckpointPolicy.everyEvent();
    private RetryPolicy storeRetry = (failures, elapsed, random) -> Optional.of(Duration.ofMillis(1));
    private int maxUnsavedEvents = 1_000;
    private StartPosition startFrom = StartPosition.now();
    private RetryPolicy retry = RetryPolicy.exponential(Duration.ofMillis(100), Duration.ofSeconds(10));
    private HistoryLostDecision whenHistoryLost = HistoryLostPolicy.FAIL;
    private InvalidatedPolicy whenInvalidated = InvalidatedPolicy.REOPEN;
    private HandlerFailurePolicy whenHandlerFails = HandlerFailurePolicy.stop();
    private UndeliverablePolicy whenUndeliverable = UndeliverablePolicy.FAIL;
    private int maxEventBytes = 1_000_000;
    private Optional<DeadLetterStore> letters = Optional.empty();
    private ParkingOrder parkingOrder = ParkingOrder.GO_ON;
    private SourceSettings source = source();
    private Duration closeWithin = Duration.ofSeconds(10);
    private List<Duration> headroomThresholds = List.of();
    private Optional<Batching> batching = Optional.empty();
    private int concurrency = 1;
    private Optional<AsyncEventHandler<ChangeEvent<BsonDocument>>> asynchronous = Optional.empty();
    private HandlerLimits handlerLimits = HandlerLimits.NONE;

    /** A checkpoint of this watcher at an event. */
    static Checkpoint checkpoint(ResumeToken token, BsonTimestamp clusterTime) {
        return checkpoint(token, clusterTime, FINGERPRINT);
    }

    static Checkpoint checkpoint(ResumeToken token, BsonTimestamp clusterTime, Fingerprint fingerprint) {
        return new Checkpoint(token, clusterTime, ManualSurroundings.BEGIN, fingerprint, 0);
    }

    WatchSetup handler(EventHandler<ChangeEvent<BsonDocument>> called) {
        handler = called;
        return this;
    }

    WatchSetup store(ResumeTokenStore given) {
        store = Optional.of(given);
        return this;
    }

    WatchSetup checkpoint(CheckpointPolicy policy) {
        checkpointPolicy = policy;
        return this;
    }

    WatchSetup retryStore(RetryPolicy policy) {
        storeRetry = policy;
        return this;
    }

    WatchSetup maxUnsavedEvents(int events) {
        maxUnsavedEvents = events;
        return this;
    }

    WatchSetup startFrom(StartPosition position) {
        startFrom = position;
        return this;
    }

    WatchSetup retry(RetryPolicy policy) {
        retry = policy;
        return this;
    }

    WatchSetup whenHistoryLost(HistoryLostDecision decision) {
        whenHistoryLost = decision;
        return this;
    }

    WatchSetup whenInvalidated(InvalidatedPolicy policy) {
        whenInvalidated = policy;
        return this;
    }

    WatchSetup whenHandlerFails(HandlerFailurePolicy policy) {
        whenHandlerFails = policy;
        return this;
    }

    WatchSetup whenUndeliverable(UndeliverablePolicy policy) {
        whenUndeliverable = policy;
        return this;
    }

    WatchSetup maxEventBytes(int bytes) {
        maxEventBytes = bytes;
        return this;
    }

    WatchSetup parkIn(DeadLetterStore given, ParkingOrder order) {
        letters = Optional.of(given);
        parkingOrder = order;
        return this;
    }

    /** Another stream than the default, of which the fingerprint does not matter. */
    WatchSetup source(SourceSettings other) {
        source = other;
        return this;
    }

    WatchSetup closeWithin(Duration timeout) {
        closeWithin = timeout;
        return this;
    }

    WatchSetup headroomThresholds(Duration... thresholds) {
        headroomThresholds = List.of(thresholds);
        return this;
    }

    /** The handler gets batches, and is called with their events one after the other. */
    WatchSetup inBatches(Batching limits) {
        batching = Optional.of(limits);
        return this;
    }

    /** So many handlers at once, for events of different documents. */
    WatchSetup concurrency(int handlers) {
        concurrency = handlers;
        return this;
    }

    /** The handler only begins, up to {@link #concurrency} at once. */
    WatchSetup handlerAsync(AsyncEventHandler<ChangeEvent<BsonDocument>> called) {
        asynchronous = Optional.of(called);
        return this;
    }

    /** Handlers that run for longer are told of; not those of batches, nor one that is alone. */
    WatchSetup slowHandlerAfter(Duration time) {
        handlerLimits = new HandlerLimits(Optional.empty(), Optional.of(time));
        return this;
    }

    WatchSetup listener(WatcherListener added) {
        listeners.add(added);
        return this;
    }

    WatcherEngine<BsonDocument> build() {
        WatcherSettings<BsonDocument> settings = settings();
        return new WatcherEngine<>(
                settings, server, (failures, progress, stop) -> deliverer(settings, failures, progress, stop), time);
    }

    private Deliverer<BsonDocument> deliverer(
            WatcherSettings<BsonDocument> settings,
            FailureHandling failures,
            Deliverer.Progress progress,
            Runnable stop) {
        if (batching.isPresent()) {
            return new BatchDeliverer<>(work(batching.get()), failures, progress, stop, means());
        }
        return concurrency == 1 && asynchronous.isEmpty()
                ? new SequentialDeliverer<>(settings.handlers(), failures, progress)
                : new KeyedDeliverer<>(
                        new KeyedDeliverer.Work<>(
                                handling(settings.handlers()),
                                DocumentKey::of,
                                new KeyedDeliverer.Limits(concurrency, 1_000, 1_000_000),
                                handlerLimits),
                        failures,
                        progress,
                        stop,
                        new KeyedDeliverer.Means(
                                time,
                                time.lock(),
                                (number, work) -> time.worker("changewatch-orders-worker-" + number, work)));
    }

    private Handling<BsonDocument> handling(Handlers<BsonDocument> handlers) {
        return asynchronous
                .map(called -> Handling.async(new Handlers<>(List.of(), List.of()), called))
                .orElseGet(() -> Handling.by(handlers));
    }

    private Work<BsonDocument> work(Batching limits) {
        return new Work<>(limits, this::handleBatch, new Handlers<>(List.of(), List.of()));
    }

    private void handleBatch(List<ChangeEvent<BsonDocument>> events) throws Exception {
        for (ChangeEvent<BsonDocument> event : events) {
            handle(event);
        }
    }

    private Means means() {
        return new Means(time, time.lock(), time.threads("changewatch-orders-batch", true));
    }

    WatcherEngine<BsonDocument> start() {
        WatcherEngine<BsonDocument> watcher = build();
        watcher.start();
        return watcher;
    }

    /** Runs the script to its end, then closes. */
    ChangeWatcher run() throws InterruptedException {
        ChangeWatcher watcher = start();
        server.awaitQuiet();
        watcher.close();
        return watcher;
    }

    /** Runs until the watcher ends of its own accord; returns why. */
    Throwable runToFailure() throws InterruptedException {
        WatcherEngine<BsonDocument> watcher = build();
        watcher.launch();
        if (!watcher.awaitTermination(Duration.ofSeconds(10))) {
            throw new AssertionError("The watcher is still " + watcher.state() + "; opened: " + server.opened());
        }
        watcher.close(); // waits until listeners know, too
        return watcher.failure().orElseThrow(() -> new AssertionError("The watcher has not failed."));
    }

    /** Waits for every thread; no stream is left open then. */
    void leavesNothingBehind() {
        eventually(() -> time.runningThreads().isEmpty());
        assertThat(server.isAllClosed()).isTrue();
    }

    WatcherSettings<BsonDocument> settings() {
        return new WatcherSettings<>(
                "orders",
                source,
                new CheckpointSettings("orders", store, checkpointPolicy, storeRetry, maxUnsavedEvents, FINGERPRINT),
                EventDecoders.of(BsonDocument.class, null),
                new Handlers<>(List.of(), List.of(this::handle)),
                new Recovery(
                        startFrom,
                        retry,
                        whenHistoryLost,
                        whenInvalidated,
                        whenHandlerFails,
                        whenUndeliverable,
                        maxEventBytes,
                        letters.map(given -> new ParkingSettings(given, parkingOrder, storeRetry))),
                listeners,
                closeWithin,
                Duration.ofMinutes(1),
                headroomThresholds);
    }

    private void handle(ChangeEvent<BsonDocument> event) throws Exception {
        handler.handle(event);
        handled.add(event);
    }

    /** The cluster times of what was handled, in seconds: 5 for the event made by {@code Events.insert(5)}. */
    List<Integer> handledTimes() {
        return handled.stream().map(event -> event.clusterTime().getTime()).toList();
    }

    static SourceSettings source() {
        return new SourceSettings(
                Optional.of(Namespace.of("shop", "orders")),
                List.of(),
                FullDocument.DEFAULT,
                FullDocumentBeforeChange.DEFAULT,
                false,
                1_000,
                Duration.ofSeconds(1),
                Duration.ofSeconds(10),
                Optional.empty(),
                Optional.empty());
    }
}
