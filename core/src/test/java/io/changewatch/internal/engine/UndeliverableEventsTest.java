package io.changewatch.internal.engine;

import static io.changewatch.internal.engine.Errors.command;
import static io.changewatch.internal.engine.Errors.network;
import static io.changewatch.internal.engine.Events.fragmentToken;
import static io.changewatch.internal.engine.Events.highWater;
import static io.changewatch.internal.engine.Events.insert;
import static io.changewatch.internal.engine.Events.invalidate;
import static io.changewatch.internal.engine.Events.time;
import static io.changewatch.internal.engine.Events.token;
import static org.assertj.core.api.Assertions.assertThat;

import com.mongodb.MongoCommandException;
import com.mongodb.client.model.changestream.FullDocument;
import com.mongodb.client.model.changestream.FullDocumentBeforeChange;
import io.changewatch.ChangeWatcher;
import io.changewatch.HistoryLostException;
import io.changewatch.StartPosition;
import io.changewatch.StreamFailedException;
import io.changewatch.UndeliverableEventException;
import io.changewatch.UndeliverablePolicy;
import io.changewatch.WatcherState;
import io.changewatch.event.ChangeEvent;
import io.changewatch.event.Namespace;
import io.changewatch.internal.source.SourceSettings;
import io.changewatch.internal.source.StalledStreamException;
import io.changewatch.observe.WatcherListener.EventUndeliverable;
import io.changewatch.retry.RetryPolicy;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.bson.BsonDocument;
import org.bson.BsonString;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** Events that the server cannot deliver: found step by step, then the watcher fails or leaves out exactly that one. */
final class UndeliverableEventsTest {
    private static final BsonDocument SMALL_FIELDS =
            BsonDocument.parse("{$project: {operationType: true, clusterTime: true, ns: true, documentKey: true}}");
    private static final BsonDocument SPLIT = BsonDocument.parse("{$changeStreamSplitLargeEvent: {}}");
    private static final BsonDocument USERS = BsonDocument.parse("{$match: {a: 1}}");

    private final MongoCommandException imageMissing = command(47, "NoMatchingDocument");
    private final MongoCommandException tooLarge = command(7182500, "Location7182500");
    private final MemoryStore store = MemoryStore.empty();
    private final WatchSetup setup = new WatchSetup()
            .store(store)
            .whenUndeliverable(UndeliverablePolicy.SKIP)
            .source(WatchSetup.source()
                    .withPipeline(List.of(USERS))
                    .withImages(FullDocument.REQUIRED, FullDocumentBeforeChange.REQUIRED));

    /** The stream breaks behind event 101, then again with one event a batch, behind 102. */
    private void breaksBehind102(RuntimeException error) {
        setup.server.opens().batch(insert(101)).fails(error);
        setup.server.opens().batch(insert(102)).fails(error);
    }

    /** The search: the first candidate is it. */
    private void isFoundToBe(BsonDocument event, RuntimeException error) {
        setup.server.opens().batch(event);
        setup.server.opens().fails(error);
    }

    private void isFoundToBe(BsonDocument passed, BsonDocument event, RuntimeException error) {
        setup.server.opens().batch(passed, event);
        setup.server.opens().fails(error);
    }

    private List<EventUndeliverable> notices() {
        return setup.listener.all(EventUndeliverable.class);
    }

    private List<Integer> noticedTimes() {
        return notices().stream().map(notice -> notice.clusterTime().getTime()).toList();
    }

    private SourceSettings asked(int source) {
        return setup.server.settings().get(source);
    }

    private static BsonDocument tokens(String operator, int... times) {
        List<String> tokens = IntStream.of(times)
                .mapToObj(second -> token(second).value().getString("_data").getValue())
                .map(data -> '"' + data + '"')
                .toList();
        return BsonDocument.parse("{$match: {'_id._data': {" + operator + ": " + tokens + "}}}");
    }

    @Nested
    class WhenOneIsToBeSkipped {

        @Test
        void everythingBeforeAndBehindItIsHandedOut() throws InterruptedException {
            breaksBehind102(imageMissing);
            isFoundToBe(insert(103), imageMissing);
            setup.server.opens().batch(insert(104), insert(105));
            ChangeWatcher watcher = setup.run();

            assertThat(setup.handledTimes()).containsExactly(101, 102, 104, 105);
            assertThat(notices())
                    .containsExactly(new EventUndeliverable(
                            "orders",
                            Optional.of(Namespace.of("shop", "orders")),
                            Optional.of(BsonDocument.parse("{_id: 103}")),
                            time(103),
                            token(103),
                            imageMissing));
            assertThat(watcher.stats().skipped()).isEqualTo(1);
            assertThat(store.token()).hasValue(token(105));
            assertThat(setup.time.delays()).isEmpty();
        }

