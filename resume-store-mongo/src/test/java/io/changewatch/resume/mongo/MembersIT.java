package io.changewatch.resume.mongo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.mongodb.client.model.Filters;
import com.mongodb.client.model.Updates;
import com.mongodb.reactivestreams.client.MongoDatabase;
import io.changewatch.resume.StoreException;
import io.changewatch.testkit.TestServer;
import java.time.Duration;
import java.time.Instant;
import org.bson.Document;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class MembersIT {
    private static final Duration LONG = Duration.ofMinutes(10);
    private static final Duration TIMEOUT = Duration.ofSeconds(10);

    private final MongoDatabase database = TestServer.newDatabase();

    @AfterEach
    void drop() {
        Await.done(database.drop());
    }

    @Test
    void knowEachOther() {
        Members one = member("orders");
        Members other = member("orders");

        assertThat(one.beat()).containsExactly(one.self());
        assertThat(other.beat()).containsExactlyInAnyOrder(one.self(), other.self());
        assertThat(one.beat()).containsExactlyInAnyOrder(one.self(), other.self());
    }

    @Test
    void ofAnotherGroupAreNotKnown() {
        member("invoices").beat();
        Members one = member("orders");

        assertThat(one.beat()).containsExactly(one.self());
    }

    @Test
    void whoLeavesIsGoneAtOnce() {
        Members one = member("orders");
        Members other = member("orders");
        other.beat();

        other.leave();

        assertThat(one.beat()).containsExactly(one.self());
    }

    @Test
    void whoGivesNoSignOfLifeIsGone() {
        Members one = member("orders");
        Members silent = member("orders");
        silent.beat();
        Instant longAgo = Instant.now().minus(LONG.multipliedBy(2));
        Await.first(database.getCollection("changewatch_members")
                .updateOne(Filters.eq("_id", "orders"), Updates.set("members." + silent.self(), longAgo)));

        assertThat(one.beat()).containsExactly(one.self());
        assertThat(silent.beat()).as("back again").containsExactlyInAnyOrder(one.self(), silent.self());
    }

    @Test
    void tellWhatIsWrongWithTheirPlace() {
        Await.done(database.getCollection("changewatch_members")
                .insertOne(new Document("_id", "orders").append("members", "nobody")));

        assertThatThrownBy(() -> member("orders").beat())
                .isInstanceOf(StoreException.class)
                .hasMessageStartingWith("Cannot give a sign of life among the members of 'orders' in "
                        + database.getName() + ".changewatch_members: MongoCommandException: ")
                .hasMessageEndingWith(
                        ". Check that the server is up and that the user may find, insert and update there.");
    }

    private Members member(String group) {
        return new Members(database, group, LONG, TIMEOUT);
    }
}
