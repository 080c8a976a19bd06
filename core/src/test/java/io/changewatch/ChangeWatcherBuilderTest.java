package io.changewatch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.mongodb.MongoClientSettings;
import com.mongodb.client.model.Collation;
import com.mongodb.client.model.changestream.FullDocument;
import com.mongodb.client.model.changestream.FullDocumentBeforeChange;
import com.mongodb.reactivestreams.client.ClientSession;
import io.changewatch.deadletter.DeadLetterStore;
import io.changewatch.deadletter.ParkingOrder;
import io.changewatch.lease.Claim;
import io.changewatch.lease.Lease;
import io.changewatch.observe.WatcherListener;
import io.changewatch.pipeline.Condition;
import io.changewatch.pipeline.Membership;
import io.changewatch.pipeline.Pipeline;
import io.changewatch.resume.Checkpoint;
import io.changewatch.resume.CheckpointPolicy;
import io.changewatch.resume.ResumeTokenStore;
import io.changewatch.resume.TransactionalResumeTokenStore;
import io.changewatch.retry.RetryPolicy;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.bson.Document;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

final class ChangeWatcherBuilderTest {
    private static final ResumeTokenStore STORE = new ResumeTokenStore() {
        @Override
        public Optional<Checkpoint> load(String watcher) {
            return Optional.empty();
        }

        @Override
        public void save(String watcher, Checkpoint checkpoint) {
            // Kept nowhere.
        }

        @Override
        public void delete(String watcher) {
            // Nothing to forget.
        }
    };

    private static final DeadLetterStore LETTERS = (DeadLetterStore) Proxy.newProxyInstance(
            ChangeWatcherBuilderTest.class.getClassLoader(),
            new Class<?>[] {DeadLetterStore.class},
            (proxy, method, arguments) -> {
                throw new UnsupportedOperationException(method.getName());
            });

    @Test
    void needsAStoreAndHandlersForLetters() {
        assertThatThrownBy(() -> orders().name("orders").deadLetters())
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("Watcher 'orders' has no letters: name their store with parkIn(...).");
        assertThatThrownBy(() ->
                        orders().name("orders").parkIn(LETTERS).deadLetters().redriveAll())
                .isInstanceOf(ConfigurationException.class)
                .hasMessage(
                        "Letters of watcher 'orders' cannot be re-driven: the builder has no handler. Add onEvent(...),"
                                + " onInsert(...) or another to the builder of deadLetters(); beside onBatch(...), onTransaction(...),"
                                + " onEventAsync(...), onEventReactive(...) or onDelivery(...), which cannot be called with one letter,"
                                + " take another builder with the same name(...) and parkIn(...).");
    }

    @Test
    void blocksNoDocumentForASubscriber() {
        assertThatThrownBy(() -> orders().name("orders")
                        .parkIn(LETTERS, ParkingOrder.BLOCK_KEY)
                        .publisher())
                .isInstanceOf(ConfigurationException.class)
                .hasMessage(
                        "Watcher 'orders' cannot be built: parkIn(..., BLOCK_KEY) needs handlers, as a subscriber cannot be"
                                + " kept from later events of a document: use handlers, or ParkingOrder.GO_ON.");
    }

    private record NoLease(Duration ttl) implements Lease {
        @Override
        public Claim acquire(String watcher, String holder, long above) {
            return Claim.heldBy("somebody", above + 1);
        }

        @Override
        public boolean renew(String watcher, String holder, long term) {
            return false;
        }

        @Override
        public void release(String watcher, String holder, long term) {
            // Nobody has it.
        }
    }

    private static ChangeWatcherBuilder<Document> orders() {
        return ChangeWatcher.connect("mongodb://localhost").collection("shop", "orders");
    }

