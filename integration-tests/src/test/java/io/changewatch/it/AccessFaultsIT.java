package io.changewatch.it;

import static io.changewatch.it.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.mongodb.MongoException;
import com.mongodb.MongoSecurityException;
import io.changewatch.WatcherState;
import io.changewatch.testkit.LocalReplicaSet;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeoutException;
import org.bson.BsonDocument;
import org.bson.Document;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** A user who loses what a watcher needs, and gets it back. What is wrong from the start: {@link StartFailuresIT}. */
class AccessFaultsIT {
    private static final int UNAUTHORIZED = 13;
    private static final String USER = "watcher";
    private static final String PASSWORD = "secret";
    private static final List<Document> PRIVILEGES =
            List.of(new Document("resource", new Document("db", "").append("collection", ""))
                    .append("actions", List.of("changeStream", "find")));

    private static LocalReplicaSet server;

    private WatchedOrders orders;

    @BeforeAll
    static void startServer() {
        server = LocalReplicaSet.builder().authentication("root", "secret").start();
        server.runAdmin(new Document("createRole", "watching")
                .append("privileges", PRIVILEGES)
                .append("roles", List.of()));
        server.runAdmin(new Document("createUser", USER).append("pwd", PASSWORD).append("roles", List.of("watching")));
    }

    @AfterAll
    static void stopServer() {
        server.close();
    }

    @BeforeEach
    void startWatching() {
        String uri = "mongodb://" + USER + ":" + PASSWORD + "@127.0.0.1:" + server.port(0) + "/?authSource=admin";
        orders = WatchedOrders.start(uri, server.connectionString());
    }

    @AfterEach
    void stopWatching() {
        orders.close();
    }

    @Test
    @DisplayName("row 45: the privileges are revoked, and granted again")
    void goesOnWhenItsPrivilegesAreBack() throws Exception {
        server.runAdmin(new Document("revokePrivilegesFromRole", "watching").append("privileges", PRIVILEGES));
        eventually(() -> orders.troubles().size() >= 3);
        assertThat(orders.troubles())
                .allSatisfy(trouble -> assertThat(trouble)
                        .isInstanceOfSatisfying(
                                MongoException.class,
                                error -> assertThat(error.getCode()).isEqualTo(UNAUTHORIZED)));
        expectTrouble("error 13 Unauthorized");
        server.runAdmin(new Document("grantPrivilegesToRole", "watching").append("privileges", PRIVILEGES));

        orders.expectAllInOrderOnce();
    }

    @Test
    @DisplayName("row 46: the password is changed, and is right again later")
    void goesOnWhenItsPasswordIsRightAgain() throws Exception {
        password("rotated");
        server.setFailPoint(BsonDocument.parse("{configureFailPoint: 'failCommand', mode: {times: 1}, data: {appName: '"
                + WatchedOrders.APPLICATION + "', failCommands: ['getMore'], closeConnection: true}}"));
        eventually(() -> orders.troubles().stream()
                        .filter(MongoSecurityException.class::isInstance)
                        .count()
                >= 3);
        expectTrouble("MongoSecurityException");
        password(PASSWORD);

        orders.expectAllInOrderOnce();
    }

    private void expectTrouble(String error) {
        assertThat(orders.watcher().state()).isEqualTo(WatcherState.RECOVERING);
        assertThatThrownBy(() -> orders.watcher().awaitRunning(Duration.ofMillis(1)))
                .isInstanceOf(TimeoutException.class)
                .hasMessageContaining("is RECOVERING")
                .hasMessageContaining("it goes on trying after " + error)
                .hasMessageNotContaining(PASSWORD);
    }

    private static void password(String password) {
        server.runAdmin(new Document("updateUser", USER).append("pwd", password));
    }
}
