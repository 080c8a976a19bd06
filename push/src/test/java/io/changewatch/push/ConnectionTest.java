package io.changewatch.push;

import static io.changewatch.push.Events.highWater;
import static io.changewatch.push.Events.time;
import static io.changewatch.push.Events.token;
import static org.assertj.core.api.Assertions.assertThat;

import io.changewatch.HistoryLostException;
import io.changewatch.HistoryLostPolicy;
import io.changewatch.StreamFailedException;
import io.changewatch.event.Gap;
import io.changewatch.event.ResumeToken;
import io.changewatch.pipeline.Condition;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.bson.BsonDocument;
import org.bson.BsonString;
import org.bson.BsonTimestamp;
import org.bson.Document;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** What one client goes through; the test is every thread. */
final class ConnectionTest {
    private FeedSetup feed = new FeedSetup().opened(1);
    private final RecordingClient client = new RecordingClient();
    private final RecordingClient other = new RecordingClient();

    private static List<Integer> ids(RecordingClient client) {
        return client.messages("event").stream()
                .map(event -> event.getInt32("id").getValue())
                .toList();
    }

    private ResumeToken position(RecordingClient of) {
        return feed.read(of.position());
    }

    @Nested
    class WhileLive {

        @Test
        void receivesWhatItWantsInOrder() {
            feed.attach(client);
            feed.attach(other, Condition.documentKey("_id").eq(2));
            feed.send();
            feed.accept(1, 2, 3);
            feed.send();

            assertThat(ids(client)).containsExactly(1, 2, 3);
            assertThat(ids(other)).containsExactly(2);
            assertThat(position(client)).isEqualTo(token(3));
        }

        @Test
        void isSentOneTextAtATime() {
            client.holds();
            feed.attach(client);
            feed.send();
            feed.accept(1, 2, 3);
            feed.send();
            assertThat(client.types()).containsExactly("ready");
            client.takes();
            feed.send();

            assertThat(ids(client)).containsExactly(1, 2, 3);
            assertThat(client.mostInFlight()).isEqualTo(1);
        }

        @Test
        void seesNothingThatItMayNotSee() {
            feed = new FeedSetup(builder -> builder.authorize(
                            (principal, event) -> event.clusterTime().getTime() != 2))
                    .opened(1);
            feed.attach(client);
            feed.send();
            feed.accept(1, 2, 3);
            feed.send();

            assertThat(ids(client)).containsExactly(1, 3);
        }

        @Test
        void endsIfNobodyCanSayWhatItMaySee() {
            feed = new FeedSetup(builder -> builder.authorize((principal, event) -> {
                        throw new IllegalStateException("no directory");
                    }))
                    .opened(1);
            feed.attach(client);
            feed.send();
            feed.accept(1, 2);
            feed.send();

            assertThat(client.types()).containsExactly("ready", "closing");
            assertThat(position(client)).isEqualTo(highWater(1));
            assertThat(client.closings()).containsExactly("1011 The server could not decide what you may see.");
            assertThat(feed.seats.taken()).isZero();
        }

        @Test
        void endsAloneIfItsAdapterThrows() {
            feed.attach(client);
            feed.attach(other);
            feed.send();
            client.fails();
            feed.accept(1, 2);
            feed.send();

            assertThat(client.closings()).containsExactly("1001 A message could not be sent.");
            assertThat(ids(other)).containsExactly(1, 2);
            assertThat(feed.figures.dead.sum()).isEqualTo(1);
            assertThat(feed.hub.clients()).hasSize(1);
            assertThat(feed.seats.taken()).isEqualTo(1);
        }

        @Test
        void endsAloneIfItsFilterCannotBeEvaluated() {
            feed.attach(client, Condition.document("note").regex("(x|y)*z"));
            feed.attach(other, Condition.documentKey("_id").gte(0));
            feed.send();
            feed.hub.accept(Events.insert(1, new BsonDocument("note", new BsonString("x".repeat(1_000_000)))));
            feed.accept(2);
            feed.send();

            assertThat(client.closings()).containsExactly("1011 The server could not decide what you may see.");
            assertThat(ids(other)).containsExactly(1, 2);
        }

