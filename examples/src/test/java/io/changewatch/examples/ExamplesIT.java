package io.changewatch.examples;

import static io.changewatch.testkit.Publishers.await;
import static io.changewatch.testkit.Publishers.first;
import static org.assertj.core.api.Assertions.assertThat;

import com.mongodb.MongoNamespace;
import com.mongodb.client.model.ChangeStreamPreAndPostImagesOptions;
import com.mongodb.client.model.CreateCollectionOptions;
import com.mongodb.client.model.Filters;
import com.mongodb.client.model.Indexes;
import com.mongodb.client.model.Updates;
import com.mongodb.reactivestreams.client.MongoClient;
import com.mongodb.reactivestreams.client.MongoClients;
import com.mongodb.reactivestreams.client.MongoCollection;
import com.mongodb.reactivestreams.client.MongoDatabase;
import io.changewatch.testkit.LocalReplicaSet;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.bson.BsonDocument;
import org.bson.BsonTimestamp;
import org.bson.Document;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Each example does what it says, started as a program against a real server. */
final class ExamplesIT {
    private static LocalReplicaSet servers;
    private static MongoClient client;

    private MongoDatabase shop;
    private MongoCollection<Document> orders;

    @TempDir
    Path folder;

    @BeforeAll
    static void startServer() {
        servers = LocalReplicaSet.start();
        client = MongoClients.create(servers.connectionString());
    }

    @AfterAll
    static void stopServer() {
        client.close();
        servers.close();
    }

    @BeforeEach
    void emptyTheShop() {
        shop = client.getDatabase("shop");
        orders = shop.getCollection("orders");
        await(shop.drop());
    }

    @Test
    void fifteenLinesGoOnWhereTheyWere() throws Exception {
        try (Program first = start(FifteenLines.class).watches("shop.orders")) {
            insert("A-1", "user123", "OPEN", 4200);
            first.prints("new: Order[userId=user123, status=OPEN, cents=4200]");
            set("A-1", "status", "PAID");
            first.prints("changed: UpdateDescription[updatedFields={\"status\": \"PAID\"}");
            await(orders.deleteOne(Filters.eq("A-1")));
            first.prints("gone: {\"_id\": \"A-1\"}").stop();
        }
        insert("A-2", "user456", "OPEN", 1);

        try (Program second = start(FifteenLines.class)) {
            second.prints("new: Order[userId=user456, status=OPEN, cents=1]").stop();
            assertThat(second.linesWith("new:")).hasSize(1);
            assertThat(second.linesWith("gone:")).isEmpty();
        }
    }

    @Test
    void oneUsersOrdersComeAndNobodyElses() throws Exception {
        try (Program program = start(OneUsersUpdates.class, "user123").watches("shop.orders")) {
            insert("B-1", "user456", "OPEN", 1);
            set("B-1", "status", "PAID");
            insert("A-1", "user123", "OPEN", 4200);
            set("A-1", "status", "PAID");

            program.prints("new: Order[id=A-1, userId=user123, status=OPEN, cents=4200]")
                    .prints("now: Order[id=A-1, userId=user123, status=PAID, cents=4200]")
                    .stop();
            assertThat(program.linesWith("Order[")).hasSize(2);
        }
        assertThat(await(shop.listCollectionNames())).hasSize(2); // the orders, and the checkpoint
    }

    @Test
    void anOrderThatIsNoLongerOpenIsToldApartFromADeletedOne() throws Exception {
        await(shop.createCollection(
                "orders",
                new CreateCollectionOptions()
                        .changeStreamPreAndPostImagesOptions(new ChangeStreamPreAndPostImagesOptions(true))));
        try (Program program = start(OpenOrders.class).watches("shop.orders")) {
            insert("A-1", "user123", "OPEN", 4200);
            insert("A-2", "user123", "PAID", 4200);
            set("A-2", "note", "x");
            set("A-2", "status", "OPEN");
            set("A-1", "status", "PAID");
            await(orders.deleteOne(Filters.eq("A-1")));
            await(orders.deleteOne(Filters.eq("A-2")));

            program.prints("opened: {\"_id\": \"A-1\"}")
                    .prints("opened: {\"_id\": \"A-2\"}")
                    .prints("was Optional[BsonString{value='OPEN'}], is Optional[BsonString{value='PAID'}]")
                    .prints("deleted while open: {\"_id\": \"A-2\"}")
                    .stop();
            assertThat(program.linesWith("A-1")).hasSize(1);
        }
    }

