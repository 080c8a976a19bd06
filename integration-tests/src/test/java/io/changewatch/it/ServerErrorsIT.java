package io.changewatch.it;

import static io.changewatch.it.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.mongodb.MongoException;
import com.mongodb.MongoOperationTimeoutException;
import com.mongodb.MongoSocketException;
import io.changewatch.StreamSource;
import io.changewatch.WatcherState;
import io.changewatch.testkit.LocalReplicaSet;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.bson.BsonDocument;
import org.bson.BsonValue;
import org.bson.Document;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;

/** Errors that a server answers with, or instead of which it closes the connection: made by fail points. */
@BothSources
class ServerErrorsIT {
    @Parameter
    StreamSource source;

    /** The errors that the server labels; of the specification's list only 13388 is missing, which no fail point makes. */
    private static final List<Integer> LABELLED =
            List.of(6, 7, 63, 89, 91, 133, 150, 189, 234, 262, 9001, 10107, 11600, 11602, 13435, 13436);

    private static final List<Integer> WITHOUT_LABEL = List.of(6, 8, 43, 50, 136, 175, 237, 290, 11601);

    private static LocalReplicaSet server;

    private WatchedOrders orders;

    @BeforeAll
    static void startServer() {
        server = LocalReplicaSet.start();
    }

    @AfterAll
    static void stopServer() {
        server.close();
    }

    @BeforeEach
    void startWatching() {
        orders = WatchedOrders.start(server.connectionString(), source);
    }

    @AfterEach
    void stopWatching() {
        server.clearFailPoint("failCommand");
        orders.close();
    }

    @Test
    @DisplayName("row 14: the connection closes in five getMore in a row")
    void survivesConnectionsThatCloseInARow() throws InterruptedException {
        fail("{times: 5}", "['getMore']", "closeConnection: true");
        eventually(() -> orders.troubles().size() >= 5);

        orders.expectAllInOrderOnce();
        assertThat(orders.troubles())
                .hasSize(5)
                .allSatisfy(trouble -> assertThat(trouble).isInstanceOf(MongoSocketException.class));
    }

    @Test
    @DisplayName("row 15: every getMore and aggregate ends in a closed connection, for seconds")
    void opensAgainFromItsPositionWhenTheServerAnswersAgain() throws InterruptedException {
        fail("'alwaysOn'", "['getMore', 'aggregate']", "closeConnection: true");
        eventually(() -> !orders.troubles().isEmpty());
        WatchedOrders.during(Duration.ofSeconds(3)); // some attempts to open; the driver, too, waits between them
        assertThat(orders.watcher().state()).isEqualTo(WatcherState.RECOVERING);
        assertThat(orders.troubles()).hasSizeBetween(2, 12);
        server.clearFailPoint("failCommand");

        orders.expectAllInOrderOnce();
    }

    @Test
    @DisplayName("row 16: getMore fails with each error that the server labels as resumable")
    void survivesEveryErrorThatIsLabelled() throws InterruptedException {
        for (int code : LABELLED) {
            failOnce("errorLabels: ['ResumableChangeStreamError'], errorCode: " + code);
        }

        orders.expectAllInOrderOnce();
        assertThat(codes()).isEqualTo(LABELLED);
    }

    @Test
    @DisplayName("row 16: the cursor fails on the server, which labels the error itself")
    void survivesAnErrorOfTheCursorItself() throws InterruptedException {
        server.setFailPoint(BsonDocument.parse("{configureFailPoint: 'failGetMoreAfterCursorCheckout', "
                + "mode: {times: 1}, data: {errorCode: 262}}"));
        eventually(() -> orders.reconnects() == 1);

        orders.expectAllInOrderOnce();
        assertThat(orders.troubles())
                .singleElement()
                .isInstanceOfSatisfying(
                        MongoException.class,
                        error -> assertThat(error.hasErrorLabel("ResumableChangeStreamError"))
                                .isTrue());
    }

    @Test
    @DisplayName("row 17: getMore fails with each error that is worth a retry though it has no label")
    void survivesErrorsWithoutALabel() throws InterruptedException {
        for (int code : WITHOUT_LABEL) {
            failOnce("errorCode: " + code);
        }

        orders.expectAllInOrderOnce();
        assertThat(codes()).isEqualTo(WITHOUT_LABEL);
    }

    @Test
    @DisplayName("row 19: getMore is blocked for 3 s, below the watchdog's 11 s")
    void waitsForASlowServer() throws InterruptedException {
        int answered = orders.commands().named("getMore").size();
        fail("'alwaysOn'", "['getMore']", "blockConnection: true, blockTimeMS: 3000");
        eventually(() -> orders.commands().named("getMore").size() >= answered + 3);
        server.clearFailPoint("failCommand");

        orders.expectSome();
        assertThat(cursors()).as("one cursor, and it is not killed").hasSize(1);
        assertThat(orders.commands().named("killCursors"))
                .noneMatch(kill -> cursors().stream().anyMatch(kill.getArray("cursors")::contains));
        orders.expectAllInOrderOnce();
        assertThat(orders.troubles()).isEmpty();
    }

    @Test
    @DisplayName("row 20: the session of the cursor is killed")
    void survivesTheDeathOfItsSession() throws InterruptedException {
        for (int i = 1; i <= 3; i++) {
            long deaths = i;
            server.runAdmin(new Document("killSessions", List.of(session())));
            eventually(() -> orders.reconnects() == deaths);
            orders.expectSome();
        }

        orders.expectAllInOrderOnce();
    }

    private Set<BsonValue> cursors() {
        return orders.commands().named("getMore").stream()
                .map(command -> command.get("getMore"))
                .collect(Collectors.toSet());
    }

    private BsonDocument session() {
        List<BsonDocument> sent = orders.commands().named("getMore");
        return sent.get(sent.size() - 1).getDocument("lsid");
    }

    private void failOnce(String how) {
        long before = orders.reconnects();
        fail("{times: 1}", "['getMore']", how);
        eventually(() -> orders.reconnects() > before);
    }

    private static void fail(String mode, String commands, String how) {
        server.setFailPoint(BsonDocument.parse("{configureFailPoint: 'failCommand', mode: " + mode
                + ", data: {appName: '" + WatchedOrders.APPLICATION + "', failCommands: " + commands + ", " + how
                + "}}"));
    }

    private List<Integer> codes() {
        return orders.troubles().stream().map(ServerErrorsIT::code).toList();
    }

    /** The driver turns the server's 50 into an exception of its own. */
    private static int code(Throwable trouble) {
        return trouble instanceof MongoOperationTimeoutException ? 50 : ((MongoException) trouble).getCode();
    }
}
