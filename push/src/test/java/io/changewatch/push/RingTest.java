package io.changewatch.push;

import static io.changewatch.push.Events.highWater;
import static io.changewatch.push.Events.inBatch;
import static io.changewatch.push.Events.insert;
import static io.changewatch.push.Events.time;
import static io.changewatch.push.Events.token;
import static org.assertj.core.api.Assertions.assertThat;

import io.changewatch.event.EventContext;
import io.changewatch.event.Insert;
import io.changewatch.event.ResumeToken;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import org.bson.BsonDocument;
import org.bson.BsonString;
import org.bson.BsonTimestamp;
import org.bson.Document;
import org.bson.RawBsonDocument;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

final class RingTest {
    private static final long PLENTY = 1L << 40;
    private static final Duration LONG = Duration.ofHours(1);
    /** What one event of {@link Events#insert(int)} takes. */
    private static final long SIZE = new FeedEvent<>(1, insert(1), 0).size();

    private static Ring<Document> ring(long maxBytes, Duration maxAge) {
        return new Ring<>(maxBytes, maxAge);
    }

    /** A ring that began before second 1 and has seen the events of the seconds 1 to {@code newest}, all at time 0. */
    private static Ring<Document> filled(long maxBytes, int newest) {
        Ring<Document> ring = ring(maxBytes, LONG);
        ring.startsAfter(highWater(1), time(1));
        IntStream.rangeClosed(1, newest).forEach(second -> ring.append(insert(second), 0));
        return ring;
    }

    private static List<Long> sequences(List<? extends FeedEvent<?>> events) {
        return events.stream().map(FeedEvent::sequence).toList();
    }

    private static List<Long> everythingAfter(Ring<Document> ring, long sequence) {
        return sequences(ring.after(sequence, Integer.MAX_VALUE, Long.MAX_VALUE));
    }

    @Nested
    final class BeforeTheStreamIsOpen {

        @Test
        void hasNoFloorAndHoldsNothing() {
            Ring<Document> ring = ring(PLENTY, LONG);

            assertThat(ring.floor()).isNull();
            assertThat(ring.openedAt()).isNull();
            assertThat(ring.last()).isZero();
            assertThat(ring.size()).isZero();
            assertThat(ring.bytes()).isZero();
            assertThat(ring.continues(0)).isTrue();
            assertThat(everythingAfter(ring, 0)).isEmpty();
        }

        @Test
        void beginsAfterTheFirstPositionItIsTold() {
            Ring<Document> ring = ring(PLENTY, LONG);
            ring.startsAfter(highWater(5), time(5));
            ring.startsAfter(highWater(9), time(9));

            assertThat(ring.floor()).isEqualTo(highWater(5));
            assertThat(ring.openedAt()).isEqualTo(time(5));
        }

        @Test
        void beginsAfterTheFirstEventIfThatComesFirst() {
            Ring<Document> ring = ring(PLENTY, LONG);
            FeedEvent<Document> first = ring.append(insert(5), 0);
            ring.startsAfter(highWater(9), time(9));

            assertThat(first.sequence()).isEqualTo(1);
            assertThat(ring.floor()).isEqualTo(token(5));
            assertThat(ring.openedAt()).isNull();
            assertThat(ring.size()).isZero();
            assertThat(ring.last()).isEqualTo(1);
            assertThat(ring.continues(0)).isFalse();
            assertThat(ring.continues(1)).isTrue();
        }

        @Test
        void keepsNoBytesOfTheBatchThatTheFirstPositionCameIn() {
            Ring<Document> ring = ring(PLENTY, LONG);
            ring.startsAfter(inBatch(highWater(5)), time(5));

            assertThat(ring.floor()).isEqualTo(highWater(5));
            assertThat(ring.floor().value()).isNotInstanceOf(RawBsonDocument.class);
        }

        @Test
        void evictsNothing() {
            Ring<Document> ring = ring(0, Duration.ZERO);
            ring.evict(Long.MAX_VALUE);

            assertThat(ring.floor()).isNull();
        }
    }

    @Nested
    final class WhileItHoldsEverything {

        @Test
        void countsEventsWithoutAHole() {
            Ring<Document> ring = filled(PLENTY, 3);

            assertThat(everythingAfter(ring, 0)).containsExactly(1L, 2L, 3L);
            assertThat(ring.last()).isEqualTo(3);
            assertThat(ring.size()).isEqualTo(3);
            assertThat(ring.bytes()).isEqualTo(3 * SIZE);
        }