        @Test
        void theStreamIsReadWithCareSearchedAndOpenedWithoutTheEvent() throws InterruptedException {
            breaksBehind102(imageMissing);
            isFoundToBe(insert(103), imageMissing);
            setup.server.opens().batch(insert(104)).fails(network());
            setup.server.opens().batch(insert(105));
            setup.run();

            assertThat(setup.server.opened())
                    .containsExactly(
                            StartPosition.now(),
                            StartPosition.after(token(101)),
                            StartPosition.at(time(102)),
                            StartPosition.at(time(103)),
                            StartPosition.at(time(103)),
                            StartPosition.after(token(104)));
            assertThat(asked(0).batchSize()).isEqualTo(1_000);
            assertThat(asked(1)).isEqualTo(asked(0).withBatches(1, asked(0).maxAwait(), asked(0).unresponsiveAfter()));
            assertThat(asked(2).pipeline())
                    .containsExactly(
                            BsonDocument.parse("{$match: {$or: ["
                                    + "{operationType: {$in: ['update']}, fullDocument: null}, "
                                    + "{operationType: {$in: ['update', 'replace', 'delete']}, "
                                    + "fullDocumentBeforeChange: null}]}}"),
                            SMALL_FIELDS);
            assertThat(asked(2).fullDocument()).isEqualTo(FullDocument.WHEN_AVAILABLE);
            assertThat(asked(2).fullDocumentBeforeChange()).isEqualTo(FullDocumentBeforeChange.WHEN_AVAILABLE);
            assertThat(asked(3).pipeline()).containsExactly(tokens("$in", 103), USERS);
            assertThat(asked(3).fullDocument()).isEqualTo(FullDocument.REQUIRED);
            assertThat(asked(4)).isEqualTo(asked(0).withFirstStage(tokens("$nin", 103)));
            assertThat(asked(5)).isEqualTo(asked(0));
        }

        @Test
        void aLargeOneIsSplitFirstAndSoughtAmongWhatThePipelineLetsThrough() throws InterruptedException {
            setup.server.opens().batch(insert(101)).fails(command(10334));
            setup.server.opens().batch(insert(102)).fails(tooLarge);
            setup.server.opens().fails(tooLarge);
            isFoundToBe(insert(103), tooLarge);
            setup.server.opens().batch(insert(104));
            setup.run();

            assertThat(setup.handledTimes()).containsExactly(101, 102, 104);
            assertThat(asked(1).pipeline()).containsExactly(USERS, SPLIT);
            assertThat(asked(3).pipeline()).containsExactly(USERS, SMALL_FIELDS, SPLIT);
            assertThat(asked(3).fullDocument()).isEqualTo(FullDocument.WHEN_AVAILABLE); // what lacks one is passed
            assertThat(asked(3).fullDocumentBeforeChange()).isEqualTo(FullDocumentBeforeChange.WHEN_AVAILABLE);
            assertThat(asked(4).pipeline()).containsExactly(tokens("$in", 103), USERS, SPLIT);
            assertThat(asked(5).pipeline()).containsExactly(tokens("$nin", 103), USERS, SPLIT);
            assertThat(noticedTimes()).containsExactly(103);
        }

        @Test
        void aLargeOneIsSkippedWhereTheServerCannotSplit() throws InterruptedException {
            setup.server.opens().batch(insert(101)).fails(command(10334));
            setup.server.refuses(command(40324));
            setup.server.opens().fails(command(10334));
            isFoundToBe(insert(102), command(10334));
            setup.server.opens().batch(insert(103)).fails(command(10334));
            setup.server.opens().fails(command(10334));
            isFoundToBe(insert(104), command(10334));
            setup.server.opens().batch(insert(105));
            setup.run();

            assertThat(setup.handledTimes()).containsExactly(101, 103, 105);
            assertThat(noticedTimes()).containsExactly(102, 104);
            assertThat(setup.server.settings().stream()
                            .filter(settings -> settings.pipeline().contains(SPLIT)))
                    .hasSize(1);
        }