        @Test
        void isClosedIfItCannotBeServed() {
            feed = new FeedSetup(builder -> builder.payload(event -> "1")).opened(1);
            feed.attach(client, Condition.element().eq(1)); // no filter of its own would pass admission
            feed.send();

            assertThat(client.closings()).containsExactly("1011 The server failed. Come again with your position.");
            assertThat(feed.seats.taken()).isZero();
        }

        @Test
        void isToldOfAGapBeforeAHeartbeatTellsWhatIsBehindIt() {
            feed.attach(client);
            feed.send();
            feed.accept(1);
            feed.send();
            feed.hub.accept(Gap.<Document>of(
                    highWater(5),
                    time(2),
                    time(5),
                    HistoryLostPolicy.RESTART_FROM_NOW,
                    new IllegalStateException("oplog too short")));
            feed.hub.clients().forEach(one -> one.beat(feed.nanos));
            feed.send();

            assertThat(client.types()).containsExactly("ready", "event", "gap");
        }

        @Test
        void isToldOfAGapOfTheStream() {
            feed.attach(client, Condition.documentKey("_id").eq(9));
            feed.send();
            feed.accept(1);
            feed.hub.accept(Gap.<Document>of(
                    highWater(5),
                    time(2),
                    time(5),
                    HistoryLostPolicy.RESTART_FROM_NOW,
                    new IllegalStateException("oplog too short")));
            feed.accept(9);
            feed.send();

            assertThat(client.types()).containsExactly("ready", "gap", "event");
            assertThat(feed.read(
                            client.messages("gap").get(0).getString("position").getValue()))
                    .isEqualTo(highWater(5));
        }
    }

    @Nested
    class TooSlow {

        private void overrun(SlowClientPolicy policy) {
            feed = new FeedSetup(builder -> builder.maxQueuedMessages(3).whenSlow(policy)).opened(1);
            feed.attach(client);
            feed.attach(other);
            feed.send();
            client.holds();
            for (int second = 1; second <= 6; second++) {
                feed.accept(second);
                feed.send();
            }
        }

        @Test
        void isClosedWithThePositionOfWhatItReceived() {
            overrun(SlowClientPolicy.DISCONNECT);
            client.takes();
            feed.send();

            assertThat(client.types()).containsExactly("ready", "event", "closing");
            assertThat(ids(client)).containsExactly(1);
            assertThat(position(client)).isEqualTo(token(1));
            assertThat(client.closings())
                    .containsExactly("1013 Too slow: too much waited to be sent. Come again with your position.");
            assertThat(ids(other)).containsExactly(1, 2, 3, 4, 5, 6);
            assertThat(feed.figures.dropped.sum()).isEqualTo(3);
            assertThat(feed.figures.slow.sum()).isEqualTo(1);
            assertThat(feed.seats.taken()).isEqualTo(1);
        }

        @Test
        void isCutOffIfItDoesNotEvenTakeThat() {
            overrun(SlowClientPolicy.DISCONNECT);
            feed.pass(Duration.ofMinutes(2));
            feed.hub.clients().forEach(one -> {
                if (one.stage() == Connection.Stage.CLOSING) {
                    one.beat(feed.nanos);
                }
            });

            assertThat(client.closings()).containsExactly("1001 Nothing was heard of you for 45 s.");
            assertThat(feed.seats.taken()).isEqualTo(1);
            client.takes();
            feed.send();
            assertThat(client.types()).containsExactly("ready", "event");
        }

        @Test
        void isToldWhatWasDropped() {
            overrun(SlowClientPolicy.DROP);
            client.takes();
            feed.send();

            assertThat(client.types()).containsExactly("ready", "event", "gap", "event", "event");
            assertThat(ids(client)).containsExactly(1, 5, 6);
            assertThat(client.messages("gap").get(0).getInt32("dropped").getValue())
                    .isEqualTo(3);
            assertThat(feed.read(
                            client.messages("gap").get(0).getString("position").getValue()))
                    .isEqualTo(token(4));
        }

