package io.changewatch.event;

import static org.assertj.core.api.Assertions.assertThat;

import io.changewatch.HistoryLostPolicy;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.bson.BsonString;
import org.bson.BsonTimestamp;
import org.bson.RawBsonDocument;
import org.bson.codecs.BsonDocumentCodec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ChangeEventTest {
    private static final Namespace IN = Namespace.of("shop", "orders");
    private static final BsonDocument EMPTY = new BsonDocument();
    private static final ResumeToken TOKEN = ResumeToken.fromJson("{\"_data\": \"82\"}");

    static Stream<ChangeEvent<String>> everyServerEvent() {
        UpdateDescription update = new UpdateDescription(EMPTY, List.of(), List.of(), Optional.empty());
        return Stream.of(
                new Insert<>(context("insert"), IN, EMPTY, "x"),
                new Update<>(context("update"), IN, EMPTY, update, Optional.empty(), Optional.empty()),
                new Replace<>(context("replace"), IN, EMPTY, "x", Optional.empty()),
                new Delete<>(context("delete"), IN, EMPTY, Optional.empty()),
                new Create<>(context("create"), IN, EMPTY),
                new CreateIndexes<>(context("createIndexes"), IN, EMPTY),
                new DropIndexes<>(context("dropIndexes"), IN, EMPTY),
                new Modify<>(context("modify"), IN, EMPTY, EMPTY),
                new Drop<>(context("drop"), IN),
                new Rename<>(context("rename"), IN, IN, EMPTY),
                new DropDatabase<>(context("dropDatabase"), IN),
                new ShardCollection<>(context("shardCollection"), IN, EMPTY),
                new RefineCollectionShardKey<>(context("refineCollectionShardKey"), IN, EMPTY),
                new ReshardCollection<>(context("reshardCollection"), IN, EMPTY),
                new Invalidate<>(context("invalidate")),
                new Other<>(context("other"), "other", Optional.empty()));
    }

    @ParameterizedTest
    @MethodSource("everyServerEvent")
    void turnsIntoRelaxedExtendedJson(ChangeEvent<String> event) {
        assertThat(event.toJson())
                .isEqualTo("{\"_id\": {\"_data\": \"82\"}, \"operationType\": \""
                        + event.operationType().value()
                        + "\", \"clusterTime\": {\"$timestamp\": {\"t\": 10, \"i\": 2}}, \"count\": 1}");
    }

    @Test
    void hasATypeForEveryOperation() {
        assertThat(everyServerEvent().map(ChangeEvent::operationType))
                .containsExactlyInAnyOrderElementsOf(Arrays.stream(OperationType.values())
                        .filter(type -> type != OperationType.GAP)
                        .collect(Collectors.toList()));
    }

    @Test
    void carriesTheStateAfterTheChangeElseTheOneBefore() {
        UpdateDescription update = new UpdateDescription(EMPTY, List.of(), List.of(), Optional.empty());
        Optional<String> before = Optional.of("old");
        Optional<String> none = Optional.empty();

        assertThat(new Insert<>(context("insert"), IN, EMPTY, "new").latestDocument())
                .contains("new");
        assertThat(new Replace<>(context("replace"), IN, EMPTY, "new", before).latestDocument())
                .contains("new");
        assertThat(new Update<>(context("update"), IN, EMPTY, update, Optional.of("new"), before).latestDocument())
                .contains("new");
        assertThat(new Update<>(context("update"), IN, EMPTY, update, none, before).latestDocument())
                .contains("old");
        assertThat(new Update<>(context("update"), IN, EMPTY, update, none, none).latestDocument())
                .isEmpty();
        assertThat(new Delete<>(context("delete"), IN, EMPTY, before).latestDocument())
                .contains("old");
        assertThat(new Delete<>(context("delete"), IN, EMPTY, none).latestDocument())
                .isEmpty();
    }

    @Test
    void describesAGap() {
        Gap<String> gap = Gap.of(
                TOKEN,
                new BsonTimestamp(5, 1),
                new BsonTimestamp(10, 2),
                HistoryLostPolicy.RESTART_FROM_NOW,
                new IllegalStateException("why"));

        assertThat(gap.toJson())
                .isEqualTo("{\"_id\": {\"_data\": \"82\"}, \"operationType\": \"gap\","
                        + " \"clusterTime\": {\"$timestamp\": {\"t\": 10, \"i\": 2}},"
                        + " \"from\": {\"$timestamp\": {\"t\": 5, \"i\": 1}},"
                        + " \"to\": {\"$timestamp\": {\"t\": 10, \"i\": 2}},"
                        + " \"policy\": \"RESTART_FROM_NOW\","
                        + " \"cause\": \"java.lang.IllegalStateException: why\"}");
        assertThat(gap.resumeToken()).isEqualTo(TOKEN);
        assertThat(gap.clusterTime()).isEqualTo(gap.to());
        assertThat(gap.wallTime()).isEqualTo(Instant.ofEpochSecond(10));
        assertThat(gap.cause()).hasMessage("why");
        assertThat(gap.namespace()).isEmpty();
    }

    private static EventContext context(String operation) {
        BsonTimestamp clusterTime = new BsonTimestamp(10, 2);
        BsonDocument raw = new BsonDocument("_id", TOKEN.value())
                .append("operationType", new BsonString(operation))
                .append("clusterTime", clusterTime)
                .append("count", new BsonInt32(1));
        return new EventContext(
                TOKEN,
                clusterTime,
                Instant.EPOCH,
                Optional.empty(),
                Optional.empty(),
                new RawBsonDocument(raw, new BsonDocumentCodec()));
    }
}
