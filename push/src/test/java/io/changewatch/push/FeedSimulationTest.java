package io.changewatch.push;

import static org.assertj.core.api.Assertions.assertThat;

import io.changewatch.event.Insert;
import io.changewatch.event.ResumeToken;
import io.changewatch.pipeline.Condition;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.bson.Document;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Thousands of schedules of one feed and its clients: events are written, handed to the feed or not yet, sent or stuck;
 * clients are cut off and come again with the last position they received, at this feed or at one that was started anew;
 * cursors run ahead and fall behind. Whatever the schedule, each client has received every event it wants once and in order.
 */
final class FeedSimulationTest {
    private static final int SEEDS = 400;
    private static final int STEPS = 300;

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3})
    void everyClientReceivesEveryEventOnceAndInOrder(int group) {
        for (int seed = group * SEEDS; seed < (group + 1) * SEEDS; seed++) {
            new World(seed).run();
        }
    }

    /** A server's log, two feeds of one service, their clients. */
    private static final class World {
        private final int seed;
        private final SplittableRandom random;
        private final List<Insert<Document>> log = new ArrayList<>();
        private final List<Instance> instances = new ArrayList<>();
        private final List<Reader> readers = new ArrayList<>();

        World(int seed) {
            this.seed = seed;
            this.random = new SplittableRandom(seed);
        }

        void run() {
            instances.add(new Instance());
            instances.add(new Instance());
            for (int reader = 0; reader < 3; reader++) {
                readers.add(new Reader(reader));
            }
            for (int step = 0; step < STEPS; step++) {
                step();
            }
            settle();
            for (Reader reader : readers) {
                assertThat(reader.received)
                        .as("seed %d, reader %d", seed, reader.number)
                        .isEqualTo(reader.owed());
                assertThat(reader.gaps).as("seed %d", seed).isZero();
            }
            int seats =
                    instances.stream().mapToInt(one -> one.feed.seats.taken()).sum();
            assertThat(seats).as("seed %d", seed).isEqualTo(readers.size());
        }

        private int nextSecond() {
            return log.size() + 1;
        }

        private void step() {
            switch (random.nextInt(20)) {
                case 0, 1, 2, 3 -> write();
                case 4, 5, 6, 7 -> anyInstance().handOver();
                case 8 -> anyInstance().idle();
                case 9, 10, 11, 12 -> anyInstance().runTask();
                case 13, 14, 15 -> anyInstance().anyCursor();
                case 16 -> anyReader().holdOrTake();
                case 17 -> anyReader().comeAgain();
                case 18 -> anyInstance().beat();
                default -> {
                    if (random.nextInt(20) == 0) {
                        restart(random.nextInt(instances.size()));
                    }
                }
            }
            readers.forEach(Reader::notice);
        }

        private Instance anyInstance() {
            return instances.get(random.nextInt(instances.size()));
        }

        private Reader anyReader() {
            return readers.get(random.nextInt(readers.size()));
        }

        private void write() {
            int second = nextSecond();
            log.add(Events.insert(second, new BsonDocument("n", new BsonInt32(random.nextInt(3)))));
        }

        /** Another process in its place: its buffer is empty, its stream begins now. */
        private void restart(int number) {
            Instance ended = instances.get(number);
            List<Reader> cut =
                    readers.stream().filter(reader -> reader.instance == ended).toList();
            cut.forEach(Reader::cutOff);
            instances.set(number, new Instance());
            cut.forEach(Reader::connect);
        }

        private void settle() {
            readers.forEach(Reader::takeAll);
            for (int round = 0; round < 100_000 && !isSettled(); round++) {
                instances.forEach(Instance::goOn);
                readers.forEach(Reader::notice);
            }
            assertThat(isSettled()).as("seed %d has come to its end", seed).isTrue();
        }

        private boolean isSettled() {
            return instances.stream().allMatch(Instance::isIdle)
                    && readers.stream().allMatch(Reader::isLive);
        }

        /** One process: a feed, how far its stream is, and its cursors. */
        private final class Instance {
            private final FeedSetup feed;
            private final Map<FeedSetup.Cursor, ResumeToken> positions = new HashMap<>();
            private int handed = log.size();

            Instance() {
                int ringBytes = random.nextInt(4) == 0 ? 100_000 : 1_000 + random.nextInt(8_000);
                int queue = 2 + random.nextInt(20);
                int cursors = 1 + random.nextInt(2);
                feed = new FeedSetup(builder -> builder.bufferBytes(ringBytes)
                                .maxQueuedMessages(queue)
                                .catchUpCursors(cursors))
                        .opened(nextSecond());
            }

            void handOver() {
                if (handed < log.size()) {
                    feed.hub.accept(log.get(handed++));
                }
            }

            /** The stream says where it is, behind all that it has handed over. */
            void idle() {
                feed.hub.moved(Events.highWater(handed + 1), Events.time(handed + 1));
            }

            /** Several threads send: whose turn it is, nobody knows. */
            void runTask() {
                if (!feed.tasks.isEmpty()) {
                    List<Runnable> waiting = new ArrayList<>(feed.tasks);
                    Runnable chosen = waiting.remove(random.nextInt(waiting.size()));
                    feed.tasks.clear();
                    feed.tasks.addAll(waiting);
                    chosen.run();
                }
            }

            void anyCursor() {
                if (!feed.cursors.isEmpty()) {
                    advance(feed.cursors.get(random.nextInt(feed.cursors.size())));
                }
            }

            private void advance(FeedSetup.Cursor cursor) {
                if (cursor.isCancelled()) {
                    feed.cursors.remove(cursor);
                    cursor.ends();
                    return;
                }
                ResumeToken at = positions.getOrDefault(cursor, cursor.after());
                Insert<Document> next = firstBehind(at);
                if (next == null) {
                    cursor.moves(Events.highWater(nextSecond()), Events.time(nextSecond()));
                } else if (cursor.demand() > 0) {
                    positions.put(cursor, next.resumeToken());
                    cursor.sends(next);
                }
            }

            private @Nullable Insert<Document> firstBehind(ResumeToken position) {
                return log.stream()
                        .filter(event -> position.isBefore(event.resumeToken()))
                        .findFirst()
                        .orElse(null);
            }

            void beat() {
                feed.pass(Duration.ofMillis(1));
                feed.hub.clients().forEach(client -> client.beat(feed.nanos));
            }

            void goOn() {
                handOver();
                List.copyOf(feed.cursors).forEach(this::advance);
                runTask();
            }

            boolean isIdle() {
                return handed == log.size() && feed.tasks.isEmpty() && feed.cursors.isEmpty();
            }
        }

        /** One browser: it keeps the last position it received, and comes again when it was cut off, at either instance. */
        private final class Reader {
            private final int number;
            private final List<Integer> received = new ArrayList<>();
            private Instance instance = anyInstance();
            private RecordingClient client = new RecordingClient();
            private @Nullable Connection<Document> connection;
            private int seen;
            private @Nullable ResumeToken begins; // it is owed everything behind
            private int gaps;
            private @Nullable ResumeToken position;

            Reader(int number) {
                this.number = number;
                connect();
            }

            void connect() {
                instance = anyInstance();
                client = new RecordingClient();
                seen = 0;
                connection = position == null
                        ? instance.feed.attach(client, wanted())
                        : instance.feed.resume(client, position, wanted());
            }

            private Condition wanted() {
                return number == 0
                        ? Condition.field("operationType").exists()
                        : Condition.document("n").eq(number);
            }

            List<Integer> owed() {
                return log.stream()
                        .filter(event -> begins != null && begins.isBefore(event.resumeToken()))
                        .filter(event -> wanted().matches(event.raw()))
                        .map(event -> event.clusterTime().getTime())
                        .toList();
            }

            /** What came since it looked last; closed by the feed, it comes again. */
            void notice() {
                List<String> texts = client.texts();
                for (; seen < texts.size(); seen++) {
                    take(BsonDocument.parse(texts.get(seen)));
                }
                if (!client.closings().isEmpty()) {
                    connect();
                }
            }

            private void take(BsonDocument message) {
                if (message.getString("type").getValue().equals("event")) {
                    received.add(message.getInt32("id").getValue());
                } else if (message.getString("type").getValue().equals("gap")) {
                    gaps++;
                }
                ResumeToken next =
                        instance.feed.read(message.getString("position").getValue());
                assertThat(position != null && next.isBefore(position))
                        .as("seed %d: a position went back", seed)
                        .isFalse();
                position = next;
                begins = begins == null ? position : begins;
            }

            void holdOrTake() {
                if (random.nextBoolean()) {
                    client.holds();
                } else {
                    takeAll();
                }
            }

            void takeAll() {
                client.takes();
            }

            void comeAgain() {
                notice();
                cutOff();
                connect();
            }

            void cutOff() {
                notice();
                if (connection != null) {
                    connection.closed();
                }
            }

            boolean isLive() {
                return connection != null
                        && connection.stage() == Connection.Stage.LIVE
                        && client.closings().isEmpty();
            }
        }
    }
}
