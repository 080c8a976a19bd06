package io.changewatch.internal.engine;

import static io.changewatch.internal.engine.Errors.command;
import static io.changewatch.internal.engine.Errors.network;
import static io.changewatch.internal.engine.Events.highWater;
import static io.changewatch.internal.engine.Events.insert;
import static io.changewatch.internal.engine.Events.time;
import static io.changewatch.internal.engine.Events.token;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import com.mongodb.MongoException;
import io.changewatch.HistoryLostDecision.HistoryLost;
import io.changewatch.HistoryLostException;
import io.changewatch.HistoryLostPolicy;
import io.changewatch.StartPosition;
import io.changewatch.StreamFailedException;
import io.changewatch.event.Gap;
import io.changewatch.event.OperationType;
import io.changewatch.event.ResumeToken;
import io.changewatch.observe.WatcherListener.GapAccepted;
import io.changewatch.observe.WatcherListener.Reconnecting;
import io.changewatch.resume.CheckpointPolicy;
import io.changewatch.retry.RetryPolicy;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.bson.BsonDocument;
import org.bson.BsonString;
import org.bson.BsonTimestamp;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class HistoryLostTest {
    private final WatchSetup setup = new WatchSetup();

    @Nested
    class WhenThePolicyIsToFail {

        @ParameterizedTest
        @ValueSource(ints = {286, 40576})
        void failsWithTheTimeOfTheLostPosition(int code) throws InterruptedException {
            setup.store(MemoryStore.holding(WatchSetup.checkpoint(token(50), time(50))));
            MongoException error = command(code, "TheName");
            setup.server.refuses(error);

            assertThat(setup.runToFailure())
                    .isInstanceOf(HistoryLostException.class)
                    .hasMessage("Cannot resume watcher 'orders': the oplog no longer reaches back to its position of "
                            + "1970-01-01T00:00:50Z (error " + code
                            + " TheName). Events between that time and the oplog's "
                            + "oldest entry are lost to it. Enlarge the oplog or its minimum retention. To accept the gap, choose "
                            + "whenHistoryLost(HistoryLostPolicy.RESTART_FROM_OLDEST) or RESTART_FROM_NOW."
                            + " diagnose() on the builder tells more.")
                    .hasCause(error);
            assertThat(setup.server.opened()).containsExactly(StartPosition.after(token(50)));
        }

        @Test
        void namesTheOldestEntryWhereItMayBeRead() throws InterruptedException {
            setup.store(MemoryStore.holding(WatchSetup.checkpoint(token(50), time(50))));
            setup.server.tellsOldest(time(120)).refuses(command(286));

            assertThat(setup.runToFailure())
                    .hasMessageContaining(
                            "between that time and the oplog's oldest entry, of 1970-01-01T00:02:00Z, are lost");
        }

        @Test
        void failsWhenOnlyTheFirstBatchTells() throws InterruptedException {
            setup.server.opens().batch(insert(101)).fails(network());
            setup.server.opens().fails(command(286));

            assertThat(setup.runToFailure()).isInstanceOf(HistoryLostException.class);
            assertThat(setup.server.opened()).hasSize(2);
        }

        @Test
        void startThrowsIt() {
            setup.store(MemoryStore.holding(WatchSetup.checkpoint(token(50), time(50))));
            setup.server.refuses(command(286));

            assertThatThrownBy(setup::start).isInstanceOf(HistoryLostException.class);
        }
    }

    @Nested
    class WhenACursorIsOverrun {

        @Test
        void opensAgainOnce() throws InterruptedException {
            setup.server.opens().batch(insert(101)).fails(command(136));
            setup.server.opens().batch(insert(102));
            setup.run();

            assertThat(setup.handledTimes()).containsExactly(101, 102);
        }

        @Test
        void theHistoryIsLostTheSecondTimeInARow() throws InterruptedException {
            setup.server.opens().batch(insert(101)).fails(command(136));
            setup.server.opens().fails(command(136, "CappedPositionLost"));

            assertThat(setup.runToFailure())
                    .isInstanceOf(HistoryLostException.class)
                    .hasMessageContaining("(error 136 CappedPositionLost)");
            assertThat(setup.server.opened()).containsExactly(StartPosition.now(), StartPosition.after(token(101)));
        }

        @Test
        void aBatchInBetweenMakesItTheFirstTimeAgain() throws InterruptedException {
            setup.server.opens().batch(insert(101)).fails(command(136));
            setup.server.opens().batch(insert(102)).fails(command(136));
            setup.server.opens().batch(insert(103));
            setup.run();

            assertThat(setup.handledTimes()).containsExactly(101, 102, 103);
        }
    }

    @Nested
    class WhenThePolicyIsToRestart {
        private final MemoryStore store = MemoryStore.holding(WatchSetup.checkpoint(token(50), time(50)));
        private final MongoException lost = command(286, "ChangeStreamHistoryLost");

        WhenThePolicyIsToRestart() {
            setup.whenHistoryLost(HistoryLostPolicy.RESTART_FROM_NOW);
        }

        @Test
        void handsOutAGapThatNamesFromToAndCause() throws InterruptedException {
            setup.store(store).server.refuses(lost);
            setup.server.opens().at(highWater(200)).batch(insert(201));
            setup.run();

            assertThat(setup.handled)
                    .extracting(event -> event.operationType())
                    .containsExactly(OperationType.GAP, OperationType.INSERT);
            Gap<BsonDocument> gap = (Gap<BsonDocument>) setup.handled.get(0);
            assertThat(gap.from()).isEqualTo(time(50));
            assertThat(gap.to()).isEqualTo(time(200));
            assertThat(gap.fromWallTime()).isEqualTo("1970-01-01T00:00:50Z");
            assertThat(gap.toWallTime()).isEqualTo("1970-01-01T00:03:20Z");
            assertThat(gap.policy()).isEqualTo(HistoryLostPolicy.RESTART_FROM_NOW);
            assertThat(gap.cause()).isSameAs(lost);
            assertThat(gap.resumeToken()).isEqualTo(highWater(200));
            assertThat(setup.listener.all(GapAccepted.class)).containsExactly(new GapAccepted("orders", gap));
        }

        @Test
        void neverAsksForTheLostPositionAgain() throws InterruptedException {
            setup.store(store).server.refuses(lost).refuses(network());
            setup.server.opens().at(highWater(200)).fails(network());
            setup.run();

            assertThat(setup.server.opened())
                    .containsExactly(
                            StartPosition.after(token(50)),
                            StartPosition.now(),
                            StartPosition.now(),
                            StartPosition.after(highWater(200)));
            assertThat(gaps()).hasSize(1);
        }

        @Test
        void savesThePositionBehindTheGapBeforeTheNextEvent() throws InterruptedException {
            setup.checkpoint(CheckpointPolicy.everyEvents(1_000)).store(store).handler(event -> {
                boolean isGap = event instanceof Gap;
                assertThat(store.token()).hasValue(isGap ? token(50) : highWater(200));
            });
            setup.server.refuses(lost);
            setup.server.opens().at(highWater(200)).batch(insert(201));

            assertThat(setup.run().failure()).isEmpty();
            assertThat(setup.handled).hasSize(2);
        }

        @Test
        void aGapThatIsNotHandledComesAgainAtTheNextStart() throws InterruptedException {
            setup.store(store).handler(event -> {
                throw new IllegalStateException("cannot handle a gap");
            });
            setup.server.refuses(lost);
            setup.server.opens().at(highWater(200));

            setup.runToFailure();
            assertThat(store.token()).hasValue(token(50));
        }

        @Test
        void theGapOfAWatcherThatBeganAtATimeIsFromThatTime() throws InterruptedException {
            setup.startFrom(StartPosition.at(new BsonTimestamp(40, 0))).server.refuses(command(40576));
            setup.server.opens().at(highWater(200));
            setup.run();

            assertThat(gaps()).extracting(Gap::from).containsExactly(new BsonTimestamp(40, 0));
        }

        @Test
        void theGapAtRunTimeIsFromTheLastPosition() throws InterruptedException {
            setup.server.opens().batch(insert(101)).idle(highWater(150)).fails(lost);
            setup.server.opens().at(highWater(200));
            setup.run();

            assertThat(gaps()).extracting(Gap::from).containsExactly(time(150));
        }

        @Test
        void eachLossIsReportedOnce() throws InterruptedException {
            setup.server.opens().batch(insert(101)).fails(lost);
            setup.server.opens().at(highWater(200)).batch(insert(201)).fails(lost);
            setup.server.opens().at(highWater(300)).batch(insert(301)).fails(network());
            setup.server.opens().batch(insert(302));
            setup.run();

            assertThat(setup.handledTimes()).containsExactly(101, 200, 201, 300, 301, 302);
            assertThat(gaps()).hasSize(2);
        }

        @Test
        void aGapIsHandedOutWhereTokensTellNoTime() throws InterruptedException {
            ResumeToken foreign = new ResumeToken(new BsonDocument("_data", new BsonString("another server's")));
            setup.store(store).server.refuses(lost);
            setup.server.opens().at(foreign).fails(network());
            setup.run();

            assertThat(gaps()).extracting(Gap::from, Gap::to).containsExactly(tuple(time(50), time(50)));
            assertThat(setup.server.opened()).last().isEqualTo(StartPosition.after(foreign));
        }

        @Test
        void failsWhereTheServerDoesNotTellWhereTheStreamGoesOn() throws InterruptedException {
            setup.store(store).server.refuses(lost);
            setup.server.opens().withoutPosition();

            assertThat(setup.runToFailure())
                    .isInstanceOf(HistoryLostException.class)
                    .hasMessage(
                            "Cannot go on with watcher 'orders' on shop.orders after its history was lost (error 286 "
                                    + "ChangeStreamHistoryLost): the server does not tell where the new stream begins, so that the gap "
                                    + "would have no place among the events. Delete the checkpoint to begin anew.")
                    .hasCause(lost);
            assertThat(store.token()).hasValue(token(50));
        }
    }

    @Nested
    class WhenThePolicyIsToRestartFromTheOldestEntry {
        private final MemoryStore store = MemoryStore.holding(WatchSetup.checkpoint(token(50), time(50)));
        private final MongoException lost = command(286, "ChangeStreamHistoryLost");

        WhenThePolicyIsToRestartFromTheOldestEntry() {
            setup.whenHistoryLost(HistoryLostPolicy.RESTART_FROM_OLDEST).store(store);
        }

        @Test
        void handsOutTheGapThenWhatTheOplogHolds() throws InterruptedException {
            setup.server.tellsOldest(time(120)).refuses(lost);
            setup.server.opens().batch(insert(120), insert(121));
            setup.run();

            assertThat(setup.server.opened())
                    .containsExactly(StartPosition.after(token(50)), StartPosition.at(time(120)));
            assertThat(setup.handledTimes()).containsExactly(120, 120, 121);
            assertThat(gaps())
                    .extracting(Gap::from, Gap::to, Gap::policy)
                    .containsExactly(tuple(time(50), time(120), HistoryLostPolicy.RESTART_FROM_OLDEST));
        }

        @Test
        void isReportedOnceWhereTheOplogRollsOnMeanwhile() throws InterruptedException {
            setup.server.tellsOldest(time(120)).tellsOldest(time(130)).refuses(lost);
            setup.server.opens().fails(command(286));
            setup.server.opens().batch(insert(131));
            setup.run();

            assertThat(setup.server.opened())
                    .containsExactly(
                            StartPosition.after(token(50)), StartPosition.at(time(120)), StartPosition.at(time(130)));
            assertThat(gaps()).extracting(Gap::from, Gap::to).containsExactly(tuple(time(50), time(130)));
        }

        @Test
        void isReportedOnceWhereTheNetworkBreaksMeanwhile() throws InterruptedException {
            setup.server.tellsOldest(time(120)).refuses(lost).refuses(network());
            setup.server.opens().fails(network());
            setup.server.opens().batch(insert(121)).fails(network());
            setup.server.opens().batch(insert(122));
            setup.run();

            assertThat(gaps()).hasSize(1);
            assertThat(setup.handledTimes()).containsExactly(120, 121, 122);
        }

        @Test
        void asksAgainWhereTheServerCannotBeReached() throws InterruptedException {
            setup.server.opens().batch(insert(60)).fails(lost);
            setup.server.opens().batch(insert(130));
            setup.handler(event -> {
                if (event.clusterTime().equals(time(60))) {
                    setup.server.refusesToTell(network()).tellsOldest(time(120));
                }
            });
            setup.run();

            assertThat(setup.server.opened()).hasSize(2).last().isEqualTo(StartPosition.at(time(120)));
            assertThat(setup.time.delays()).hasSize(1);
        }

        @Test
        void failsWhereTheOldestEntryMayNotBeRead() throws InterruptedException {
            setup.server.refuses(lost);

            assertThat(setup.runToFailure())
                    .isInstanceOf(HistoryLostException.class)
                    .hasMessage(
                            "Cannot restart watcher 'orders' from the oldest entry of the oplog after its history was "
                                    + "lost (error 286 ChangeStreamHistoryLost): that entry cannot be read. Grant the user of the "
                                    + "connection the action find on the collection oplog.rs of the database local, or choose "
                                    + "whenHistoryLost(HistoryLostPolicy.RESTART_FROM_NOW); a mongos has no oplog.")
                    .hasCause(lost);
            assertThat(store.token()).hasValue(token(50));
        }

        @Test
        void savesThePositionBehindTheGapBeforeTheNextEvent() throws InterruptedException {
            setup.checkpoint(CheckpointPolicy.everyEvents(1_000)).handler(event -> {
                boolean isGap = event instanceof Gap;
                assertThat(store.token()).hasValue(isGap ? token(50) : highWater(120));
            });
            setup.server.tellsOldest(time(120)).refuses(lost);
            setup.server.opens().batch(insert(121));

            assertThat(setup.run().failure()).isEmpty();
            assertThat(setup.handled).hasSize(2);
        }

        @Test
        void isAnOutageWhereTheOldestEntryIsGoneAgainEachTime() throws InterruptedException {
            setup.retry(RetryPolicy.exponential(Duration.ofSeconds(1), Duration.ofSeconds(1))
                    .maxAttempts(3));
            for (int i = 0; i < 5; i++) {
                setup.server.tellsOldest(time(120 + i));
                setup.server.opens().fails(lost);
            }

            assertThat(setup.runToFailure())
                    .isInstanceOf(StreamFailedException.class)
                    .hasMessageContaining("the retry policy gave up (failed attempts: 3)");
            assertThat(setup.listener.all(Reconnecting.class)).hasSize(2);
            assertThat(setup.handled).isEmpty();
            assertThat(store.token()).hasValue(token(50));
        }

        @Test
        void savesNothingBehindTheGapWhileItIsNotHandedOut() throws InterruptedException {
            setup.server.tellsOldest(time(120)).refuses(lost);
            setup.server.opens(); // no batch comes
            setup.run();

            assertThat(setup.handled).isEmpty();
            assertThat(store.token()).hasValue(token(50));
        }
    }

    @Nested
    class WhenTheApplicationDecides {
        private final List<HistoryLost> asked = new ArrayList<>();

        @Test
        void itIsToldWhatIsKnown() throws InterruptedException {
            setup.store(MemoryStore.holding(WatchSetup.checkpoint(token(50), time(50))))
                    .whenHistoryLost(lost -> {
                        asked.add(lost);
                        return HistoryLostPolicy.RESTART_FROM_OLDEST;
                    });
            MongoException error = command(286);
            setup.server.tellsOldest(time(120)).refuses(error);
            setup.server.opens().batch(insert(121));
            setup.run();

            assertThat(asked)
                    .containsExactly(new HistoryLost("orders", Optional.of(time(50)), Optional.of(time(120)), error));
            assertThat(asked.get(0).positionWallTime()).hasValue(Instant.ofEpochSecond(50));
            assertThat(asked.get(0).oldestWallTime()).hasValue(Instant.ofEpochSecond(120));
            assertThat(setup.handledTimes()).containsExactly(120, 121);
        }

        @Test
        void whatItThrowsEndsTheWatcher() throws InterruptedException {
            IllegalStateException thrown = new IllegalStateException("nobody is there to decide");
            setup.whenHistoryLost(lost -> {
                throw thrown;
            });
            setup.server.refuses(command(286));

            assertThat(setup.runToFailure()).isSameAs(thrown);
            assertThat(setup.server.opened()).hasSize(1);
        }

        @Test
        @SuppressWarnings("NullAway") // as an application without its checks
        void noDecisionEndsTheWatcherWithWhatToReturn() throws InterruptedException {
            setup.whenHistoryLost(lost -> null);
            setup.server.refuses(command(286));

            assertThat(setup.runToFailure())
                    .hasMessage(
                            "whenHistoryLost(...) decided null; return FAIL, RESTART_FROM_OLDEST or RESTART_FROM_NOW of"
                                    + " HistoryLostPolicy");
        }
    }

    private List<Gap<?>> gaps() {
        return setup.handled.stream()
                .filter(Gap.class::isInstance)
                .<Gap<?>>map(event -> (Gap<?>) event)
                .toList();
    }
}