        @Test
        void keepsItsFloorAndTheTimeItWasOpenedAt() {
            Ring<Document> ring = filled(PLENTY, 3);

            assertThat(ring.floor()).isEqualTo(highWater(1));
            assertThat(ring.openedAt()).isEqualTo(time(1));
        }

        @Test
        void remembersWhenAnEventCame() {
            Ring<Document> ring = filled(PLENTY, 0);
            FeedEvent<Document> added = ring.append(insert(4), 77);

            assertThat(added.receivedNanos()).isEqualTo(77);
            assertThat(added.token()).isEqualTo(token(4));
            assertThat(ring.after(0, 1, 1)).containsExactly(added);
        }

        @Test
        void continuesBehindEachEvent() {
            Ring<Document> ring = filled(PLENTY, 3);

            assertThat(everythingAfter(ring, 1)).containsExactly(2L, 3L);
            assertThat(everythingAfter(ring, 2)).containsExactly(3L);
            assertThat(everythingAfter(ring, 3)).isEmpty();
            assertThat(IntStream.rangeClosed(0, 3).allMatch(ring::continues)).isTrue();
            assertThat(ring.continues(-1)).isFalse();
        }

        @Test
        void handsOutNoMoreEventsThanWanted() {
            Ring<Document> ring = filled(PLENTY, 10);

            assertThat(sequences(ring.after(2, 3, PLENTY))).containsExactly(3L, 4L, 5L);
            assertThat(sequences(ring.after(9, 3, PLENTY))).containsExactly(10L);
        }

        @Test
        void handsOutNoMoreBytesThanWantedButTheEventThatCrossesTheBound() {
            Ring<Document> ring = filled(PLENTY, 10);

            assertThat(sequences(ring.after(0, 10, 2 * SIZE))).containsExactly(1L, 2L);
            assertThat(sequences(ring.after(0, 10, 2 * SIZE + 1))).containsExactly(1L, 2L, 3L);
        }

        @Test
        void handsOutOneEventHoweverLarge() {
            assertThat(sequences(filled(PLENTY, 10).after(4, 10, 1))).containsExactly(5L);
        }
    }

    @Nested
    final class AskedForAPosition {
        private final Ring<Document> ring = filled(PLENTY, 5);

        @Test
        void findsTheEventItself() {
            assertThat(IntStream.rangeClosed(1, 5).mapToObj(second -> ring.sequenceAt(token(second))))
                    .containsExactly(1L, 2L, 3L, 4L, 5L);
        }

        @Test
        void findsTheEventBeforeAPositionInBetween() {
            assertThat(IntStream.rangeClosed(1, 5).mapToObj(second -> ring.sequenceAt(highWater(second))))
                    .containsExactly(0L, 1L, 2L, 3L, 4L);
        }

        @Test
        void findsTheNewestForAPositionAheadOfIt() {
            assertThat(ring.sequenceAt(highWater(6))).isEqualTo(5);
            assertThat(ring.sequenceAt(token(1_000))).isEqualTo(5);
        }

        @Test
        void findsTheLastEvictedOneForTheFloor() {
            Ring<Document> bounded = filled(2 * SIZE, 5);

            assertThat(bounded.sequenceAt(bounded.floor())).isEqualTo(3);
            assertThat(bounded.sequenceAt(highWater(4))).isEqualTo(3);
            assertThat(bounded.sequenceAt(token(4))).isEqualTo(4);
        }

        @Test
        void findsTheNewestWhereNothingIsHeld() {
            Ring<Document> empty = filled(0, 5);

            assertThat(empty.sequenceAt(token(5))).isEqualTo(5);
            assertThat(empty.sequenceAt(highWater(9))).isEqualTo(5);
        }
    }

    @Nested
    final class BoundedByBytes {

        @Test
        void letsTheOldestGo() {
            Ring<Document> ring = filled(3 * SIZE, 5);

            assertThat(everythingAfter(ring, 2)).containsExactly(3L, 4L, 5L);
            assertThat(ring.bytes()).isEqualTo(3 * SIZE);
            assertThat(ring.continues(2)).isTrue();
            assertThat(ring.continues(1)).isFalse();
        }

        @Test
        void movesTheFloorToTheLastEventThatWentAndForgetsWhenItWasOpened() {
            Ring<Document> ring = filled(3 * SIZE, 5);

            assertThat(ring.floor()).isEqualTo(token(2));
            assertThat(ring.openedAt()).isNull();
        }

