package io.changewatch.internal.diagnose;

import static io.changewatch.diagnose.Check.PRIVILEGES;
import static io.changewatch.diagnose.Severity.NOTE;
import static io.changewatch.diagnose.Severity.OK;
import static io.changewatch.diagnose.Severity.PROBLEM;
import static org.assertj.core.api.Assertions.assertThat;

import io.changewatch.diagnose.Finding;
import io.changewatch.event.Namespace;
import java.util.List;
import java.util.Optional;
import org.bson.BsonDocument;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class PrivilegesJudgementTest {
    private static final String SET_CONFIG = "{resource: {cluster: true}, actions: ['replSetGetConfig']}";
    private static final String WATCH = "actions: ['changeStream', 'find', 'listCollections']}";

    private static Answer user(String... privileges) {
        return Streams.reply(
                "{authInfo: {authenticatedUsers: [{user: 'reader', db: 'admin'}], authenticatedUserRoles: [],"
                        + " authenticatedUserPrivileges: [" + String.join(", ", privileges) + "]}, ok: 1}");
    }

    private static List<Finding> judge(Answer status, Asked asked) {
        return PrivilegesJudgement.judge(status, List.of(), false, asked);
    }

    @Test
    void namesTheMissingActionTheResourceAndTheCommand() {
        assertThat(judge(
                        user("{resource: {db: 'shop', collection: 'orders'}, actions: ['find']}", SET_CONFIG),
                        Streams.plain()))
                .containsExactly(
                        Finding.of(
                                PROBLEM,
                                PRIVILEGES,
                                "The user reader@admin may not changeStream on the resource {db: \"shop\", collection: \"orders\"}.",
                                "In mongosh, as an administrator: db.getSiblingDB(\"admin\").runCommand({createRole: "
                                        + "\"watch-shop.orders\", privileges: [{resource: {db: \"shop\", collection: \"orders\"}, actions: "
                                        + "[\"changeStream\", \"find\"]}], roles: []}) and then db.getSiblingDB(\"admin\").runCommand({"
                                        + "grantRolesToUser: \"reader\", roles: [{role: \"watch-shop.orders\", db: \"admin\"}]})"));
        assertThat(judge(user(SET_CONFIG), Streams.plain()))
                .extracting(Finding::found)
                .containsExactly(
                        "The user reader@admin may not changeStream and find on the resource {db: \"shop\", collection: "
                                + "\"orders\"}.");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{db: 'shop', collection: 'orders'}",
                "{db: 'shop', collection: ''}",
                "{db: '', collection: 'orders'}",
                "{db: '', collection: ''}",
                "{anyResource: true}"
            })
    void aResourceThatCoversTheCollectionIsEnough(String resource) {
        assertThat(judge(user("{resource: " + resource + ", " + WATCH, SET_CONFIG), Streams.plain()))
                .containsExactly(Finding.of(
                        OK,
                        PRIVILEGES,
                        "The user reader@admin may changeStream and find on {db: \"shop\", collection: \"orders\"}."));
    }

    @Test
    void anyActionIsEveryAction() {
        assertThat(judge(user("{resource: {anyResource: true}, actions: ['anyAction']}"), Streams.plain()))
                .extracting(Finding::severity)
                .containsExactly(OK);
    }

    @Test
    void actionsOfSeveralRolesAddUp() {
        assertThat(judge(
                        user(
                                "{resource: {db: 'shop', collection: ''}, actions: ['find']}",
                                "{resource: {db: '', collection: ''}, actions: ['changeStream']}",
                                SET_CONFIG),
                        Streams.plain()))
                .extracting(Finding::severity)
                .containsExactly(OK);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{db: 'shop', collection: 'orders'} | PROBLEM | PROBLEM",
                "{db: 'shop', collection: ''}       | OK      | PROBLEM",
                "{db: 'other', collection: ''}      | PROBLEM | PROBLEM",
                "{db: '', collection: ''}           | OK      | OK"
            })
    void aWiderScopeNeedsAWiderResource(String resource, String onDatabase, String onCluster) {
        Answer user = user("{resource: " + resource + ", " + WATCH, SET_CONFIG);

        assertThat(judge(user, Streams.of(Optional.of(Namespace.of("shop")))))
                .extracting(finding -> finding.severity().name())
                .containsExactly(onDatabase);
        assertThat(judge(user, Streams.of(Optional.empty())))
                .extracting(finding -> finding.severity().name())
                .containsExactly(onCluster);
    }

    @Test
    void everyDatabaseDoesNotMeanTheServersOwn() {
        Privileges everywhere = privileges("{resource: {db: '', collection: ''}, actions: ['find']}");
        Privileges monitor = privileges("{resource: {db: 'local', collection: ''}, actions: ['find']}");

        assertThat(everywhere.missing("local", "oplog.rs", "find")).containsExactly("find");
        assertThat(monitor.missing("local", "oplog.rs", "find")).isEmpty();
        assertThat(everywhere.missing("shop", "system.views", "find")).containsExactly("find");
    }

    private static Privileges privileges(String privilege) {
        BsonDocument status = user(privilege).reply().orElseThrow();
        return Privileges.of(status);
    }

    @Test
    void saysWhatTheSetsIdIsGoodFor() {
        assertThat(judge(user("{resource: {db: 'shop', collection: ''}, " + WATCH), Streams.plain()))
                .contains(Finding.of(
                        NOTE,
                        PRIVILEGES,
                        "The user reader@admin may not replSetGetConfig on the cluster: a checkpoint of another replica set is "
                                + "recognized by the set's name only.",
                        "In mongosh, as an administrator: db.getSiblingDB(\"admin\").grantRolesToUser(\"reader\", [{role: "
                                + "\"clusterMonitor\", db: \"admin\"}])"));
    }

    @Test
    void aServerMayAskNobody() {
        Answer nobody = Streams.reply("{authInfo: {authenticatedUsers: [], authenticatedUserRoles: [],"
                + " authenticatedUserPrivileges: []}, ok: 1}");

        assertThat(PrivilegesJudgement.judge(nobody, List.of(Streams.reply("{ok: 1}")), false, Streams.plain()))
                .containsExactly(
                        Finding.of(OK, PRIVILEGES, "No user is logged in, and the server does not ask for one."));
        assertThat(PrivilegesJudgement.judge(nobody, List.of(Streams.unauthorized()), false, Streams.plain()))
                .containsExactly(Finding.of(
                        PROBLEM,
                        PRIVILEGES,
                        "The connection names no user, and the server asks for one.",
                        "Put the user's name and password into the connection string, and authSource, the database that has the "
                                + "user."));
    }

    @Test
    void aServerMayNotTell() {
        assertThat(judge(new Answer.Refusal(59, "error 59 CommandNotFound"), Streams.plain()))
                .containsExactly(Finding.of(
                        NOTE,
                        PRIVILEGES,
                        "The server does not tell what the user may do (error 59 CommandNotFound). Needed are changeStream and "
                                + "find on shop.orders."));
    }
}
