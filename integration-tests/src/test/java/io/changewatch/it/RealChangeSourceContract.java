package io.changewatch.it;

import static io.changewatch.it.Eventually.eventually;
import static io.changewatch.it.ReadEvents.idsOf;
import static io.changewatch.it.ReadEvents.take;
import static io.changewatch.it.ReadEvents.typesOf;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.mongodb.MongoCommandException;
import com.mongodb.client.model.Collation;
import com.mongodb.client.model.CollationStrength;
import com.mongodb.reactivestreams.client.MongoClient;
import com.mongodb.reactivestreams.client.MongoClients;
import io.changewatch.StartPosition;
import io.changewatch.internal.source.ChangeCursor;
import io.changewatch.internal.source.SourceSettings;
import io.changewatch.testkit.LocalReplicaSet;
import io.changewatch.testkit.Publishers;
import java.util.List;
import java.util.Optional;
import org.bson.BsonDocument;
import org.bson.BsonString;
import org.bson.Document;
import org.junit.jupiter.api.Test;

/** On a real server: also what it is sent, and what the scripted replica set does not know. */
abstract class RealChangeSourceContract extends ChangeSourceContract {
    private final RealServer real = new RealServer();

    @Override
    ServerUnderTest startServer() {
        return real;
    }

    @Test
    void theServerWorksOnTheNextBatchWhenOneIsHandedOut() throws Exception {
        ChangeCursor cursor = open(onOrders(), StartPosition.now());
        for (int handedOut = 1; handedOut <= 5; handedOut++) {
            insert("orders", handedOut);
            cursor.next();
            int expected = handedOut;
            eventually(() -> server.sent("getMore").size() >= expected);
        }
    }

    @Test
    void appliesThePipelineAndItsCollation() throws Exception {
        BsonDocument anna = BsonDocument.parse("{$match: {'fullDocument.name': 'anna'}}");
        Collation ignoringCase = Collation.builder()
                .locale("en")
                .collationStrength(CollationStrength.SECONDARY)
                .build();
        SourceSettings settings = settings(Optional.of(scope()))
                .pipeline(List.of(anna))
                .collation(ignoringCase)
                .build();
        ChangeCursor cursor = open(settings, StartPosition.now());
        server.insert("orders", order(1).append("name", "Bert"));
        server.insert("orders", order(2).append("name", "ANNA"));

        assertThat(idsOf(take(cursor, 1))).containsExactly(2);
        assertThat(server.sent("aggregate").get(0).getDocument("collation")).isEqualTo(ignoringCase.asDocument());
    }

    @Test
    void showsExpandedEventsOnlyIfAsked() throws Exception {
        SourceSettings expanded =
                settings(Optional.of(scope())).showExpandedEvents(true).build();
        ChangeCursor cursor = open(expanded, StartPosition.now());
        ChangeCursor plain = open(onOrders(), StartPosition.now());
        Publishers.await(real.writes().getCollection("orders").createIndex(new Document("name", 1)));
        insert("orders", 1);

        assertThat(typesOf(take(cursor, 2))).containsExactly("createIndexes", "insert");
        assertThat(typesOf(take(plain, 1))).containsExactly("insert");
    }

    @Test
    void everyCommandCarriesTheComment() throws Exception {
        BsonString comment = new BsonString("order-indexer");
        open(settings(Optional.of(scope())).comment(comment).build(), StartPosition.now())
                .next();

        assertThat(server.sent("aggregate"))
                .allMatch(command -> command.get("comment").equals(comment));
        eventually(() -> !server.sent("getMore").isEmpty());
        assertThat(server.sent("getMore"))
                .allMatch(command -> command.get("comment").equals(comment));
    }

    @Test
    void passesOnThatAServerIsNoReplicaSet() {
        try (LocalReplicaSet standalone = LocalReplicaSet.builder().standalone().start();
                MongoClient alone = MongoClients.create(standalone.connectionString())) {
            assertThatThrownBy(() -> source(alone, onOrders()).open(StartPosition.now()))
                    .isInstanceOf(MongoCommandException.class)
                    .extracting("errorCode")
                    .isEqualTo(40573);
        }
    }

    @Test
    void closingLeavesNoCommandInFlight() throws Exception {
        ChangeCursor cursor = open(onOrders(), StartPosition.now());
        insert("orders", 1);
        take(cursor, 1);
        cursor.close();

        eventually(() -> real.inFlight() == 0);
    }
}