    @Test
    void everyChangeOfAnOrderGoesToItsCustomer() throws Exception {
        await(shop.createCollection(
                "orders",
                new CreateCollectionOptions()
                        .changeStreamPreAndPostImagesOptions(new ChangeStreamPreAndPostImagesOptions(true))));
        try (Program program = start(CustomerMails.class).watches("shop.orders")) {
            insert("A-1", "ann", "OPEN", 4200);
            set("A-1", "status", "PAID");
            await(orders.replaceOne(
                    Filters.eq("A-1"), Document.parse("{userId: 'ann', status: 'SENT', cents: {$numberLong: '1'}}")));
            await(orders.deleteOne(Filters.eq("A-1")));

            program.prints("to ann: delete {\"_id\": \"A-1\"}").stop();
            assertThat(program.linesWith("to ann: "))
                    .containsExactly(
                            "to ann: insert {\"_id\": \"A-1\"}",
                            "to ann: update {\"_id\": \"A-1\"}",
                            "to ann: replace {\"_id\": \"A-1\"}",
                            "to ann: delete {\"_id\": \"A-1\"}");
        }
    }

    @Test
    void aStoreOfOnesOwnKeepsThePlace() throws Exception {
        try (Program first = start(CustomStore.class).watches("shop.orders")) {
            insert("A-1", "user123", "OPEN", 4200);
            first.prints("INSERT {\"_id\": \"A-1\"}").stop();
        }
        assertThat(folder.resolve("checkpoints.properties")).content().contains("order-printer=");
        insert("A-2", "user123", "OPEN", 4200);

        try (Program second = start(CustomStore.class)) {
            second.prints("INSERT {\"_id\": \"A-2\"}").stop();
            assertThat(second.linesWith("INSERT")).hasSize(1);
        }
    }

    @Test
    void changesAreIndexedInBatches() throws Exception {
        try (Program program = start(Batches.class).watches("shop.orders")) {
            IntStream.rangeClosed(1, 50).forEach(i -> insert("A-" + i, "user123", "OPEN", i));
            program.prints("value='A-50'").stop();
            assertThat(program.linesWith("indexed")).hasSizeLessThan(50);
        }
    }

    @Test
    void aStreamIsSharedByItsPartitions() throws Exception {
        try (Program program = start(SharedStream.class)) {
            Awaitility.await()
                    .until(() -> program.linesWith("Watching shop.orders").size() == 8);
            insert("A-1", "user123", "OPEN", 1);
            program.prints("new: Order").stop();
        }
    }

    @Test
    void ordersAreAddedUpExactlyOnce() throws Exception {
        MongoCollection<Document> totals = shop.getCollection("totals");
        try (Program first = start(ExactlyOnce.class).watches("shop.orders")) {
            IntStream.rangeClosed(1, 50).forEach(i -> insert("A-" + i, "user123", "OPEN", 100));
            Awaitility.await().until(() -> cents(totals) == 5_000);
            first.stop();
        }
        insert("A-51", "user123", "OPEN", 100);

        try (Program second = start(ExactlyOnce.class).watches("shop.orders")) {
            Awaitility.await().until(() -> cents(totals) == 5_100);
            second.stop();
        }
        assertThat(cents(totals)).isEqualTo(5_100);
    }

    private static long cents(MongoCollection<Document> totals) {
        return await(totals.find(Filters.eq("user123"))).stream()
                .mapToLong(total -> total.getLong("cents"))
                .sum();
    }

    @Test
    void ordersAreBilledTenAtATimeAndOnce() throws Exception {
        try (Program first = start(BackPressure.class).watches("shop.orders")) {
            IntStream.rangeClosed(1, 50).forEach(i -> insert("A-" + i, "user123", "OPEN", i));
            IntStream.rangeClosed(1, 50).forEach(i -> first.prints("billed A-" + i + ","));
            first.stop();
            assertThat(first.linesWith("billed")).hasSize(50).allMatch(line -> inFlight(line) <= 10);
        }
        insert("A-51", "user123", "OPEN", 51);

        try (Program second = start(BackPressure.class)) {
            second.prints("billed A-51,").stop();
            assertThat(second.linesWith("billed")).hasSize(1);
        }
    }

    private static int inFlight(String line) {
        Matcher number = Pattern.compile("(\\d+) in flight").matcher(line);
        assertThat(number.find()).as(line).isTrue();
        return Integer.parseInt(number.group(1));
    }

    @Test
    void anApplicationSeesEachStateAndStopsCleanly() throws Exception {
        try (Program program = start(ApplicationLifecycle.class).prints("healthy: true")) {
            servers.setFailPoint(BsonDocument.parse("{configureFailPoint: 'failCommand', mode: {times: 1},"
                    + " data: {failCommands: ['getMore'], errorCode: 43}}"));
            program.prints("RUNNING -> RECOVERING").prints("RECOVERING -> RUNNING");
            insert("A-1", "user123", "OPEN", 4200);
            program.prints("handled one INSERT").stop();
            program.prints("RUNNING -> STOPPING")
                    .prints("STOPPING -> STOPPED")
                    .prints("at the end: STOPPED, 1 orders, 1 reconnects, 0 not saved");
        } finally {
            servers.clearFailPoint("failCommand");
        }
    }