    static Stream<Arguments> refusals() {
        return Stream.of(
                refusal(
                        builder -> builder.resumeFrom(STORE),
                        "Watcher 'shop.orders' cannot be built: resumeFrom(...) needs a name(...) that stays the same from start "
                                + "to start: the checkpoint is kept under it."),
                refusal(
                        builder -> builder.parkIn(LETTERS),
                        "Watcher 'shop.orders' cannot be built: parkIn(...) needs a name(...) that stays the same from start to "
                                + "start: letters are kept under it."),
                refusal(
                        builder -> builder.name("orders")
                                .parkIn(LETTERS)
                                .whenHandlerFails(
                                        HandlerFailurePolicy.standard().thenSkip()),
                        "Watcher 'orders' cannot be built: parkIn(...) keeps what whenHandlerFails(...) would skip: leave "
                                + "thenSkip() or skip() away, or parkIn(...)."),
                refusal(builder -> builder.name(" "), "Watcher ' ' cannot be built: name(...) must not be blank."),
                refusal(
                        builder -> builder.name("indexer").batchSize(0),
                        "Watcher 'indexer' cannot be built: batchSize(0) must be at least 1."),
                refusal(
                        builder -> builder.maxAwait(Duration.ZERO),
                        "Watcher 'shop.orders' cannot be built: maxAwait(PT0S) must be positive, such as "
                                + "Duration.ofSeconds(1)."),
                refusal(
                        builder -> builder.unresponsiveAfter(Duration.ofSeconds(-1)),
                        "Watcher 'shop.orders' cannot be built: unresponsiveAfter(PT-1S) must be positive."),
                refusal(
                        builder -> builder.maxUnsavedEvents(0),
                        "Watcher 'shop.orders' cannot be built: maxUnsavedEvents(0) must be at least 1."),
                refusal(
                        builder -> builder.pipeline(Pipeline.transitionsOf(Membership.of(
                                        Condition.document("status").eq("open"))))
                                .fullDocument(FullDocument.UPDATE_LOOKUP)
                                .fullDocumentBeforeChange(FullDocumentBeforeChange.REQUIRED),
                        "Watcher 'shop.orders' cannot be built: Pipeline.transitionsOf(..) needs each document right before and right"
                                + " after its change. Ask for them with fullDocument(FullDocument.WHEN_AVAILABLE) and"
                                + " fullDocumentBeforeChange(FullDocumentBeforeChange.WHEN_AVAILABLE), or REQUIRED, on a"
                                + " collection that keeps images; what UPDATE_LOOKUP finds may be newer than the change."),
                refusal(
                        builder -> builder.partition(8, 8),
                        "Watcher 'shop.orders' cannot be built: partition(8, 8) needs a count of at least 1, and an index from 0 to "
                                + "count - 1."),
                refusal(
                        builder -> builder.partition(-1, 0),
                        "Watcher 'shop.orders' cannot be built: partition(-1, 0) needs a count of at least 1, and an index from 0 to "
                                + "count - 1."),
                refusal(
                        builder -> builder.maxEventBytes(0),
                        "Watcher 'shop.orders' cannot be built: maxEventBytes(0) must be at least 1."),
                refusal(
                        builder -> builder.logPositionEvery(Duration.ofNanos(-1)),
                        "Watcher 'shop.orders' cannot be built: logPositionEvery(PT-0.000000001S) must not be negative."),
                refusal(
                        builder -> builder.closeWithin(Duration.ZERO),
                        "Watcher 'shop.orders' cannot be built: closeWithin(PT0S) must be positive."));
    }

    static Stream<Arguments> refusalsOfLeases() {
        return Stream.of(
                refusal(
                        builder -> builder.name("indexer").onlyOneActive(new NoLease(Duration.ofSeconds(15))),
                        "Watcher 'indexer' cannot be built: onlyOneActive(...) needs a resumeFrom(...) that is the same for all"
                                + " instances: the next one goes on where the one before ended."),
                refusal(
                        builder -> builder.onlyOneActive(new NoLease(Duration.ofSeconds(15))),
                        "Watcher 'shop.orders' cannot be built: onlyOneActive(...) needs a name(...) and a resumeFrom(...) that are"
                                + " the same for all instances: the next one goes on where the one before ended."),
                refusal(
                        builder -> builder.name("indexer").resumeFrom(STORE).onlyOneActive(new NoLease(Duration.ZERO)),
                        "Watcher 'indexer' cannot be built: onlyOneActive(...) needs a lease whose ttl() is positive."));
    }