        @Test
        void holdsNothingIfEveryEventIsTooLarge() {
            Ring<Document> ring = filled(SIZE - 1, 5);

            assertThat(ring.size()).isZero();
            assertThat(ring.bytes()).isZero();
            assertThat(ring.floor()).isEqualTo(token(5));
            assertThat(ring.last()).isEqualTo(5);
            assertThat(ring.continues(5)).isTrue();
            assertThat(ring.continues(4)).isFalse();
        }

        @Test
        void letsAllSmallOnesGoForOneThatIsLarge() {
            Ring<Document> ring = filled(5 * SIZE, 5);
            ring.append(insert(6, new BsonDocument("note", new BsonString("x".repeat((int) (4 * SIZE) - 100)))), 0);

            assertThat(everythingAfter(ring, 5)).containsExactly(6L);
            assertThat(ring.floor()).isEqualTo(token(5));
        }

        @Test
        void keepsNoBytesOfTheLastBatchWhenItIsEmpty() {
            Ring<Document> ring = ring(0, LONG);
            ring.startsAfter(highWater(1), time(1));
            Insert<Document> event = insert(1);
            EventContext context = event.context();
            ring.append(
                    new Insert<>(
                            new EventContext(
                                    inBatch(token(1)),
                                    context.clusterTime(),
                                    context.wallTime(),
                                    Optional.empty(),
                                    Optional.empty(),
                                    context.raw()),
                            event.in(),
                            event.documentKey(),
                            event.document()),
                    0);

            assertThat(ring.floor()).isEqualTo(token(1));
            assertThat(ring.floor().value()).isNotInstanceOf(RawBsonDocument.class);
        }
    }

    @Nested
    final class BoundedByAge {
        private final Ring<Document> ring = ring(PLENTY, Duration.ofNanos(10));

        @Test
        void letsGoWhatIsOlder() {
            ring.startsAfter(highWater(1), time(1));
            ring.append(insert(1), 100);
            ring.append(insert(2), 105);
            ring.evict(110);
            assertThat(everythingAfter(ring, 0)).containsExactly(1L, 2L);

            ring.evict(111);
            assertThat(everythingAfter(ring, 1)).containsExactly(2L);
            assertThat(ring.floor()).isEqualTo(token(1));

            ring.evict(116);
            assertThat(ring.size()).isZero();
            assertThat(ring.bytes()).isZero();
            assertThat(ring.floor()).isEqualTo(token(2));
        }

        @Test
        void looksAtTheAgeWithEachEvent() {
            ring.startsAfter(highWater(1), time(1));
            ring.append(insert(1), 100);
            ring.append(insert(2), 111);

            assertThat(everythingAfter(ring, 1)).containsExactly(2L);
        }

        @Test
        void countsAcrossTheEndOfTheTicker() {
            ring.startsAfter(highWater(1), time(1));
            ring.append(insert(1), Long.MAX_VALUE);
            ring.evict(Long.MIN_VALUE + 9);
            assertThat(ring.size()).isEqualTo(1);

            ring.evict(Long.MIN_VALUE + 10);
            assertThat(ring.size()).isZero();
        }
    }

    @Nested
    final class RestartedAfterAGap {
        private final Ring<Document> ring = filled(PLENTY, 5);

        @Test
        void holdsNothingFromBefore() {
            ring.restartAfter(inBatch(highWater(9)), time(9));

            assertThat(ring.floor()).isEqualTo(highWater(9));
            assertThat(ring.floor().value()).isNotInstanceOf(RawBsonDocument.class);
            assertThat(ring.openedAt()).isEqualTo(time(9));
            assertThat(ring.size()).isZero();
            assertThat(ring.bytes()).isZero();
            assertThat(ring.continues(5)).isFalse();
            assertThat(ring.continues(ring.last())).isTrue();
            assertThat(everythingAfter(ring, ring.last())).isEmpty();
        }

        @Test
        void countsOnWithAHole() {
            ring.restartAfter(highWater(9), time(9));
            ring.append(insert(10), 0);

            assertThat(ring.continues(5)).isFalse();
            assertThat(everythingAfter(ring, 6)).containsExactly(7L);
            assertThat(ring.sequenceAt(highWater(9))).isEqualTo(6);
            assertThat(ring.sequenceAt(token(10))).isEqualTo(7);
            assertThat(ring.floor()).isEqualTo(highWater(9));
        }
    }

    @Nested
    final class OverManyEvents {