        @Test
        void manyInARowAreSkippedOneByOne() throws InterruptedException {
            setup.server.opens().fails(imageMissing);
            for (int second = 101; second <= 103; second++) {
                setup.server.opens().fails(imageMissing);
                isFoundToBe(insert(second), imageMissing);
                if (second < 103) {
                    setup.server.opens().fails(imageMissing);
                }
            }
            setup.server.opens().batch(insert(104));
            setup.run();

            assertThat(setup.handledTimes()).containsExactly(104);
            assertThat(noticedTimes()).containsExactly(101, 102, 103);
            assertThat(asked(setup.server.settings().size() - 1).pipeline())
                    .containsExactly(tokens("$nin", 103), USERS); // what the position has passed need not be named
        }

        @Test
        void theOthersOfItsTransactionAreHandedOut() throws InterruptedException {
            setup.server.opens().batch(inTransaction(1)).fails(imageMissing);
            setup.server.opens().fails(imageMissing);
            setup.server.opens().batch(inTransaction(2)); // the search
            setup.server.opens().fails(imageMissing);
            setup.server.opens().batch(inTransaction(1), inTransaction(3)).fails(imageMissing);
            setup.server.opens().fails(imageMissing);
            setup.server.opens().batch(inTransaction(4)); // the search
            setup.server.opens().fails(imageMissing);
            setup.server.opens().batch(inTransaction(1), inTransaction(3), inTransaction(5));
            setup.run();

            assertThat(setup.handled)
                    .extracting(ChangeEvent::resumeToken)
                    .containsExactly(fragmentToken(101, 1), fragmentToken(101, 3), fragmentToken(101, 5));
            assertThat(notices())
                    .extracting(EventUndeliverable::token)
                    .containsExactly(fragmentToken(101, 2), fragmentToken(101, 4));
            assertThat(setup.server.opened())
                    .containsExactly(
                            StartPosition.now(),
                            StartPosition.after(fragmentToken(101, 1)),
                            StartPosition.at(time(101)),
                            StartPosition.at(time(101)),
                            StartPosition.at(time(101)), // not after the event that is left out
                            StartPosition.after(fragmentToken(101, 3)),
                            StartPosition.at(time(101)),
                            StartPosition.at(time(101)),
                            StartPosition.at(time(101)));
        }

        private BsonDocument inTransaction(int index) {
            return insert(fragmentToken(101, index), time(101), index);
        }

        @Test
        void itIsStillLeftOutWhereTheStreamBreaksBeforeThePositionHasPassedIt() throws InterruptedException {
            breaksBehind102(imageMissing);
            isFoundToBe(insert(103), imageMissing);
            setup.server.opens().idle(highWater(103)).fails(network());
            setup.server.opens().idle(highWater(104)).fails(network());
            setup.server.opens().batch(insert(105));
            setup.run();

            assertThat(setup.handledTimes()).containsExactly(101, 102, 105);
            assertThat(noticedTimes()).containsExactly(103);
            assertThat(asked(4).pipeline()).containsExactly(tokens("$nin", 103), USERS);
            assertThat(asked(5).pipeline()).containsExactly(USERS);
            assertThat(setup.server.opened())
                    .endsWith(StartPosition.after(highWater(103)), StartPosition.after(highWater(104)));
        }

        @Test
        void itIsToldOnceWhereTheStreamBeginsToSplitBehindIt() throws InterruptedException {
            breaksBehind102(imageMissing);
            isFoundToBe(unsplit(103), imageMissing);
            setup.server.opens().fails(command(10334));
            setup.server.opens().fails(imageMissing); // its token is another one now
            setup.server.opens().fails(imageMissing);
            isFoundToBe(insert(103), imageMissing);
            setup.server.opens().batch(insert(104));
            ChangeWatcher watcher = setup.run();

            assertThat(setup.handledTimes()).containsExactly(101, 102, 104);
            assertThat(noticedTimes()).containsExactly(103);
            assertThat(watcher.stats().skipped()).isEqualTo(1);
        }

        /** As in a stream that does not split. */
        private BsonDocument unsplit(int second) {
            String data = token(second).value().getString("_data").getValue().replace("2B042C", "2B022C");
            return insert(second).append("_id", new BsonDocument("_data", new BsonString(data)));
        }