    private static Arguments refusal(UnaryOperator<ChangeWatcherBuilder<Document>> mistake, String message) {
        return Arguments.of(mistake, message);
    }

    @ParameterizedTest
    @MethodSource({"refusals", "refusalsOfLeases"})
    void refusesWhatCannotWork(UnaryOperator<ChangeWatcherBuilder<Document>> mistake, String message) {
        ChangeWatcherBuilder<Document> builder = mistake.apply(orders().onEvent(event -> {}));

        assertThatThrownBy(builder::build)
                .isInstanceOf(ConfigurationException.class)
                .hasMessage(message);
    }

    @ParameterizedTest
    @MethodSource("refusals")
    void refusesTheSameForAPublisher(UnaryOperator<ChangeWatcherBuilder<Document>> mistake, String message) {
        ChangeWatcherBuilder<Document> builder = mistake.apply(orders());

        assertThatThrownBy(builder::publisher)
                .isInstanceOf(ConfigurationException.class)
                .hasMessage(message);
        assertThatThrownBy(builder::deliveries)
                .isInstanceOf(ConfigurationException.class)
                .hasMessage(message);
    }

    static Stream<Arguments> illegalNames() {
        return Stream.of(
                Arguments.of("", "orders", "the name of the database must not be empty"),
                Arguments.of("sh op", "orders", "the name of the database 'sh op' must not contain a space"),
                Arguments.of("sh.op", "orders", "the name of the database 'sh.op' must not contain a dot"),
                Arguments.of("$shop", "orders", "the name of the database '$shop' must not contain $"),
                Arguments.of("sh/op", "orders", "the name of the database 'sh/op' must not contain /"),
                Arguments.of("sh\\op", "orders", "the name of the database 'sh\\op' must not contain \\"),
                Arguments.of("sh\"op", "orders", "the name of the database 'sh\"op' must not contain \""),
                Arguments.of(
                        "ö".repeat(32),
                        "orders",
                        "the name of the database '" + "ö".repeat(32) + "' has 64 bytes in UTF-8, and 63 are allowed"),
                Arguments.of(
                        "shop",
                        "",
                        "the name of the collection must not be empty: to watch every collection, use database(...)"),
                Arguments.of("shop", ".orders", "the name of the collection '.orders' must not begin with a dot"),
                Arguments.of("shop", "$orders", "the name of the collection '$orders' must not contain $"),
                Arguments.of(
                        "shop", "or\0ders", "the name of the collection 'or\0ders' must not contain a zero character"),
                Arguments.of(
                        "shop",
                        "o".repeat(251),
                        "the name 'shop." + "o".repeat(251)
                                + "' has 256 bytes in UTF-8, and 255 are allowed for database and collection together"));
    }

    @ParameterizedTest
    @MethodSource("illegalNames")
    void refusesANameThatNoServerTakes(String database, String collection, String problem) {
        ChangeWatcherBuilder<Document> builder = ChangeWatcher.connect("mongodb://localhost")
                .collection(database, collection)
                .name("w")
                .onEvent(event -> {});

        assertThatThrownBy(builder::build)
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("Watcher 'w' cannot be built: " + problem + ".");
    }

    @Test
    void refusesAnIllegalDatabaseAlone() {
        assertThatThrownBy(() -> ChangeWatcher.connect("mongodb://localhost")
                        .database("sh op")
                        .onEvent(event -> {})
                        .build())
                .isInstanceOf(ConfigurationException.class)
                .hasMessage(
                        "Watcher 'sh op' cannot be built: the name of the database 'sh op' must not contain a space.");
    }

    @Test
    void acceptsTheLongestAndStrangestNamesThatServersTake() {
        for (String[] name : new String[][] {{"d".repeat(63), "o".repeat(191)}, {"größe", "a.b c/d\"e"}}) {
            assertThat(ChangeWatcher.connect("mongodb://localhost")
                            .collection(name[0], name[1])
                            .onEvent(event -> {})
                            .build())
                    .isNotNull();
        }
    }

    @Test
    void refusesAWatcherWithoutAHandler() {
        assertThatThrownBy(() -> orders().build())
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("Watcher 'shop.orders' has no handler: add onEvent(...), onInsert(...) or another, or use "
                        + "publisher().");
    }

