package io.changewatch.internal.source;

import static org.assertj.core.api.Assertions.assertThat;

import com.mongodb.client.model.Collation;
import com.mongodb.client.model.changestream.FullDocument;
import com.mongodb.client.model.changestream.FullDocumentBeforeChange;
import io.changewatch.StartPosition;
import io.changewatch.event.Namespace;
import io.changewatch.event.ResumeToken;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.bson.BsonString;
import org.bson.BsonTimestamp;
import org.junit.jupiter.api.Test;

final class StreamCommandsTest {

    static SourceSettings settings() {
        return settings(Optional.of(Namespace.of("shop", "orders")));
    }

    private static SourceSettings settings(Optional<Namespace> scope) {
        return new SourceSettings(
                scope,
                List.of(),
                FullDocument.DEFAULT,
                FullDocumentBeforeChange.DEFAULT,
                false,
                500,
                Duration.ofSeconds(1),
                Duration.ofSeconds(10),
                Optional.empty(),
                Optional.empty());
    }

    @Test
    void asksForNothingThatIsTheServersDefault() {
        StreamCommands commands = new StreamCommands(settings());

        assertThat(commands.database()).isEqualTo("shop");
        assertThat(commands.aggregate(StartPosition.now()))
                .isEqualTo(
                        BsonDocument.parse(
                                "{aggregate: 'orders', pipeline: [{$changeStream: {}}], cursor: {batchSize: 0}, readConcern: {level: 'majority'}}"));
    }

    @Test
    void watchesADatabase() {
        StreamCommands commands = new StreamCommands(settings(Optional.of(Namespace.of("shop"))));

        assertThat(commands.database()).isEqualTo("shop");
        assertThat(commands.target()).isEqualTo("shop");
        assertThat(commands.aggregate(StartPosition.now())).containsEntry("aggregate", new BsonInt32(1));
    }

    @Test
    void watchesTheClusterThroughAdmin() {
        StreamCommands commands = new StreamCommands(settings(Optional.empty()));

        assertThat(commands.database()).isEqualTo("admin");
        assertThat(commands.target()).isEqualTo("the whole cluster");
        assertThat(commands.aggregate(StartPosition.now()))
                .containsEntry("aggregate", new BsonInt32(1))
                .containsEntry(
                        "pipeline",
                        BsonDocument.parse("{p: [{$changeStream: {allChangesForCluster: true}}]}")
                                .get("p"));
    }

    @Test
    void startsAfterATokenWhicheverItIs() {
        ResumeToken token = ResumeToken.fromJson("{\"_data\": \"82AB\"}");

        assertThat(changeStream(settings(), StartPosition.after(token)))
                .isEqualTo(BsonDocument.parse("{startAfter: {_data: '82AB'}}"));
    }

    @Test
    void startsAtAClusterTime() {
        assertThat(changeStream(settings(), StartPosition.at(new BsonTimestamp(5, 6))))
                .isEqualTo(BsonDocument.parse("{startAtOperationTime: {$timestamp: {t: 5, i: 6}}}"));
    }

    @Test
    void passesEveryOptionOn() {
        SourceSettings settings = new SourceSettings(
                Optional.of(Namespace.of("shop", "orders")),
                List.of(BsonDocument.parse("{$match: {operationType: 'insert'}}")),
                FullDocument.UPDATE_LOOKUP,
                FullDocumentBeforeChange.WHEN_AVAILABLE,
                true,
                0,
                Duration.ofMillis(250),
                Duration.ofSeconds(10),
                Optional.of(Collation.builder().locale("de").build()),
                Optional.of(new BsonString("order-indexer")));
        StreamCommands commands = new StreamCommands(settings);

        assertThat(commands.aggregate(StartPosition.now())).isEqualTo(BsonDocument.parse("""
                                {aggregate: 'orders', pipeline: [
                                  {$changeStream: {fullDocument: 'updateLookup', fullDocumentBeforeChange: 'whenAvailable',
                                                   showExpandedEvents: true}},
                                  {$match: {operationType: 'insert'}}],
                                 cursor: {batchSize: 0}, readConcern: {level: 'majority'}, collation: {locale: 'de'},
                                 comment: 'order-indexer'}"""));
        assertThat(commands.getMore(CursorReply.read(ScriptedSession.batch(9, ""))))
                .isEqualTo(
                        BsonDocument.parse(
                                "{getMore: {$numberLong: '9'}, collection: 'orders', maxTimeMS: {$numberLong: '250'}, comment: 'order-indexer'}"));
    }

    @Test
    void namesTheServersOwnCollectionForACursorOfADatabase() {
        CursorReply cursor = CursorReply.read(
                ScriptedSession.reply(
                        "{\"cursor\": {\"firstBatch\": [], \"id\": {\"$numberLong\": \"9\"}, \"ns\": \"shop.$cmd.aggregate\"}, \"ok\": 1.0}"));

        assertThat(new StreamCommands(settings()).killCursors(cursor))
                .isEqualTo(BsonDocument.parse("{killCursors: '$cmd.aggregate', cursors: [{$numberLong: '9'}]}"));
    }

    private static BsonDocument changeStream(SourceSettings settings, StartPosition position) {
        return new StreamCommands(settings)
                .aggregate(position)
                .getArray("pipeline")
                .get(0)
                .asDocument()
                .getDocument("$changeStream");
    }
}