        @Test
        void aRestartBeforeThePositionHasPassedItComesBackToIt() throws InterruptedException {
            breaksBehind102(imageMissing);
            isFoundToBe(insert(103), imageMissing);
            setup.run();
            assertThat(store.token()).hasValue(highWater(103));

            WatchSetup again = new WatchSetup().store(store).whenUndeliverable(UndeliverablePolicy.SKIP);
            again.server.opens().fails(command(7182500));
            again.server.opens().fails(command(7182500));
            again.server.opens().fails(command(7182500));
            again.server.opens().batch(insert(103));
            again.server.opens().fails(command(7182500));
            again.server.opens().batch(insert(104));
            again.run();

            assertThat(again.server.opened()).startsWith(StartPosition.after(highWater(103)));
            assertThat(again.handledTimes()).containsExactly(104);
            assertThat(again.listener.all(EventUndeliverable.class)).hasSize(1);
        }
    }

    @Nested
    class WhenTheWatcherIsToFail {

        @Test
        void itNamesTheDocumentBehindWhatItHandedOut() throws InterruptedException {
            setup.whenUndeliverable(UndeliverablePolicy.FAIL);
            breaksBehind102(imageMissing);
            isFoundToBe(insert(103), imageMissing);

            assertThat(setup.runToFailure())
                    .isInstanceOfSatisfying(UndeliverableEventException.class, failure -> {
                        assertThat(failure.documentKey()).contains(BsonDocument.parse("{_id: 103}"));
                        assertThat(failure.namespace()).contains(Namespace.of("shop", "orders"));
                        assertThat(failure.clusterTime()).contains(time(103));
                    })
                    .hasCause(imageMissing)
                    .hasMessage("Cannot read on with watcher 'orders' on shop.orders: the insert of {\"_id\": 103} in "
                            + "shop.orders at cluster time 103/1 lacks an image that is required (error 47 NoMatchingDocument). "
                            + "Switch images on with collMod changeStreamPreAndPostImages, keep them longer, choose "
                            + "WHEN_AVAILABLE instead of REQUIRED, or choose whenUndeliverable(UndeliverablePolicy.SKIP) to go on "
                            + "without such events.");
            assertThat(setup.handledTimes()).containsExactly(101, 102);
            assertThat(store.token()).hasValue(token(102));
            assertThat(notices()).isEmpty();
        }

        @Test
        void aKeyIsShownToALimit() throws InterruptedException {
            setup.whenUndeliverable(UndeliverablePolicy.FAIL);
            breaksBehind102(imageMissing);
            BsonDocument key = new BsonDocument("_id", new BsonString("k".repeat(1_000)));
            isFoundToBe(insert(103).append("documentKey", key), imageMissing);

            assertThat(setup.runToFailure())
                    .hasMessageContaining("of {\"_id\": \"" + "k".repeat(191) + "… in shop.orders");
        }

        @Test
        void anEventWithoutNamespaceAndKeyIsNamedByItsTime() throws InterruptedException {
            setup.whenUndeliverable(UndeliverablePolicy.FAIL);
            breaksBehind102(imageMissing);
            isFoundToBe(new BsonDocument("_id", token(103).value()), imageMissing);

            assertThat(setup.runToFailure()).hasMessageContaining(": the event at cluster time 103/1 lacks an image ");
        }
    }

    @Nested
    class WhileTheEventIsSought {

        @Test
        void candidatesThatDoNotFailTheStreamArePassed() throws InterruptedException {
            breaksBehind102(imageMissing);
            setup.server.opens().batch(insert(103)); // one candidate
            setup.server.opens().idle(highWater(103)); // passes
            setup.server
                    .opens()
                    .batch(insert(103), insert(104), insert(105), insert(106))
                    .idle(highWater(107));
            setup.server.opens().fails(imageMissing); // all four
            setup.server.opens().idle(highWater(104)); // two pass
            setup.server
                    .opens()
                    .idle(highWater(102))
                    .fails(imageMissing); // three fail, when the server has come to them
            setup.server.opens().batch(insert(107));
            setup.run();

            assertThat(asked(6).pipeline()).startsWith(tokens("$in", 103, 104));
            assertThat(asked(7).pipeline()).startsWith(tokens("$in", 103, 104, 105));
            assertThat(noticedTimes()).containsExactly(105);
            assertThat(setup.server.opened()).last().isEqualTo(StartPosition.at(time(105)));
            assertThat(setup.handledTimes()).containsExactly(101, 102, 107);
        }