        @Test
        void holdsTheNewestAllTheTime() {
            Ring<Document> ring = ring(100 * SIZE, LONG);
            ring.startsAfter(highWater(1), time(1));
            for (int second = 1; second <= 10_000; second++) {
                ring.append(insert(second), second);
                assertThat(ring.size()).isEqualTo(Math.min(second, 100));
                assertThat(ring.bytes()).isEqualTo(ring.size() * SIZE);
            }

            assertThat(everythingAfter(ring, 9_900))
                    .containsExactlyElementsOf(IntStream.rangeClosed(9_901, 10_000)
                            .asLongStream()
                            .boxed()
                            .toList());
            assertThat(ring.floor()).isEqualTo(token(9_900));
            assertThat(ring.sequenceAt(token(9_950))).isEqualTo(9_950);
        }

        @Test
        void doesAsAPlainListDoes() {
            Random random = new Random(20_261_125);
            for (int round = 0; round < 50; round++) {
                Comparison comparison =
                        new Comparison(random, random.nextInt(30) * SIZE, Duration.ofNanos(random.nextInt(60)));
                IntStream.range(0, 400).forEach(step -> comparison.step());
            }
        }
    }

    /** A ring and a list that are asked the same. */
    private static final class Comparison {
        private final Random random;
        private final long maxBytes;
        private final Duration maxAge;
        private final Ring<Document> ring;
        private final List<FeedEvent<Document>> held = new ArrayList<>();
        private long last;
        private @Nullable ResumeToken floor;
        private @Nullable BsonTimestamp openedAt;
        private int second = 1;
        private long nanos;

        Comparison(Random random, long maxBytes, Duration maxAge) {
            this.random = random;
            this.maxBytes = maxBytes;
            this.maxAge = maxAge;
            this.ring = ring(maxBytes, maxAge);
        }

        void step() {
            second += 1 + random.nextInt(3);
            nanos += random.nextInt(8);
            int dice = random.nextInt(100);
            if (dice < 80) {
                append();
            } else if (dice < 88) {
                start();
            } else if (dice < 98) {
                ring.evict(nanos);
                evict();
            } else {
                restart();
            }
            compare();
        }

        private void append() {
            BsonDocument fields = new BsonDocument("note", new BsonString("x".repeat(random.nextInt(900))));
            FeedEvent<Document> expected = new FeedEvent<>(++last, insert(second, fields), nanos);
            assertThat(ring.append(expected.event(), nanos)).isEqualTo(expected);
            if (floor == null) {
                floor = expected.token();
            } else {
                held.add(expected);
                evict();
            }
        }

        private void start() {
            ring.startsAfter(highWater(second), time(second));
            if (floor == null) {
                floor = highWater(second);
                openedAt = time(second);
            }
        }

        private void restart() {
            ring.restartAfter(highWater(second), time(second));
            last++;
            held.clear();
            floor = highWater(second);
            openedAt = time(second);
        }

        private void evict() {
            while (!held.isEmpty() && (bytes() > maxBytes || nanos - held.get(0).receivedNanos() > maxAge.toNanos())) {
                floor = held.remove(0).token();
                openedAt = null;
            }
        }

        private long bytes() {
            return held.stream().mapToLong(FeedEvent::size).sum();
        }

        private void compare() {
            assertThat(ring.floor()).isEqualTo(floor);
            assertThat(ring.openedAt()).isEqualTo(openedAt);
            assertThat(ring.last()).isEqualTo(last);
            assertThat(ring.size()).isEqualTo(held.size());
            assertThat(ring.bytes()).isEqualTo(bytes());
            compareSequences();
            comparePositions();
        }

        private void compareSequences() {
            long evicted = last - held.size();
            long sequence = evicted - 3 + random.nextInt(held.size() + 4);
            assertThat(ring.continues(sequence)).isEqualTo(sequence >= evicted);
            if (sequence >= evicted) {
                int most = 1 + random.nextInt(10);
                assertThat(ring.after(sequence, most, Long.MAX_VALUE))
                        .isEqualTo(held.stream()
                                .filter(event -> event.sequence() > sequence)
                                .limit(most)
                                .toList());
            }
        }

        private void comparePositions() {
            int at = second - random.nextInt(40);
            ResumeToken position = random.nextBoolean() ? token(at) : highWater(at);
            if (at > 0 && floor != null && !position.isBefore(floor)) {
                long behind = held.stream()
                        .filter(event -> position.isBefore(event.token()))
                        .count();
                assertThat(ring.sequenceAt(position)).isEqualTo(last - behind);
            }
        }
    }
}