    @Test
    void ordersThatCannotBeChargedAreParkedAndChargedLater() throws Exception {
        try (Program program = start(ParkedOrders.class).watches("shop.orders")) {
            insert("A-1", "user123", "OPEN", 4200);
            insert("A-2", "user123", "OPEN", 1);
            await(orders.replaceOne(Filters.eq("A-1"), new Document("status", "OPEN").append("cents", 2L)));
            insert("A-3", "user123", "OPEN", 1);
            program.prints("charged A-2").prints("charged A-3").stop();
            assertThat(program.linesWith("charged A-1")).isEmpty();
        }
        try (Program program = start(ParkedOrders.class, "redrive")) {
            program.prints("insert FAILED java.lang.IllegalStateException: the bank refuses it")
                    .prints("replace BLOCKED behind an earlier one")
                    .prints("2 handled, 0 failed, 0 left");
            assertThat(program.linesWith("charged A-1")).hasSize(2);
        }
    }

    @Test
    void failuresAreRetriedSkippedOrEndTheWatcherAsItsPoliciesSay() throws Exception {
        try (Program program = start(FailurePolicies.class).watches("shop.orders")) {
            insert("A-1", "user123", "UNLUCKY", 4200);
            insert("A-2", "user123", "OPEN", 0);
            insert("A-3", "user123", "OPEN", 4200);
            program.prints("charged A-1 at attempt 3")
                    .prints("skipped {\"_id\": \"A-2\"}: no price")
                    .prints("charged A-3 at attempt 1");
            await(orders.drop());

            program.prints("ended STOPPED").ends();
            assertThat(program.linesWith("charged")).hasSize(2);
        }
    }

    @Test
    void aWatcherStartsAgainAtATimeAClusterTimeOrAToken() throws Exception {
        long drop = Instant.now().getEpochSecond(); // a time is one of whole seconds
        Awaitility.await().until(() -> Instant.now().getEpochSecond() > drop);
        Instant before = Instant.now();
        insert("A-1", "user123", "OPEN", 1);
        BsonTimestamp second = insert("A-2", "user123", "OPEN", 2);
        insert("A-3", "user123", "OPEN", 3);

        assertThat(again(before.toString())).containsExactly("A-1", "A-2", "A-3");
        assertThat(again(Long.toString(second.getValue()))).containsExactly("A-2", "A-3");
        assertThat(again(tokenAt(second))).containsExactly("A-3");
    }

    private List<String> again(String start) throws Exception {
        try (Program program = start(DisasterRecovery.class, start)) {
            program.prints("again: Order[id=A-3").stop();
            return program.linesWith("again:").stream()
                    .map(line -> line.replaceAll(".*id=([^,]+).*", "$1"))
                    .toList();
        }
    }

    private String tokenAt(BsonTimestamp time) {
        Document stage = new Document("$changeStream", new Document("startAtOperationTime", time));
        Document opened = first(shop.runCommand(new Document("aggregate", "orders")
                .append("pipeline", List.of(stage))
                .append("cursor", new Document())));
        Document event = opened.get("cursor", Document.class)
                .getList("firstBatch", Document.class)
                .get(0);
        return event.get("_id", Document.class).toJson();
    }

    @Test
    void aDatabaseTellsOfItsCollections() throws Exception {
        try (Program program = start(WholeDatabase.class).watches("shop")) {
            await(shop.createCollection("orders"));
            await(orders.createIndex(Indexes.ascending("userId")));
            insert("A-1", "user123", "OPEN", 4200);
            await(orders.renameCollection(new MongoNamespace("shop", "archive")));
            await(shop.getCollection("archive").drop());

            program.prints("CREATE of shop.orders")
                    .prints("CREATE_INDEXES of shop.orders")
                    .prints("INSERT of {\"_id\": \"A-1\"} in shop.orders")
                    .prints("shop.orders is now shop.archive")
                    .prints("DROP of shop.archive")
                    .stop();
        }
    }

    private Program start(Class<?> example, String... arguments) throws Exception {
        String[] all = new String[arguments.length + 1];
        all[0] = servers.connectionString();
        System.arraycopy(arguments, 0, all, 1, arguments.length);
        return Program.start(folder, example, all);
    }

    /** Returns the cluster time of the insert. */
    private BsonTimestamp insert(String id, String user, String status, int cents) {
        Document order = new Document("_id", id)
                .append("userId", user)
                .append("status", status)
                .append("cents", cents)
                .append("creditCard", "4111");
        Document reply = first(shop.runCommand(new Document("insert", "orders").append("documents", List.of(order))));
        return reply.get("operationTime", BsonTimestamp.class);
    }

    private void set(String id, String field, String value) {
        await(orders.updateOne(Filters.eq(id), Updates.set(field, value)));
    }
}