        @Test
        void isToldInOneGapOfAllThatWasDropped() {
            overrun(SlowClientPolicy.DROP);
            for (int second = 7; second <= 1_000; second++) {
                feed.accept(second);
            }
            client.takes();
            feed.send();

            assertThat(client.types()).startsWith("ready", "event", "gap").containsOnlyOnce("gap");
            int dropped = client.messages("gap").get(0).getInt32("dropped").getValue();
            assertThat(dropped + ids(client).size()).isEqualTo(1_000);
            assertThat(ids(client)).endsWith(1_000);
        }

        @Test
        void isClosedAllTheSameIfThereAreTooManyDocuments() {
            overrun(SlowClientPolicy.CONFLATE);
            client.takes();
            feed.send();

            assertThat(client.types()).containsExactly("ready", "event", "closing");
        }

        @Test
        void receivesTheNewestOfEachDocument() {
            feed = new FeedSetup(builder -> builder.maxQueuedMessages(3).whenSlow(SlowClientPolicy.CONFLATE)).opened(1);
            feed.attach(client);
            feed.send();
            client.holds();
            feed.accept(1);
            feed.send();
            feed.accept(2, 3, 2, 3, 2);
            client.takes();
            feed.send();

            assertThat(ids(client)).containsExactly(1, 3, 2);
            assertThat(feed.figures.conflated.sum()).isEqualTo(3);
        }
    }

    @Nested
    class ComingAgain {

        @Test
        void readsTheBufferFirst() {
            feed.accept(1, 2, 3);
            feed.resume(client, token(1));
            feed.send();
            feed.accept(4);
            feed.send();

            assertThat(client.types()).containsExactly("ready", "event", "event", "live", "event");
            assertThat(ids(client)).containsExactly(2, 3, 4);
        }

        @Test
        void passesOverWhatAnotherFeedHasSentItAlready() {
            feed.accept(1);
            feed.resume(client, token(3));
            feed.send();
            feed.accept(2, 3, 4);
            feed.send();

            assertThat(ids(client)).containsExactly(4);
        }

        @Test
        void keepsItsPositionWhileTheFeedIsBehindIt() {
            feed.accept(1);
            Connection<Document> connection = feed.resume(client, token(3));
            feed.send();
            connection.beat(feed.nanos);
            feed.send();

            assertThat(client.types()).endsWith("heartbeat");
            assertThat(position(client)).isEqualTo(token(3));
        }

        @Test
        void waitsForACursorThatIsFree() {
            feed = new FeedSetup(builder -> builder.catchUpCursors(1)).opened(10);
            feed.resume(client, token(1));
            feed.resume(other, token(2));
            feed.send();
            assertThat(feed.cursors).hasSize(1);
            assertThat(feed.catchUps.counts()).containsExactly(1, 1);
            feed.cursors.get(0).sends(Events.insert(5));
            feed.cursors.get(0).moves(highWater(10), time(10));
            assertThat(feed.cursors.get(0).isCancelled()).isTrue();
            assertThat(feed.cursors)
                    .as("until the first has ended on the server")
                    .hasSize(1);
            feed.cursors.get(0).ends();
            feed.cursors.get(1).moves(highWater(10), time(10));
            feed.cursors.get(1).ends();
            feed.send();

            assertThat(feed.cursors.get(1).after()).isEqualTo(token(2));
            assertThat(client.types()).containsExactly("ready", "event", "live");
            assertThat(other.types()).containsExactly("ready", "live");
            assertThat(feed.catchUps.counts()).containsExactly(0, 0);
        }

        @Test
        void leavesItsPlaceInTheLineWhenItGoes() {
            feed = new FeedSetup(builder -> builder.catchUpCursors(1)).opened(10);
            Connection<Document> first = feed.resume(client, token(1));
            feed.resume(other, token(2)).closed();
            assertThat(feed.catchUps.counts()).containsExactly(1, 0);
            first.closed();

            assertThat(feed.cursors.get(0).isCancelled()).isTrue();
            assertThat(client.closings()).isEmpty();
            assertThat(feed.seats.taken()).isZero();
        }

