package io.changewatch.it;

import static io.changewatch.it.Eventually.LIMIT;
import static io.changewatch.it.Eventually.eventually;
import static io.changewatch.pipeline.Condition.document;
import static org.assertj.core.api.Assertions.assertThat;

import com.mongodb.client.model.changestream.FullDocument;
import com.mongodb.client.model.changestream.FullDocumentBeforeChange;
import com.mongodb.reactivestreams.client.MongoClient;
import com.mongodb.reactivestreams.client.MongoDatabase;
import io.changewatch.ChangeWatcher;
import io.changewatch.ChangeWatcherBuilder;
import io.changewatch.OversizeEventException;
import io.changewatch.StartPosition;
import io.changewatch.StreamSource;
import io.changewatch.UndeliverableEventException;
import io.changewatch.UndeliverablePolicy;
import io.changewatch.WatcherState;
import io.changewatch.event.DocumentEvent;
import io.changewatch.event.Namespace;
import io.changewatch.observe.WatcherListener;
import io.changewatch.pipeline.Pipeline;
import io.changewatch.resume.Checkpoint;
import io.changewatch.testkit.InMemoryResumeTokenStore;
import io.changewatch.testkit.Publishers;
import io.changewatch.testkit.TestServer;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.IntStream;
import org.bson.BsonTimestamp;
import org.bson.Document;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;

/** Events that a real server cannot deliver, among others that it can: exactly they are missing. */
@BothSources
class UndeliverableEventsIT {
    @Parameter
    StreamSource source;

    /** Both images of document 1 in one field, which the server can no more split than send. */
    private static final Pipeline IMAGES_OF_ONE_IN_ONE_FIELD = Pipeline.empty()
            .stage(Document.parse("{$set: {fullDocument: {$cond: [{$eq: ['$documentKey._id', 1]}, "
                    + "{now: '$fullDocument', before: '$fullDocumentBeforeChange'}, '$fullDocument']}}}"));

    private final MongoClient client = TestServer.client();
    private final MongoDatabase database = TestServer.newDatabase();
    private final Namespace namespace = Namespace.of(database.getName(), "orders");
    private final ImageOrders orders = new ImageOrders(client, database);
    private final InMemoryResumeTokenStore store = new InMemoryResumeTokenStore();
    private final List<Integer> handled = new CopyOnWriteArrayList<>();
    private final List<WatcherListener.EventUndeliverable> skipped = new CopyOnWriteArrayList<>();

    private Pipeline pipeline = Pipeline.empty();
    private StartPosition start = StartPosition.now();

    @AfterEach
    void drop() {
        Publishers.await(database.drop());
    }

    private ChangeWatcherBuilder<Document> watcher() {
        return ChangeWatcher.of(client)
                .collection(database.getName(), "orders")
                .source(source)
                .name("undeliverable")
                .fullDocument(FullDocument.REQUIRED)
                .fullDocumentBeforeChange(FullDocumentBeforeChange.REQUIRED)
                .pipeline(pipeline)
                .startFrom(start)
                .resumeFrom(store)
                .listener(new WatcherListener() {
                    @Override
                    public void eventUndeliverable(EventUndeliverable notice) {
                        skipped.add(notice);
                    }
                })
                .onDocumentEvent(this::handle);
    }

    private void handle(DocumentEvent<Document> event) {
        handled.add(event.documentKey().getInt32("_id").getValue());
    }

    private List<Integer> skippedKeys() {
        return skipped.stream()
                .map(notice ->
                        notice.documentKey().orElseThrow().getInt32("_id").getValue())
                .toList();
    }

    /** Runs until a document that nothing comes behind is handled. */
    private void skipUpTo(int last) {
        try (ChangeWatcher watcher =
                watcher().whenUndeliverable(UndeliverablePolicy.SKIP).start()) {
            eventually(() -> handled.contains(last) || watcher.state() == WatcherState.FAILED);
            assertThat(watcher.failure()).isEmpty();
            assertThat(watcher.stats().skipped()).isEqualTo(skipped.size());
        }
    }