        @Test
        void aLargeCandidateThatCanBeHandedOutAfterAllIsNotJumpedOver() throws InterruptedException {
            setup.server.opens().batch(insert(101)).fails(command(10334));
            setup.server.opens().fails(tooLarge);
            setup.server.opens().fails(tooLarge);
            setup.server.opens().batch(insert(102));
            setup.server.opens().batch(insert(102)).idle(highWater(103)); // its document has shrunk
            setup.server.opens().batch(insert(102), insert(103)).idle(highWater(103));
            setup.server.opens().fails(tooLarge);
            setup.server.opens().batch(insert(102)).idle(highWater(103));
            setup.server.opens().batch(insert(101), insert(102), insert(104));
            setup.run();

            assertThat(setup.server.opened()).last().isEqualTo(StartPosition.at(time(101)));
            assertThat(setup.handledTimes()).containsExactly(101, 102, 104);
            assertThat(noticedTimes()).containsExactly(103);
        }

        @Test
        void theEventOfThePositionItselfIsLeftOutInSilence() throws InterruptedException {
            setup.store(MemoryStore.holding(WatchSetup.checkpoint(token(101), time(101))));
            setup.server.opens().fails(imageMissing); // its image is gone by now
            setup.server.opens().fails(imageMissing);
            setup.server.opens().batch(insert(101), insert(102));
            setup.server.opens().fails(imageMissing); // the first of them
            setup.server.opens().batch(insert(102), insert(103));
            setup.run();

            assertThat(setup.server.opened()).endsWith(StartPosition.at(time(101)), StartPosition.at(time(101)));
            assertThat(asked(4).pipeline()).startsWith(tokens("$nin", 101));
            assertThat(setup.handledTimes()).containsExactly(102, 103);
            assertThat(notices()).isEmpty();
        }

        @Test
        void theEventOfThePositionIsLeftOutUntilTheStreamBeginsBehindIt() throws InterruptedException {
            setup.store(MemoryStore.holding(WatchSetup.checkpoint(token(101), time(101))));
            setup.server.opens().fails(imageMissing); // its image is gone by now
            setup.server.opens().fails(imageMissing);
            setup.server.opens().batch(insert(101), insert(102));
            setup.server.opens().fails(imageMissing); // the first of them
            setup.server.opens().fails(network());
            setup.server.opens().batch(insert(102));
            setup.run();

            assertThat(setup.server.opened()).last().isEqualTo(StartPosition.after(highWater(101)));
            assertThat(asked(setup.server.settings().size() - 1).pipeline()).startsWith(tokens("$nin", 101));
            assertThat(setup.handledTimes()).containsExactly(102);
        }

        @Test
        void theEventOfAPositionInFragmentsIsLeftOutInSilence() throws InterruptedException {
            setup.store(MemoryStore.holding(WatchSetup.checkpoint(fragmentToken(101, 2), time(101))));
            setup.server.opens().fails(imageMissing);
            setup.server.opens().fails(imageMissing);
            setup.server.opens().batch(insert(101), insert(102)); // the small fields are not split
            setup.server.opens().fails(imageMissing); // the first of them
            setup.server.opens().batch(insert(102));
            setup.run();

            assertThat(setup.handledTimes()).containsExactly(102);
            assertThat(notices()).isEmpty();
        }

        @Test
        void whatLiesBeforeThePositionIsNoCandidate() throws InterruptedException {
            setup.store(MemoryStore.holding(WatchSetup.checkpoint(token(102), time(102))));
            setup.server.opens().fails(imageMissing);
            setup.server.opens().fails(imageMissing);
            isFoundToBe(insert(token(101), time(102), 101), insert(103), imageMissing); // of one transaction
            setup.server.opens().batch(insert(104));
            setup.run();

            assertThat(noticedTimes()).containsExactly(103);
            assertThat(setup.handledTimes()).containsExactly(104);
        }