    @Test
    void refusesBatchesBesideHandlersForSingleEvents() {
        assertThatThrownBy(() ->
                        orders().onBatch(events -> {}).onInsert(event -> {}).build())
                .isInstanceOf(ConfigurationException.class)
                .hasMessage(
                        "Watcher 'shop.orders' cannot be built: onBatch(...) gets every event, so handlers for single events "
                                + "cannot be beside it: call them from the batch handler, or build another watcher with another "
                                + "name(...).");
        assertThat(orders().onBatch(events -> {}).build()).isNotNull();
    }

    @Test
    void refusesTwoHandlersOfBatches() {
        assertThatThrownBy(() ->
                        orders().onBatch(events -> {}).onBatch(events -> {}).build())
                .isInstanceOf(ConfigurationException.class)
                .hasMessage(
                        "Watcher 'shop.orders' cannot be built: onBatch(...) takes one handler: call the others from it.");
    }

    @Test
    void refusesAPublisherWithAHandlerOfBatches() {
        assertThatThrownBy(() -> orders().onBatch(events -> {}).publisher())
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("has handlers and a publisher");
    }

    @Test
    void refusesTransactionsBesideOtherHandlers() {
        assertThatThrownBy(() -> orders().onTransaction((transaction, events) -> {})
                        .onBatch(events -> {})
                        .build())
                .isInstanceOf(ConfigurationException.class)
                .hasMessageStartingWith(
                        "Watcher 'shop.orders' cannot be built: onTransaction(...) gets every event, so other handlers cannot "
                                + "be beside it: call them from its handler, or build another watcher with another name(...). Also: ");
    }

    @Test
    void refusesTransactionsWithoutAStoreThatSavesInThem() {
        assertThatThrownBy(() -> orders().name("totals")
                        .resumeFrom(STORE)
                        .onTransaction((transaction, events) -> {})
                        .build())
                .isInstanceOf(ConfigurationException.class)
                .hasMessage(
                        "Watcher 'totals' cannot be built: onTransaction(...) needs resumeFrom(...) with a store that saves in "
                                + "the same transaction, such as MongoResumeTokenStore.in(client.getDatabase(...)) on the same client."
                                + " Also: onTransaction(...) needs ChangeWatcher.of(client), with the client of the store: a client that"
                                + " the watcher makes for itself has other sessions.");
    }

    @Test
    void refusesTransactionsWithAClientOfItsOwn() {
        assertThatThrownBy(() -> orders().name("totals")
                        .resumeFrom(new TransactionalStore())
                        .onTransaction((transaction, events) -> {})
                        .build())
                .isInstanceOf(ConfigurationException.class)
                .hasMessage(
                        "Watcher 'totals' cannot be built: onTransaction(...) needs ChangeWatcher.of(client), with the client "
                                + "of the store: a client that the watcher makes for itself has other sessions.");
    }

    private static final class TransactionalStore implements TransactionalResumeTokenStore {
        @Override
        public Optional<Checkpoint> takeOver(ClientSession session, String watcher) {
            return Optional.empty();
        }

        @Override
        public boolean saveIn(ClientSession session, String watcher, Checkpoint checkpoint) {
            return true;
        }

        @Override
        public Optional<Checkpoint> load(String watcher) {
            return Optional.empty();
        }

        @Override
        public void save(String watcher, Checkpoint checkpoint) {}

        @Override
        public void delete(String watcher) {}
    }

    @Test
    void refusesSeveralHandlersAtOnceWhereTheyWouldHaveNoEffect() {
        assertThatThrownBy(() -> orders().onBatch(events -> {}).concurrency(4).build())
                .isInstanceOf(ConfigurationException.class)
                .hasMessage(
                        "Watcher 'shop.orders' cannot be built: concurrency(4) is for handlers of single events: leave it "
                                + "out beside onBatch(...) or onTransaction(...), which hands out one batch at a time.");
        assertThatThrownBy(() -> orders().concurrency(4).publisher())
                .isInstanceOf(ConfigurationException.class)
                .hasMessage(
                        "Watcher 'shop.orders' cannot be built: it has concurrency(4) and a publisher: leave it out and work on several threads "
                                + "yourself with deliveries(), or use start() with handlers.");
        assertThat(orders().concurrency(4).sameStream("other").publisher()).isNotNull();
    }

