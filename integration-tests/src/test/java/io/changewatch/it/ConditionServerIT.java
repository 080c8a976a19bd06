package io.changewatch.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.mongodb.reactivestreams.client.MongoClient;
import com.mongodb.reactivestreams.client.MongoClients;
import com.mongodb.reactivestreams.client.MongoCollection;
import io.changewatch.pipeline.Condition;
import io.changewatch.testkit.LocalReplicaSet;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.bson.BsonValue;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Asks a real server and {@link Condition#matches} the same questions about the same events.
 *
 * <p>The seeds are fixed; {@code -Dchangewatch.condition.seeds=1,2,3} gives others.
 */
final class ConditionServerIT {

    private static final int EVENTS = 200;
    private static final int CONDITIONS = 150;

    private static LocalReplicaSet server;
    private static MongoClient client;

    @BeforeAll
    static void connect() {
        server = LocalReplicaSet.start();
        client = MongoClients.create(server.connectionString());
    }

    @AfterAll
    static void disconnect() {
        client.close();
        server.close();
    }

    static LongStream seeds() {
        String seeds = System.getProperty("changewatch.condition.seeds", "1,2,3,4,5,6");
        return Arrays.stream(seeds.split(",")).mapToLong(Long::parseLong);
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void matchesInProcessWhatTheServerMatches(long seed) {
        ConditionGenerator generator = new ConditionGenerator(seed);
        List<BsonDocument> events =
                IntStream.range(0, EVENTS).mapToObj(generator::event).toList();
        MongoCollection<BsonDocument> collection = store("seed" + seed, events);

        List<Condition> conditions =
                Stream.generate(generator::condition).limit(CONDITIONS).toList();

        List<Disagreement> disagreements = conditions.stream()
                .flatMap(condition -> disagreements(collection, events, condition))
                .sorted(Comparator.comparingInt(Disagreement::size))
                .toList();

        assertThat(disagreements.stream().findFirst())
                .as("the smallest of %d disagreements with seed %d", disagreements.size(), seed)
                .isEmpty();
        assertThat(conditions.stream()
                        .filter(condition -> tellsApart(condition, events))
                        .count())
                .as("conditions that tell the events of seed %d apart", seed)
                .isGreaterThan(CONDITIONS / 3);
    }

    /** Otherwise both sides could agree on nothing but trivial answers. */
    private static boolean tellsApart(Condition condition, List<BsonDocument> events) {
        return events.stream().map(condition::matches).distinct().count() == 2;
    }

    private static MongoCollection<BsonDocument> store(String name, List<BsonDocument> events) {
        MongoCollection<BsonDocument> collection =
                client.getDatabase("conditions").getCollection(name, BsonDocument.class);
        Mono.from(collection.insertMany(events)).block();
        return collection;
    }

    private static Stream<Disagreement> disagreements(
            MongoCollection<BsonDocument> collection, List<BsonDocument> events, Condition condition) {
        Set<BsonValue> found = find(collection, condition);
        return events.stream()
                .filter(event -> found.contains(event.get("_id")) != condition.matches(event))
                .map(event -> new Disagreement(
                        condition.toBson().toJson(), event.toJson(), found.contains(event.get("_id"))));
    }

    private static Set<BsonValue> find(MongoCollection<BsonDocument> collection, Condition condition) {
        try {
            return Flux.from(collection
                            .find(condition.toBson())
                            .projection(new BsonDocument("_id", new BsonInt32(1)))
                            .batchSize(EVENTS + 1))
                    .map(event -> event.get("_id"))
                    .collect(Collectors.toSet())
                    .block();
        } catch (RuntimeException e) {
            throw new AssertionError("The server refuses " + condition, e);
        }
    }

    /** A pair on which the two differ. */
    private record Disagreement(String condition, String event, boolean serverMatches) {
        int size() {
            return condition.length() + event.length();
        }
    }
}