        @Test
        void anInvalidateAtThePositionDoesNotEndTheSearch() throws InterruptedException {
            setup.store(MemoryStore.holding(WatchSetup.checkpoint(token(101), time(101))));
            setup.server.opens().fails(imageMissing);
            setup.server.opens().fails(imageMissing);
            setup.server.opens().batch(invalidate(101)).ends();
            setup.server.opens().batch(insert(102));
            setup.server.opens().idle(highWater(102)); // the invalidate does not fail it
            setup.server.opens().fails(imageMissing);
            setup.server.opens().batch(insert(103));
            setup.run();

            assertThat(setup.server.opened())
                    .startsWith(
                            StartPosition.after(token(101)),
                            StartPosition.after(token(101)),
                            StartPosition.at(time(101)),
                            StartPosition.after(token(101)));
            assertThat(noticedTimes()).containsExactly(102);
            assertThat(setup.handledTimes()).containsExactly(103);
        }

        /** The first candidate became small enough meanwhile, as the server looks its document up again. */
        @Test
        void anImageThatIsMissingFurtherOnIsNotTakenForTheNextEvent() throws InterruptedException {
            setup.server.opens().batch(insert(101)).fails(tooLarge);
            setup.server.opens().fails(tooLarge); // split
            setup.server.opens().fails(tooLarge); // one by one
            setup.server.opens().batch(insert(103)); // the first candidate,
            setup.server.opens().batch(insert(103)).idle(highWater(104)); // which does not fail any more
            setup.server.opens().batch(insert(103)).fails(imageMissing); // more candidates: the search itself fails
            setup.server.opens().batch(insert(103), insert(104));
            setup.run();

            assertThat(setup.server.opened()).last().isEqualTo(StartPosition.after(token(101)));
            assertThat(setup.handledTimes()).containsExactly(101, 103, 104);
            assertThat(notices()).isEmpty();
        }

        @Test
        void aSearchThatMeetsTheErrorItselfIsGivenUpAfterThreeTimes() throws InterruptedException {
            breaksBehind102(imageMissing);
            for (int i = 0; i < 100; i++) {
                setup.server.opens().fails(imageMissing);
            }

            assertThat(setup.runToFailure()).isInstanceOf(UndeliverableEventException.class);
            assertThat(setup.server.opened()).hasSizeLessThan(20);
        }

        @Test
        void anOutageIsWaitedForAndTheSearchBeginsAgain() throws InterruptedException {
            breaksBehind102(imageMissing);
            setup.server.opens().fails(network()); // the search
            setup.server.opens().fails(imageMissing);
            setup.server.opens().batch(insert(103));
            setup.server.refuses(network()); // the check
            setup.server.opens().fails(imageMissing);
            isFoundToBe(insert(103), imageMissing);
            setup.server.opens().batch(insert(104));
            setup.run();

            assertThat(setup.handledTimes()).containsExactly(101, 102, 104);
            assertThat(noticedTimes()).containsExactly(103);
            assertThat(setup.time.delays()).containsExactly(Duration.ofMillis(100), Duration.ofMillis(200));
        }

        @Test
        void aServerThatIsSilentIsGivenMoreTimeAtTheNextSearch() throws InterruptedException {
            breaksBehind102(imageMissing);
            setup.server.opens().fails(new StalledStreamException("silent"));
            setup.server.opens().fails(imageMissing);
            isFoundToBe(insert(103), imageMissing);
            setup.run();

            assertThat(asked(2).unresponsiveAfter()).isEqualTo(Duration.ofSeconds(10));
            assertThat(asked(4).unresponsiveAfter()).isEqualTo(Duration.ofSeconds(20));
        }

        @Test
        void otherFailuresAreAnsweredByTheTable() throws InterruptedException {
            breaksBehind102(imageMissing);
            setup.server.opens().fails(command(286));

            assertThat(setup.runToFailure()).isInstanceOf(HistoryLostException.class);
        }

        @Test
        void whatIsNotFoundIsSoughtThreeTimes() throws InterruptedException {
            breaksBehind102(imageMissing);
            for (int search = 1; search <= 3; search++) {
                setup.server.opens().idle(highWater(104));
                if (search < 3) {
                    setup.server.opens().fails(imageMissing);
                }
            }

            assertThat(setup.runToFailure())
                    .isInstanceOf(UndeliverableEventException.class)
                    .hasMessageStartingWith(
                            "Cannot read on with watcher 'orders' on shop.orders: an event lacks an image that is required (error "
                                    + "47 NoMatchingDocument), and the search for it found nothing. Switch images on ");
            assertThat(setup.time.delays()).hasSize(2);
        }