    static Stream<Arguments> optionsWithoutEffect() {
        return Stream.of(
                refusal(
                        builder -> builder.onEvent(event -> {}).orderedBy(event -> 1),
                        "orderedBy(...) has no effect without concurrency(...) or an asynchronous handler, as all events are "
                                + "handled in order: leave it out, or choose a concurrency(...)."),
                refusal(
                        builder -> builder.onBatch(events -> {}).orderedBy(event -> 1),
                        "orderedBy(...) has no effect beside onBatch(...) or onTransaction(...), whose events are all in order: "
                                + "leave it out."),
                refusal(
                        builder -> builder.onDelivery(Delivery::acknowledge).orderedBy(event -> 1),
                        "orderedBy(...) has no effect beside onDelivery(...), which hands events out without waiting for those "
                                + "before: leave it out, or use onEventAsync(...)."),
                refusal(
                        builder -> builder.onEvent(event -> {}).maxInFlight(7),
                        "maxInFlight(7) has no effect without concurrency(...) or an asynchronous handler, as one event is handled "
                                + "at a time: leave it out, or choose a concurrency(...)."),
                refusal(
                        builder -> builder.onBatch(events -> {}).maxInFlightBytes(7),
                        "maxInFlightBytes(7) has no effect beside onBatch(...) or onTransaction(...): leave it out, Batching says "
                                + "how much is collected."),
                refusal(
                        builder -> builder.onEventReactive(event -> subscriber -> {})
                                .handlerTimeout(Duration.ofSeconds(1))
                                .slowHandlerAfter(Duration.ofSeconds(2)),
                        "slowHandlerAfter(PT2S) has no effect behind handlerTimeout(PT1S), at which an asynchronous handler is given "
                                + "up: choose a shorter one, or leave it out."));
    }

    @ParameterizedTest
    @MethodSource("optionsWithoutEffect")
    void refusesWhatWouldHaveNoEffect(UnaryOperator<ChangeWatcherBuilder<Document>> mistake, String problem) {
        assertThatThrownBy(() -> mistake.apply(orders()).build())
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("Watcher 'shop.orders' cannot be built: " + problem);
    }

    @Test
    void acceptsWhatHasAnEffect() {
        assertThat(orders().onEvent(event -> {})
                        .concurrency(2)
                        .orderedBy(event -> 1)
                        .maxInFlight(10_000)
                        .build())
                .isNotNull();
        assertThat(orders().onEvent(event -> {})
                        .concurrency(1) // from a configuration, say
                        .orderedBy(event -> 1)
                        .maxInFlight(7)
                        .build())
                .isNotNull();
        assertThat(orders().onEventReactive(event -> subscriber -> {})
                        .orderedBy(event -> 1)
                        .maxInFlightBytes(7)
                        .build())
                .isNotNull();
        assertThat(orders().onDelivery(Delivery::acknowledge).maxInFlight(7).build())
                .isNotNull();
        assertThat(orders().onEvent(event -> {})
                        .handlerTimeout(Duration.ofSeconds(1))
                        .slowHandlerAfter(Duration.ofSeconds(2)) // tells of one that heeds no interrupt
                        .maxInFlight(7)
                        .build())
                .isNotNull();
    }

    @Test
    void refusesAnOrderOrABoundForASubscriber() {
        assertThatThrownBy(
                        () -> orders().orderedBy(event -> 1).maxInFlightBytes(7).publisher())
                .hasMessage(
                        "Watcher 'shop.orders' cannot be built: it has orderedBy(...) and a publisher, whose events are all in "
                                + "order: leave it out, or use start() with handlers. Also: it has maxInFlight(...) or "
                                + "maxInFlightBytes(...) and a publisher: leave it out, the subscriber's demand is the bound.");
    }

