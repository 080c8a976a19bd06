package io.changewatch.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.mongodb.reactivestreams.client.MongoClient;
import com.mongodb.reactivestreams.client.MongoClients;
import io.changewatch.ChangeWatcher;
import io.changewatch.ChangeWatcherBuilder;
import io.changewatch.ConfigurationException;
import io.changewatch.WatchTarget;
import io.changewatch.WatcherState;
import io.changewatch.resume.ResumeTokenStore;
import io.changewatch.resume.mongo.MongoResumeTokenStore;
import io.changewatch.testkit.LocalReplicaSet;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.bson.Document;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The roles of the README are enough, and needed. */
final class PrivilegesIT {
    private static final Path README = Path.of("").toAbsolutePath().resolveSibling("README.md");

    private static LocalReplicaSet servers;

    @BeforeAll
    static void startServerWithTheReadmesRoles() {
        servers = LocalReplicaSet.builder().authentication("root", "secret").start();
        List<Document> roles = Pattern.compile("(?s)db\\.createRole\\((.*?)\\)\\n")
                .matcher(Snippets.read(README))
                .results()
                .map(call -> Document.parse(call.group(1)))
                .toList();
        assertThat(roles).hasSize(4);
        for (Document role : roles) {
            servers.runAdmin(new Document("createRole", role.getString("role"))
                    .append("privileges", role.get("privileges"))
                    .append("roles", role.get("roles")));
        }
    }

    @AfterAll
    static void stopServer() {
        servers.close();
    }

    @Test
    void eachRoleAllowsItsScope() {
        assertWatches(as("watchOrders").collection("shop", "orders"));
        assertWatches(as("watchShop").database("shop"));
        assertWatches(as("watchAll").cluster());
    }

    private static void assertWatches(ChangeWatcherBuilder<Document> builder) {
        try (ChangeWatcher watcher = builder.onEvent(event -> {}).start()) {
            assertThat(watcher.state()).isEqualTo(WatcherState.RUNNING);
        }
    }

    @Test
    void noRoleAllowsMore() {
        ChangeWatcherBuilder<Document> builder =
                as("watchOrders").database("shop").onEvent(event -> {});

        assertThatThrownBy(builder::start)
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining(
                        "Grant the user of the connection the actions changeStream and find on every collection"
                                + " of database shop");
    }

    @Test
    void theStoresRoleIsEnoughToKeepAPlace() {
        try (MongoClient client = MongoClients.create(uri("watchOrders", "keepCheckpoints"))) {
            ResumeTokenStore store = MongoResumeTokenStore.in(client.getDatabase("shop"));
            ChangeWatcher.of(client)
                    .collection("shop", "orders")
                    .name("order-printer")
                    .resumeFrom(store)
                    .onEvent(event -> {})
                    .start()
                    .close();

            assertThat(store.load("order-printer")).isPresent();
            store.delete("order-printer");
            assertThat(store.load("order-printer")).isEmpty();
        }
    }

    private static WatchTarget as(String role) {
        return ChangeWatcher.connect(uri(role));
    }

    /** The connection string of a new user with these roles. */
    private static String uri(String... roles) {
        String user = "user" + System.nanoTime();
        servers.runAdmin(
                new Document("createUser", user).append("pwd", "secret").append("roles", List.of(roles)));
        return servers.connectionString().replace("//root:", "//" + user + ":");
    }
}