    private UndeliverableEventException fail() {
        try (ChangeWatcher watcher = watcher().start()) {
            assertThat(watcher.awaitTermination(LIMIT)).isTrue();
            return (UndeliverableEventException) watcher.failure().orElseThrow();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private BsonTimestamp checkpoint() {
        return store.load("undeliverable").map(Checkpoint::clusterTime).orElseThrow();
    }

    @Nested
    class WhereARequiredImageIsMissing {

        @BeforeEach
        void changeDocuments() {
            orders.insert(1, 2, 3, 4);
            start = orders.now();
            orders.update(1);
            orders.updateWithoutImages(2);
            orders.update(3, 4);
        }

        @Test
        void skipsThatEventOnly() {
            skipUpTo(4);

            assertThat(handled).containsExactly(1, 3, 4);
            assertThat(skippedKeys()).containsExactly(2);
            assertThat(skipped.get(0).namespace()).contains(namespace);
            assertThat(skipped.get(0).clusterTime()).isLessThan(checkpoint());
        }

        @Test
        void failsNamingTheDocumentAndComesBackToIt() {
            UndeliverableEventException failure = fail();

            assertThat(failure).isNotInstanceOf(OversizeEventException.class);
            assertThat(failure.documentKey().orElseThrow().getInt32("_id").getValue())
                    .isEqualTo(2);
            assertThat(failure.namespace()).contains(namespace);
            BsonTimestamp time = failure.clusterTime().orElseThrow();
            assertThat(failure)
                    .hasMessage("Cannot read on with watcher 'undeliverable' on " + namespace
                            + ": the update of {\"_id\": 2} in " + namespace + " at cluster time " + time.getTime()
                            + "/" + time.getInc()
                            + " lacks an image that is required (error 47 NoMatchingDocument). Switch "
                            + "images on with collMod changeStreamPreAndPostImages, keep them longer, choose WHEN_AVAILABLE "
                            + "instead of REQUIRED, or choose whenUndeliverable(UndeliverablePolicy.SKIP) to go on without "
                            + "such events.");
            assertThat(handled).containsExactly(1);

            assertThat(fail()).hasMessage(failure.getMessage());
            assertThat(handled).containsExactly(1);

            skipUpTo(4);
            assertThat(handled).containsExactly(1, 3, 4);
        }

        @Test
        void skipsOneAfterTheOther() {
            orders.updateWithoutImages(1, 2, 3, 4);
            orders.insert(5);

            skipUpTo(5);

            assertThat(handled).containsExactly(1, 3, 4, 5);
            assertThat(skippedKeys()).containsExactly(2, 1, 2, 3, 4);
        }

        @Test
        void seesThroughAConditionOnTheImageThatIsMissing() {
            pipeline = Pipeline.matching(document("n").gte(1))
                    .andMatching(document("_id").ne(3));

            skipUpTo(4);

            assertThat(handled).containsExactly(1, 4);
            assertThat(skippedKeys()).containsExactly(2);
        }

        @Test
        void doesNotMindTheEventsThatTheServerFiltersOutBefore() {
            orders.updateWithoutImages(2, 1, 3);
            orders.insert(5);
            pipeline = Pipeline.empty().stage(Document.parse("{$match: {'documentKey._id': {$in: [1, 4, 5]}}}"));

            skipUpTo(5);

            assertThat(handled).containsExactly(1, 4, 5);
            assertThat(skippedKeys()).containsExactly(1);
        }

        @Test
        void skipsItOnceWhereTheNextEventHasToBeSplit() {
            orders.insertLarge(10);
            start = orders.now();
            orders.updateWithoutImages(2);
            orders.update(10);
            orders.insert(11);

            skipUpTo(11);

            assertThat(handled).containsExactly(10, 11);
            assertThat(skippedKeys()).containsExactly(2);
        }

        @Test
        void skipsInsideOfATransactionBehindATokenOfAStreamThatSplit() {
            start = orders.now();
            orders.withoutImages(() -> orders.inTransaction(changes -> {
                changes.insert(20);
                changes.update(3);
                changes.insert(21);
            }));
            start = StartPosition.after(orders.firstTokenWithSplit(start));

            skipUpTo(21);

            assertThat(handled).containsExactly(21);
            assertThat(skippedKeys()).containsExactly(3);
        }

        @Test
        void skipsInsideOfATransaction() {
            orders.withoutImages(() -> orders.inTransaction(changes -> {
                changes.insert(10);
                changes.update(3);
                changes.update(4);
                changes.insert(11);
            }));
            orders.update(4);
            orders.insert(12);

            skipUpTo(12);

            assertThat(handled).containsExactly(1, 3, 4, 10, 11, 4, 12);
            assertThat(skippedKeys()).containsExactly(2, 3, 4);
        }
    }

    @Nested
    class WhereAFieldIsTooLarge {

        @BeforeEach
        void nestImages() {
            pipeline = IMAGES_OF_ONE_IN_ONE_FIELD;
            orders.insertLarge(1, 2);
            orders.insert(3);
            start = orders.now();
        }

        @Test
        void skipsThatEventOnly() {
            orders.insert(4, 5);
            orders.update(1);
            orders.insert(6, 7);

            skipUpTo(7);

            assertThat(handled).containsExactly(4, 5, 6, 7);
            assertThat(skippedKeys()).containsExactly(1);
            assertThat(skipped.get(0).clusterTime()).isLessThan(checkpoint());
        }

        @Test
        void failsNamingTheDocumentAndComesBackToIt() {
            orders.insert(4);
            orders.update(1);
            orders.insert(5);

            UndeliverableEventException failure = fail();

            assertThat(failure).isInstanceOf(OversizeEventException.class);
            assertThat(failure.documentKey().orElseThrow().getInt32("_id").getValue())
                    .isEqualTo(1);
            assertThat(failure)
                    .hasMessageContaining("the update of {\"_id\": 1} in " + namespace + " at cluster time ")
                    .hasMessageContaining(
                            " is larger than 16 MB and the server cannot split it, as one of its fields alone is too large "
                                    + "(error 7182500 Location7182500). Let the pipeline put less into one field,");
            assertThat(handled).containsExactly(4);
            assertThat(fail()).hasMessage(failure.getMessage());
            skipUpTo(5);
            assertThat(handled).containsExactly(4, 5);
        }

        @Test
        void skipsInsideOfATransactionWithOtherLargeEvents() {
            orders.inTransaction(changes -> {
                changes.insert(10);
                changes.update(2);
                changes.update(1);
                changes.update(3);
                changes.update(1);
                changes.update(2);
                changes.insert(11);
            });
            orders.insert(12);

            skipUpTo(12);

            assertThat(handled).containsExactly(10, 2, 3, 2, 11, 12);
            assertThat(skippedKeys()).containsExactly(1, 1);
        }

        @Test
        void goesOnAtOnceWhereNothingComesBehind() {
            orders.insert(4);
            orders.update(1);
            try (ChangeWatcher watcher =
                    watcher().whenUndeliverable(UndeliverablePolicy.SKIP).start()) {
                eventually(() -> skipped.size() == 1);
                orders.insert(5);
                orders.update(1);
                orders.update(2);
                orders.insert(6);
                eventually(() -> handled.contains(6));
                assertThat(watcher.state()).isEqualTo(WatcherState.RUNNING);
            }
            assertThat(handled).containsExactly(4, 5, 2, 6);
            assertThat(skippedKeys()).containsExactly(1, 1);
        }

        @Test
        void skipsAmongManyEventsWhereverTheyAre() {
            int[] before = IntStream.range(100, 160).toArray();
            int[] behind = IntStream.range(200, 260).toArray();
            orders.insert(before);
            orders.update(1);
            orders.insert(behind);

            skipUpTo(259);

            assertThat(handled)
                    .containsExactlyElementsOf(IntStream.concat(IntStream.of(before), IntStream.of(behind))
                            .boxed()
                            .toList());
        }
    }
}