    @Test
    void anotherWatcherOfTheSameStreamHasNoneOfTheOptionsOfItsHandlers() {
        ChangeWatcherBuilder<Document> feed = orders().concurrency(4)
                .orderedBy(event -> 1)
                .maxInFlight(7)
                .maxInFlightBytes(7)
                .onEvent(event -> {});

        assertThat(feed.copy().build()).isNotNull();
        assertThat(feed.sameStream("other").publisher()).isNotNull();
        assertThat(feed.sameStream("other").onBatch(events -> {}).build()).isNotNull();
    }

    @Test
    void blocksNoKeyButTheDocuments() {
        assertThatThrownBy(() -> orders().name("orders")
                        .parkIn(LETTERS, ParkingOrder.BLOCK_KEY)
                        .concurrency(4)
                        .orderedBy(event -> 1)
                        .onEvent(event -> {})
                        .build())
                .isInstanceOf(ConfigurationException.class)
                .hasMessage(
                        "Watcher 'orders' cannot be built: parkIn(..., BLOCK_KEY) keeps the order of each document's events, not that"
                                + " of the events with one key of orderedBy(...), of which those of other documents would go on: use"
                                + " ParkingOrder.GO_ON, or leave orderedBy(...) out.");
    }

    @Test
    void tellsEverythingThatIsWrongAtOnce() {
        ChangeWatcherBuilder<Document> builder = orders().batchSize(0).maxInFlight(7);

        assertThatThrownBy(builder::build)
                .hasMessage("Watcher 'shop.orders' has no handler: add onEvent(...), onInsert(...) or another, or use "
                        + "publisher(). Also: batchSize(0) must be at least 1.");
        assertThatThrownBy(builder.onEvent(event -> {})::build)
                .hasMessage(
                        "Watcher 'shop.orders' cannot be built: batchSize(0) must be at least 1. Also: maxInFlight(7) has no "
                                + "effect without concurrency(...) or an asynchronous handler, as one event is handled at a time: leave it "
                                + "out, or choose a concurrency(...).");
    }

    @Test
    void refusesAnAsynchronousHandlerBesideOthers() {
        assertThatThrownBy(() -> orders().onEventAsync(event -> CompletableFuture.completedFuture(null))
                        .onInsert(event -> {})
                        .build())
                .isInstanceOf(ConfigurationException.class)
                .hasMessage(
                        "Watcher 'shop.orders' cannot be built: onEventAsync(...), onEventReactive(...) or onDelivery(...) gets "
                                + "every event, so other handlers cannot be beside it: call them from it, or build another watcher with another "
                                + "name(...).");
        assertThatThrownBy(() -> orders().onEventAsync(event -> CompletableFuture.completedFuture(null))
                        .publisher())
                .hasMessageContaining("has handlers and a publisher");
        assertThat(orders().onEventReactive(event -> subscriber -> {})
                        .concurrency(4)
                        .build())
                .isNotNull();
    }

    @Test
    void refusesSeveralHandlersOfDeliveriesAtOnce() {
        assertThatThrownBy(() -> orders().onDelivery(Delivery::acknowledge)
                        .concurrency(4)
                        .build())
                .hasMessage(
                        "Watcher 'shop.orders' cannot be built: concurrency(4) has no effect beside onDelivery(...), which does "
                                + "not wait for acknowledgements: leave it out, maxInFlight(...) is the bound.");
        assertThat(orders().onDelivery(Delivery::acknowledge).build()).isNotNull();
    }

    @Test
    void refusesLimitsOfTimeWhereNoHandlerOfSingleEventsIs() {
        assertThatThrownBy(() -> orders().onBatch(events -> {})
                        .handlerTimeout(Duration.ofSeconds(1))
                        .build())
                .hasMessage(
                        "Watcher 'shop.orders' cannot be built: handlerTimeout(...) and slowHandlerAfter(...) are for handlers "
                                + "of single events: leave them out beside onBatch(...) or onTransaction(...).");
        assertThatThrownBy(
                        () -> orders().slowHandlerAfter(Duration.ofSeconds(1)).publisher())
                .hasMessage(
                        "Watcher 'shop.orders' cannot be built: it has handlerTimeout(...) or slowHandlerAfter(...) and a publisher: leave it out, "
                                + "a subscriber has no handler to wait for.");
        assertThatThrownBy(() -> orders().onEvent(event -> {})
                        .handlerTimeout(Duration.ZERO)
                        .build())
                .hasMessageContaining("handlerTimeout(PT0S) must be positive");
        assertThatThrownBy(() -> orders().onEvent(event -> {})
                        .slowHandlerAfter(Duration.ZERO)
                        .build())
                .hasMessageContaining("slowHandlerAfter(PT0S) must be positive");
    }