        @Test
        void sharesItsCursorWithAllWhoWait() {
            feed = new FeedSetup(builder -> builder.catchUpCursors(1)).opened(10);
            RecordingClient first = new RecordingClient();
            feed.resume(first, token(7));
            feed.resume(client, token(4));
            feed.resume(other, token(2));
            feed.cursors.get(0).moves(highWater(10), time(10));
            feed.cursors.get(0).ends();
            FeedSetup.Cursor shared = feed.cursors.get(1);
            shared.sends(Events.insert(3));
            shared.sends(Events.insert(4));
            shared.sends(Events.insert(5));
            shared.moves(highWater(10), time(10));
            shared.ends();
            feed.send();

            assertThat(shared.after()).isEqualTo(token(2));
            assertThat(ids(other)).containsExactly(3, 4, 5);
            assertThat(ids(client)).containsExactly(5);
            assertThat(client.types()).endsWith("live");
            assertThat(feed.cursors).hasSize(2);
        }

        @Test
        void doesNotTakeTheCursorWithItWhenItGoesBeforeTheOthersHaveJoined() {
            feed = new FeedSetup(builder -> builder.catchUpCursors(1)).opened(10);
            RecordingClient first = new RecordingClient();
            feed.resume(first, token(7));
            Connection<Document> gone = feed.resume(client, token(2));
            feed.resume(other, token(4));
            gone.closed();
            feed.catchUps.await(gone, token(2)); // it had begun to wait again when it went
            feed.cursors.get(0).moves(highWater(10), time(10));
            feed.cursors.get(0).ends();
            FeedSetup.Cursor shared = feed.cursors.get(1);
            assertThat(shared.isCancelled()).isFalse();
            shared.moves(highWater(10), time(10));
            shared.ends();
            feed.send();

            assertThat(other.types()).containsExactly("ready", "live");
            assertThat(feed.catchUps.counts()).containsExactly(0, 0);
        }

        @Test
        void doesNotLoseItsHistoryWithSomebodyElses() {
            feed = new FeedSetup(builder -> builder.catchUpCursors(1)).opened(1_000);
            RecordingClient first = new RecordingClient();
            feed.resume(first, token(999));
            feed.resume(client, token(1));
            feed.resume(other, token(995));
            feed.cursors.get(0).moves(highWater(1_000), time(1_000));
            feed.cursors.get(0).ends();
            feed.cursors.get(1).fails(new HistoryLostException("too old", null));
            feed.cursors.get(1).ends();
            FeedSetup.Cursor again = feed.cursors.get(2);
            again.sends(Events.insert(996));
            again.moves(highWater(1_000), time(1_000));
            again.ends();
            feed.send();

            assertThat(client.types()).containsExactly("ready", "gap", "live");
            assertThat(other.types()).containsExactly("ready", "event", "live");
            assertThat(again.after()).isEqualTo(token(995));
        }

        @Test
        void isNotLeftWaitingWhereItsCursorEndsWithoutAWord() {
            feed = new FeedSetup().opened(10);
            feed.resume(client, token(1));
            feed.cursors.get(0).ends();
            feed.cursors.get(0).ends();
            feed.send();

            assertThat(client.closings())
                    .containsExactly("1011 What you missed could not be read. Come again with your position.");
            assertThat(feed.catchUps.counts()).containsExactly(0, 0);
        }

        @Test
        void mayAskWhetherTheFeedIsThereWhileItIsCaughtUp() {
            feed = new FeedSetup(builder -> builder.maxQueuedMessages(3)).opened(1_000);
            client.holds();
            Connection<Document> connection = feed.resume(client, token(1));
            feed.send();
            for (int second = 2; !feed.cursors.get(0).isCancelled(); second++) {
                feed.cursors.get(0).sends(Events.insert(second));
            }
            connection.received("{\"type\": \"ping\"}");
            client.takes();
            feed.send();

            assertThat(client.closings()).isEmpty();
            assertThat(ids(client)).startsWith(2, 3);
        }

