package io.changewatch.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.mongodb.reactivestreams.client.MongoClient;
import com.mongodb.reactivestreams.client.MongoClients;
import io.changewatch.ChangeWatcher;
import io.changewatch.ConfigurationException;
import io.changewatch.WatcherState;
import io.changewatch.pipeline.Pipeline;
import io.changewatch.testkit.LocalReplicaSet;
import io.changewatch.testkit.Publishers;
import java.util.List;
import org.bson.Document;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What has to be changed first is said by {@code start()}, with the remedy. */
class StartFailuresIT {
    private static LocalReplicaSet secured;
    private static MongoClient root;

    @BeforeAll
    static void startServers() {
        secured = LocalReplicaSet.builder().authentication("root", "secret").start();
        root = MongoClients.create(secured.connectionString());
        createUser("reader", List.of());
        createUser(
                "watcher",
                List.of(new Document("resource", new Document("db", "shop").append("collection", "orders"))
                        .append("actions", List.of("changeStream", "find"))));
    }

    @AfterAll
    static void stopServers() {
        root.close();
        secured.close();
    }

    private static void createUser(String name, List<Document> privileges) {
        Publishers.await(root.getDatabase("admin")
                .runCommand(new Document("createRole", name + "Role")
                        .append("privileges", privileges)
                        .append("roles", List.of())));
        Publishers.await(root.getDatabase("admin")
                .runCommand(new Document("createUser", name)
                        .append("pwd", "secret")
                        .append("roles", List.of(name + "Role"))));
    }

    private static String uri(String user, String password) {
        return "mongodb://" + user + ":" + password + "@127.0.0.1:" + secured.port(0) + "/?authSource=admin";
    }

    private static ChangeWatcher watcher(String uri, String database, String collection) {
        return ChangeWatcher.connect(uri)
                .collection(database, collection)
                .name("w")
                .onEvent(event -> {})
                .build();
    }

    private static void expectFailure(ChangeWatcher watcher, String message) {
        assertThatThrownBy(watcher::start)
                .isInstanceOf(ConfigurationException.class)
                .hasMessage(message + " diagnose() on the builder tells more.");
        assertThat(watcher.state()).isEqualTo(WatcherState.FAILED);
        assertThat(watcher.failure()).get().isInstanceOf(ConfigurationException.class);
        watcher.close();
    }

    @Test
    void namesTheMissingPrivilege() {
        expectFailure(
                watcher(uri("reader", "secret"), "shop", "orders"),
                "Cannot watch shop.orders (watcher 'w'): error 13 Unauthorized. Grant the user of the connection the actions "
                        + "changeStream and find on shop.orders.");
    }

    @Test
    void startsWithJustTheDocumentedPrivileges() {
        try (ChangeWatcher watcher =
                watcher(uri("watcher", "secret"), "shop", "orders").start()) {
            assertThat(watcher.state()).isEqualTo(WatcherState.RUNNING);
        }
    }

    @Test
    void saysThatTheCredentialsAreWrong() {
        ChangeWatcher watcher = watcher(uri("reader", "wrong"), "shop", "orders");

        assertThatThrownBy(watcher::start)
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("Correct the credentials in the connection string; check authSource.")
                .hasMessageNotContaining("wrong\"");
    }

    @Test
    void saysThatAStandaloneServerHasNoChangeStreams() {
        try (LocalReplicaSet standalone = LocalReplicaSet.builder().standalone().start()) {
            expectFailure(
                    watcher(standalone.connectionString(), "shop", "orders"),
                    "Cannot watch shop.orders (watcher 'w'): error 40573 Location40573. The server is not part of a replica set, "
                            + "and only those have change streams. Start mongod with --replSet and run rs.initiate(); one node is "
                            + "enough.");
        }
    }

    @Test
    void saysThatAViewHasNoChangeStream() {
        Publishers.await(root.getDatabase("shop").createView("view", "orders", List.of()));

        expectFailure(
                watcher(uri("root", "secret"), "shop", "view"),
                "Cannot watch shop.view (watcher 'w'): error 166 CommandNotSupportedOnView. shop.view is a view, and views have "
                        + "no change stream. Watch the collection below it.");
    }

    @Test
    void saysThatASystemDatabaseCannotBeWatched() {
        expectFailure(
                watcher(uri("root", "secret"), "local", "oplog.rs"),
                "Cannot watch local.oplog.rs (watcher 'w'): error 73 InvalidNamespace. Collections of admin, config and local, "
                        + "and system collections, cannot be watched. Watch another namespace, or the whole cluster.");
    }

    @Test
    void saysThatTheServerRefusesAStage() {
        ChangeWatcher watcher = ChangeWatcher.connect(uri("root", "secret"))
                .collection("shop", "orders")
                .name("w")
                .pipeline(Pipeline.empty().stage(new Document("$match", new Document("$nonsense", 1))))
                .onEvent(event -> {})
                .build();

        expectFailure(
                watcher,
                "Cannot watch shop.orders (watcher 'w'): error 2 BadValue. The server refuses the stream as it is configured; the "
                        + "cause has its words. Correct the pipeline or the options.");
    }

    @Test
    void saysThatNoHostIsKnown() {
        ChangeWatcher watcher = watcher(
                "mongodb://no-such-host.invalid:27017/?replicaSet=x&serverSelectionTimeoutMS=1000", "shop", "orders");

        assertThatThrownBy(watcher::start)
                .isInstanceOf(ConfigurationException.class)
                .hasMessageEndingWith(
                        "No host of the connection string can be resolved. Correct the host name, or the machine's DNS."
                                + " diagnose() on the builder tells more.");
    }

    @Test
    void goesOnTryingWhereNobodyListens() throws Exception {
        try (LocalReplicaSet servers = LocalReplicaSet.start()) {
            servers.kill(0);
            ChangeWatcher watcher =
                    watcher(servers.connectionString() + "&serverSelectionTimeoutMS=500", "shop", "orders");

            watcher.start();
            assertThat(watcher.state()).isEqualTo(WatcherState.RECOVERING);

            servers.restart(0);
            watcher.awaitRunning(Eventually.LIMIT);
            watcher.close();
        }
    }
}