    @Test
    void refusesBoundsThatLetNothingThrough() {
        assertThatThrownBy(() -> orders().onEvent(event -> {}).concurrency(0).build())
                .hasMessageContaining("concurrency(0) must be at least 1");
        assertThatThrownBy(() -> orders().onEvent(event -> {}).maxInFlight(0).build())
                .hasMessageContaining("maxInFlight(0) must be at least 1");
        assertThatThrownBy(
                        () -> orders().onEvent(event -> {}).maxInFlightBytes(0).build())
                .hasMessageContaining("maxInFlightBytes(0) must be at least 1");
    }

    @Test
    void refusesAPublisherWithALease() {
        assertThatThrownBy(() -> orders().name("indexer")
                        .resumeFrom(STORE)
                        .onlyOneActive(new NoLease(Duration.ofSeconds(15)))
                        .publisher())
                .isInstanceOf(ConfigurationException.class)
                .hasMessage(
                        "Watcher 'indexer' cannot be built: it has a lease and a publisher, whose subscription cannot change its holder: use start()"
                                + " with handlers, or leave out onlyOneActive(...).");
    }

    @Test
    void refusesAPublisherWithHandlers() {
        assertThatThrownBy(() -> orders().onEvent(event -> {}).publisher())
                .isInstanceOf(ConfigurationException.class)
                .hasMessage(
                        "Watcher 'shop.orders' cannot be built: it has handlers and a publisher: use start() with handlers, or publisher() "
                                + "without.");
    }