        @Test
        void isToldNoGapThatLiesBeforeWhatItHas() {
            feed.resume(client, token(9));
            feed.send();
            feed.hub.accept(Gap.<Document>of(
                    highWater(5),
                    time(2),
                    time(5),
                    HistoryLostPolicy.RESTART_FROM_NOW,
                    new IllegalStateException("oplog too short")));
            feed.accept(6, 9, 10);
            feed.send();

            assertThat(client.types()).doesNotContain("gap");
            assertThat(ids(client)).containsExactly(10);
        }

        @Test
        void keepsNobodyWaitingWhenItIsSlow() {
            feed = new FeedSetup(builder -> builder.catchUpCursors(1).maxQueuedMessages(4)).opened(1_000);
            client.holds();
            feed.resume(client, token(1));
            feed.send();
            FeedSetup.Cursor cursor = feed.cursors.get(0);
            int second = 2;
            while (!cursor.isCancelled()) {
                cursor.sends(Events.insert(second++));
            }
            cursor.ends();
            feed.resume(other, token(900));
            feed.cursors.get(1).moves(highWater(1_000), time(1_000));
            feed.cursors.get(1).ends();
            feed.send();
            assertThat(other.types()).containsExactly("ready", "live");
            assertThat(feed.cursors).hasSize(2);
            client.takes();
            feed.send();
            FeedSetup.Cursor again = feed.cursors.get(2);
            again.sends(Events.insert(second - 1));
            again.moves(highWater(1_000), time(1_000));
            feed.send();

            assertThat(ids(client)).containsExactlyElementsOf(rangeFrom2To(second - 1));
            assertThat(client.types()).endsWith("live");
        }

        private List<Integer> rangeFrom2To(int last) {
            return IntStream.rangeClosed(2, last).boxed().toList();
        }

        @Test
        void goesOnFromTheRingWhereAnIdleStreamRestsOneTickBeforeIt() {
            BsonTimestamp newest = new BsonTimestamp(9, 7);
            feed = new FeedSetup();
            feed.hub.moved(highWater(10), new BsonTimestamp(9, 8));
            feed.resume(client, token(1));
            feed.send();
            FeedSetup.Cursor cursor = feed.cursors.get(0);
            cursor.moves(highWater(9), newest);
            feed.send();
            assertThat(client.types()).as("there may be more at this position").containsExactly("ready");
            cursor.moves(highWater(9), newest);
            feed.send();

            assertThat(client.types()).containsExactly("ready", "live");
            assertThat(position(client)).isEqualTo(highWater(10));
        }

        @Test
        void doesNotTakeThePlaceItCameWithForOneThatWasRead() {
            BsonTimestamp newest = new BsonTimestamp(9, 7);
            feed = new FeedSetup();
            feed.hub.moved(highWater(10), new BsonTimestamp(9, 8));
            feed.resume(client, highWater(9));
            FeedSetup.Cursor cursor = feed.cursors.get(0);
            cursor.moves(highWater(9), newest);
            cursor.moves(highWater(9), newest);
            cursor.moves(highWater(9), newest);
            feed.send();
            assertThat(client.types()).containsExactly("ready");
            cursor.moves(highWater(11), new BsonTimestamp(19, 1));
            feed.send();

            assertThat(client.types()).containsExactly("ready", "live");
        }

        @Test
        void doesNotGoOnFromTheRingAnyEarlier() {
            BsonTimestamp older = new BsonTimestamp(9, 6);
            feed = new FeedSetup();
            feed.hub.moved(highWater(10), new BsonTimestamp(9, 8));
            feed.resume(client, token(1));
            feed.cursors.get(0).moves(highWater(9), older);
            feed.cursors.get(0).moves(highWater(9), older);
            feed.send();

            assertThat(client.types()).containsExactly("ready");
        }

        @Test
        void isToldOfTheGapWhereTheServerHasForgotten() {
            feed.accept(1, 2);
            feed = new FeedSetup().opened(10);
            feed.accept(10);
            feed.resume(client, token(1));
            feed.cursors.get(0).fails(new HistoryLostException("too old", null));
            feed.accept(11);
            feed.send();

            assertThat(client.types()).containsExactly("ready", "gap", "event", "live");
            assertThat(ids(client)).containsExactly(11);
            assertThat(client.messages("gap").get(0).getString("reason").getValue())
                    .isEqualTo("history-lost");
        }