        @Test
        void whatIsNotFoundAndDoesNotFailAgainIsForgotten() throws InterruptedException {
            breaksBehind102(imageMissing);
            setup.server.opens().idle(highWater(104));
            setup.server.opens().batch(insert(103)).idle(highWater(104));
            setup.server.opens().batch(insert(105));
            setup.run();

            assertThat(setup.handledTimes()).containsExactly(101, 102, 103, 105);
            assertThat(notices()).isEmpty();
        }

        @Test
        void aRetryPolicyThatGivesUpEndsTheWatcher() throws InterruptedException {
            setup.retry(RetryPolicy.never());
            breaksBehind102(imageMissing);
            setup.server.opens().idle(highWater(104));

            assertThat(setup.runToFailure()).isInstanceOf(StreamFailedException.class);
        }

        @Test
        void closingEndsTheSearch() throws InterruptedException {
            breaksBehind102(imageMissing);
            setup.server.hangs();
            ChangeWatcher watcher = setup.run();

            assertThat(watcher.state()).isEqualTo(WatcherState.STOPPED);
            assertThat(setup.server.isAllClosed()).isTrue();
            assertThat(notices()).isEmpty();
            assertThat(store.token()).hasValue(token(102));
        }

        @Test
        void closingEndsTheCheck() throws InterruptedException {
            breaksBehind102(imageMissing);
            setup.server.opens().batch(insert(103));
            setup.server.opens(); // silent
            ChangeWatcher watcher = setup.run();

            assertThat(watcher.state()).isEqualTo(WatcherState.STOPPED);
            assertThat(setup.server.isAllClosed()).isTrue();
            assertThat(notices()).isEmpty();
        }

        @Test
        void itsStreamsAreNotCounted() throws InterruptedException {
            breaksBehind102(imageMissing);
            isFoundToBe(insert(103), imageMissing);
            setup.server.opens().batch(insert(104));
            ChangeWatcher watcher = setup.run();

            assertThat(watcher.stats().batches()).isEqualTo(6); // of three streams an opening and an event
        }
    }

    @Nested
    class WhileReadingWithCare {

        @Test
        void theStreamIsReadAsBeforeOnceNothingFailsAnyMore() throws InterruptedException {
            setup.server.opens().batch(insert(101)).fails(imageMissing);
            setup.server.opens().batch(insert(102)).idle(highWater(103));
            setup.server.opens().batch(insert(104));
            setup.run();

            assertThat(asked(1).batchSize()).isEqualTo(1);
            assertThat(asked(2)).isEqualTo(asked(0));
            assertThat(setup.server.opened()).last().isEqualTo(StartPosition.after(highWater(103)));
            assertThat(setup.handledTimes()).containsExactly(101, 102, 104);
        }

        @Test
        void itEndsAfterAsManyEventsAsABatchMayHold() throws InterruptedException {
            setup.source(asConfigured().withBatches(2, Duration.ofSeconds(1), Duration.ofSeconds(10)));
            setup.server.opens().fails(imageMissing);
            setup.server.opens().batch(insert(101)).batch(insert(102)).batch(insert(103));
            setup.server.opens().batch(insert(104));
            setup.run();

            assertThat(setup.server.opened()).hasSize(3);
            assertThat(setup.handledTimes()).containsExactly(101, 102, 103, 104);
        }

        private SourceSettings asConfigured() {
            return setup.settings().source();
        }

        @Test
        void anOutageDoesNotEndIt() throws InterruptedException {
            setup.server.opens().batch(insert(101)).fails(imageMissing);
            setup.server.opens().batch(insert(102)).fails(network());
            setup.server.opens().fails(imageMissing);
            isFoundToBe(insert(103), imageMissing);
            setup.server.opens().batch(insert(104));
            setup.run();

            assertThat(asked(1).batchSize()).isEqualTo(1);
            assertThat(setup.handledTimes()).containsExactly(101, 102, 104);
        }
    }

    @Test
    void aPositionWithoutAKnownTimeIsSearchedFromTheTimeInItsToken() throws InterruptedException {
        setup.store(MemoryStore.empty()).startFrom(StartPosition.after(token(101)));
        setup.server.opens().fails(imageMissing);
        setup.server.opens().fails(imageMissing);
        isFoundToBe(insert(102), imageMissing);
        setup.server.opens().batch(insert(103));
        setup.run();

        assertThat(setup.server.opened().get(2)).isEqualTo(StartPosition.at(time(101)));
        assertThat(setup.handledTimes()).containsExactly(103);
    }
}
