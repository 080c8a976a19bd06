package io.changewatch.resume.mongo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.mongodb.client.model.Filters;
import com.mongodb.reactivestreams.client.MongoCollection;
import com.mongodb.reactivestreams.client.MongoDatabase;
import io.changewatch.lease.Claim;
import io.changewatch.lease.Lease;
import io.changewatch.testkit.LeaseContract;
import io.changewatch.testkit.TestServer;
import java.time.Duration;
import org.bson.BsonDocument;
import org.bson.BsonInt64;
import org.bson.BsonNull;
import org.bson.BsonString;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class MongoLeaseIT extends LeaseContract {
    private static final String WATCHER = "order-indexer";

    private final MongoDatabase database = TestServer.newDatabase();
    private final MongoCollection<BsonDocument> collection =
            database.getCollection("changewatch_leases", BsonDocument.class);

    @Override
    protected Lease open() {
        return MongoLease.in(database).ttl(ttl());
    }

    @Override
    protected void forget(String watcher) {
        Await.done(collection.deleteOne(Filters.eq(watcher)));
    }

    @AfterEach
    void drop() {
        Await.done(database.drop());
    }

    @Test
    void keepsADocumentThatAPersonCanRead() {
        MongoLease.in(database).acquire(WATCHER, "web-3/4711/9f2c01ab", 0);

        BsonDocument held = document();
        assertThat(held.keySet())
                .containsExactlyInAnyOrder("_id", "term", "holder", "expiresAt", "heldSince", "takenFrom");
        assertThat(held)
                .containsEntry("term", new BsonInt64(1))
                .containsEntry("holder", new BsonString("web-3/4711/9f2c01ab"))
                .containsEntry("takenFrom", BsonNull.VALUE);
        assertThat(held.getDateTime("expiresAt").getValue()
                        - held.getDateTime("heldSince").getValue())
                .isEqualTo(15_000);
    }

    @Test
    void changesNothingForWhoMustWait() {
        Lease lease = MongoLease.in(database);
        lease.acquire(WATCHER, "one", 0);
        BsonDocument before = document();

        lease.acquire(WATCHER, "other", 0);

        assertThat(document()).isEqualTo(before);
    }

    @Test
    void keepsTheTermWhenGivenBack() {
        Lease lease = open();
        lease.acquire(WATCHER, "one", 0);
        lease.release(WATCHER, "one", 1);

        assertThat(document()).containsEntry("term", new BsonInt64(1)).containsEntry("holder", BsonNull.VALUE);
        assertThat(lease.acquire(WATCHER, "one", 0)).isEqualTo(Claim.granted("one", 2));
    }

    @Test
    void refusesTimesThatMakeNoSense() {
        MongoLease lease = MongoLease.in(database);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> lease.ttl(Duration.ofMillis(999)))
                .withMessage("ttl(PT0.999S): a time from 1 s to 1 h is needed.");
        assertThatThrownBy(() -> lease.ttl(Duration.ofHours(2))).isInstanceOf(IllegalArgumentException.class);
    }

    private BsonDocument document() {
        return Await.first(collection.find(Filters.eq(WATCHER)).first());
    }
}