    @Test
    void refusesATypeThatCannotBeDecoded() {
        assertThatThrownBy(() -> ChangeWatcher.connect("mongodb://localhost")
                        .collection("shop", "orders", Unmade.class)
                        .onEvent(event -> {})
                        .build())
                .isInstanceOf(ConfigurationException.class)
                .hasMessageStartingWith("Watcher 'shop.orders': ")
                .hasCauseInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void refusesNull() {
        assertThatThrownBy(() -> orders().fullDocument(null))
                .isInstanceOf(NullPointerException.class)
                .hasMessage("fullDocument");
        assertThatThrownBy(() -> orders().onInsert(null))
                .isInstanceOf(NullPointerException.class)
                .hasMessage("handler");
        assertThatThrownBy(() -> orders().listener(null))
                .isInstanceOf(NullPointerException.class)
                .hasMessage("listener");
        assertThatThrownBy(() -> orders().comment((String) null))
                .isInstanceOf(NullPointerException.class)
                .hasMessage("comment");
    }

    @Test
    void namesAWatcherAfterWhatItWatches() {
        WatchTarget target = ChangeWatcher.connect("mongodb://localhost");

        assertThat(target.collection("shop", "orders")
                        .onEvent(event -> {})
                        .build()
                        .name())
                .isEqualTo("shop.orders");
        assertThat(target.database("shop").onEvent(event -> {}).build().name()).isEqualTo("shop");
        assertThat(target.cluster().onEvent(event -> {}).build().name()).isEqualTo("cluster");
        assertThat(orders().name("indexer").onEvent(event -> {}).build().name()).isEqualTo("indexer");
    }

    @Test
    void whatIsBuiltDoesNotChangeWithTheBuilder() {
        ChangeWatcherBuilder<Document> builder =
                orders().name("first").fullDocument(FullDocument.UPDATE_LOOKUP).onEvent(event -> {});
        ChangeWatcher first = builder.build();
        ChangeWatcher second = builder.name("second").build();

        assertThat(first.name()).isEqualTo("first");
        assertThat(second.name()).isEqualTo("second");
        assertThat(first.state()).isEqualTo(WatcherState.NEW);
    }

    /** A class without a constructor that a codec could call. */
    public static final class Unmade {
        public final int number;

        public Unmade(int number) {
            this.number = number;
        }
    }

    @Test
    void anotherWatcherOfTheSameStreamHasNeitherItsHandlersNorItsStore() {
        ChangeWatcherBuilder<Document> feed =
                orders().name("feed").resumeFrom(STORE).batchSize(0).onEvent(event -> {});

        assertThatThrownBy(() -> feed.sameStream("catch-up").build())
                .hasMessageStartingWith("Watcher 'catch-up' has no handler");
        assertThatThrownBy(() -> feed.sameStream("catch-up").publisher())
                .hasMessage("Watcher 'catch-up' cannot be built: batchSize(0) must be at least 1.");
        assertThat(feed.sameStream("catch-up").batchSize(1).publisher()).isNotNull();
    }

    @Test
    void refusesAThresholdOfHeadroomThatIsNoTime() {
        ChangeWatcherBuilder<Document> builder =
                orders().name("orders").onEvent(event -> {}).headroomThresholds(Duration.ofHours(1), Duration.ZERO);

        assertThatThrownBy(builder::build)
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("Watcher 'orders' cannot be built: headroomThresholds([PT1H, PT0S]) must be positive.");
    }

    @Test
    void everyOptionThatDecidesOverEventsIsTheSameForTheSameStream() throws IllegalAccessException {
        Set<String> own = Set.of(
                "name",
                "store",
                "startFrom",
                "handlers",
                "batchHandlers",
                "transactionHandlers",
                "listeners",
                "comment",
                "headroomThresholds");
        ChangeWatcherBuilder<Document> feed = orders().pipeline(
                        Pipeline.matching(Condition.field("x").exists()))
                .fullDocument(FullDocument.UPDATE_LOOKUP)
                .fullDocumentBeforeChange(FullDocumentBeforeChange.REQUIRED)
                .showExpandedEvents()
                .batchSize(7)
                .maxAwait(Duration.ofMillis(7))
                .unresponsiveAfter(Duration.ofMillis(8))
                .collation(Collation.builder().locale("fr").build())
                .codecRegistry(MongoClientSettings.getDefaultCodecRegistry())
                .retry(RetryPolicy.never())
                .whenHistoryLost(HistoryLostPolicy.RESTART_FROM_NOW)
                .whenInvalidated(InvalidatedPolicy.STOP)
                .whenHandlerFails(HandlerFailurePolicy.skip())
                .whenUndeliverable(UndeliverablePolicy.SKIP)
                .maxEventBytes(7)
                .validate(document -> {})
                .closeWithin(Duration.ofMillis(9))
                .name("feed")
                .comment("a comment")
                .resumeFrom(STORE)
                .startFrom(StartPosition.at(Instant.EPOCH))
                .checkpoint(CheckpointPolicy.everyEvent())
                .maxUnsavedEvents(10)
                .retryStore(RetryPolicy.never())
                .logPositionEvery(Duration.ZERO)
                .headroomThresholds(Duration.ofDays(1))
                .onEvent(event -> {})
                .onBatch(Batching.upTo(11), events -> {})
                .onTransaction(Batching.upTo(12), (transaction, events) -> {})
                .listener(new WatcherListener() {});

        for (Field option : ChangeWatcherBuilder.class.getDeclaredFields()) {
            if (!Modifier.isStatic(option.getModifiers())) {
                option.setAccessible(true);
                assertThat(option.get(feed.copy())).as(option.getName()).isEqualTo(option.get(feed));
                if (!own.contains(option.getName())) {
                    assertThat(option.get(feed.sameStream("catch-up")))
                            .as(option.getName())
                            .isEqualTo(option.get(feed));
                }
            }
        }
    }

    @Test
    void aCopyIsNotChangedWithItsOriginal() {
        ChangeWatcherBuilder<Document> feed = orders().name("feed");
        ChangeWatcherBuilder<Document> copy = feed.copy();
        feed.onEvent(event -> {}).name("other");

        assertThatThrownBy(copy::build).hasMessageStartingWith("Watcher 'feed' has no handler");
    }
}