        @Test
        void isClosedWithItsPositionWhereNothingCanBeRead() {
            feed = new FeedSetup().opened(10);
            feed.resume(client, token(1));
            feed.cursors.get(0).sends(Events.insert(2));
            feed.cursors.get(0).fails(new StreamFailedException("no server", null));
            feed.send();

            assertThat(client.types()).containsExactly("ready", "event", "closing");
            assertThat(position(client)).isEqualTo(token(2));
            assertThat(client.closings())
                    .containsExactly("1011 What you missed could not be read. Come again with your position.");
        }
    }

    @Nested
    class AtAHeartbeat {

        @Test
        void isGreetedBefore() {
            feed.whenArrived = () -> feed.hub.clients().forEach(one -> one.beat(feed.nanos));
            feed.attach(client);
            feed.accept(1);
            feed.send();

            assertThat(client.types()).startsWith("ready");
        }

        @Test
        void learnsWhereTheStreamIs() {
            Connection<Document> connection =
                    feed.attach(client, Condition.documentKey("_id").eq(99));
            feed.send();
            feed.accept(1, 2);
            feed.hub.moved(highWater(7), time(7));
            connection.beat(feed.nanos);
            feed.send();

            assertThat(client.texts().get(1)).contains("\"state\": \"RUNNING\"");
            assertThat(position(client)).isEqualTo(highWater(7));
            assertThat(client.pings()).isEqualTo(1);
        }

        @Test
        void isToldNothingWhileSomethingIsOnItsWay() {
            client.holds();
            Connection<Document> connection = feed.attach(client);
            feed.send();
            connection.beat(feed.nanos);
            client.takes();
            feed.send();

            assertThat(client.types()).containsExactly("ready");
        }

        @Test
        void isGivenUpIfItWasSilentForTooLong() {
            Connection<Document> connection = feed.attach(client);
            feed.send();
            feed.pass(Duration.ofSeconds(44));
            connection.beat(feed.nanos);
            connection.pong();
            feed.pass(Duration.ofSeconds(44));
            connection.beat(feed.nanos);
            assertThat(client.closings()).isEmpty();
            feed.pass(Duration.ofSeconds(2));
            connection.beat(feed.nanos);

            assertThat(client.closings()).containsExactly("1001 Nothing was heard of you for 45 s.");
            assertThat(feed.hub.clients()).isEmpty();
        }

        @Test
        void countsAsAliveWhileItTakesEventsThatItCannotAnswer() {
            client.withoutPings();
            Connection<Document> connection =
                    feed.attach(client, ClientRequest.of(FeedSetup.ANN, Transport.SERVER_SENT_EVENTS));
            feed.send();
            feed.pass(Duration.ofMinutes(10));
            connection.beat(feed.nanos);
            feed.send();

            assertThat(client.closings()).isEmpty();
            assertThat(client.texts().get(1)).startsWith(": heartbeat\nid: ").contains("\nevent: heartbeat\n");
        }
    }

    @Nested
    class AtItsEnd {

        @Test
        void isSentWhatWaitsAndThenTheGoodbye() {
            client.holds();
            Connection<Document> connection = feed.attach(client);
            feed.send();
            feed.accept(1, 2);
            connection.end(1012, "restart", false);
            connection.end(1011, "another reason", false);
            feed.accept(3);
            client.takes();
            feed.send();

            assertThat(client.types()).startsWith("ready").endsWith("closing");
            assertThat(client.closings()).containsExactly("1012 restart");
            assertThat(feed.hub.clients()).isEmpty();
            assertThat(feed.seats.taken()).isZero();
        }

        @Test
        void isNotClosedAgainWhenItWentItself() {
            Connection<Document> connection = feed.attach(client);
            feed.send();
            connection.closed();
            connection.closed();
            feed.accept(1);
            connection.beat(feed.nanos);
            connection.received("hello");
            connection.end(1012, "restart", false);
            feed.send();

            assertThat(client.types()).containsExactly("ready");
            assertThat(client.closings()).isEmpty();
            assertThat(feed.seats.taken()).isZero();
        }
    }
}
