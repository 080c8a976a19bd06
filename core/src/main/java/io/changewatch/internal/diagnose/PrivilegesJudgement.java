package io.changewatch.internal.diagnose;

import static io.changewatch.diagnose.Check.PRIVILEGES;
import static io.changewatch.diagnose.Severity.NOTE;
import static io.changewatch.diagnose.Severity.OK;
import static io.changewatch.diagnose.Severity.PROBLEM;

import io.changewatch.diagnose.Finding;
import io.changewatch.event.Namespace;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.bson.BsonArray;
import org.bson.BsonDocument;
import org.bson.BsonString;

/**
 * Whether the user may open the stream, and what else a watcher can make use of.
 *
 * <p>Stateless and thread-safe.
 */
public final class PrivilegesJudgement {
    private static final String[] NEEDED = {"changeStream", "find"};

    private PrivilegesJudgement() {}

    /**
     * Findings about the user of the connection.
     *
     * @param status the answer to {@code connectionStatus} with {@code showPrivileges}
     * @param opened whether the stream was opened all the same
     * @param others answers to commands that need privileges: they tell whether the server asks for a user at all
     */
    public static List<Finding> judge(Answer status, List<Answer> others, boolean opened, Asked asked) {
        if (status.reply().isEmpty()) {
            return List.of(Finding.of(
                    NOTE,
                    PRIVILEGES,
                    "The server does not tell what the user may do (" + reason(status)
                            + "). Needed are changeStream and find on " + asked.place() + "."));
        }
        Optional<User> user = User.of(status.reply().get());
        boolean isRefused = others.stream()
                .flatMap(answer -> answer.refusal().stream())
                .anyMatch(Answer.Refusal::isForWantOfPrivilege);
        return user.isPresent()
                ? ofUser(user.get(), Privileges.of(status.reply().get()), opened, asked)
                : List.of(isRefused ? nobody() : open());
    }

    private static String reason(Answer answer) {
        return answer.refusal().map(Answer.Refusal::reason).orElse("no reply");
    }

    private static Finding nobody() {
        return Finding.of(
                PROBLEM,
                PRIVILEGES,
                "The connection names no user, and the server asks for one.",
                "Put the user's name and password into the connection string, and authSource, the database that has the user.");
    }

    private static Finding open() {
        return Finding.of(OK, PRIVILEGES, "No user is logged in, and the server does not ask for one.");
    }

    private static List<Finding> ofUser(User user, Privileges privileges, boolean opened, Asked asked) {
        List<Finding> findings = new ArrayList<>();
        List<String> missing = privileges.missing(database(asked), collection(asked), NEEDED);
        findings.add(
                missing.isEmpty()
                        ? Finding.of(
                                OK,
                                PRIVILEGES,
                                "The user " + user + " may changeStream and find on " + resource(asked) + ".")
                        : Finding.of(
                                opened ? NOTE : PROBLEM, // a server without access control asks for no privileges
                                PRIVILEGES,
                                "The user " + user + " may not " + String.join(" and ", missing) + " on the resource "
                                        + resource(asked) + ".",
                                "In mongosh, as an administrator: " + grant(user, asked)));
        if (!privileges.mayOnCluster("replSetGetConfig")) {
            findings.add(Finding.of(
                    NOTE,
                    PRIVILEGES,
                    "The user " + user
                            + " may not replSetGetConfig on the cluster: a checkpoint of another replica set is "
                            + "recognized by the set's name only.",
                    clusterMonitor(user)));
        }
        return findings;
    }

    /** How the user is given what a look at the oplog and at the set's id need. */
    static String clusterMonitor(User user) {
        return "In mongosh, as an administrator: db.getSiblingDB(\"" + user.database() + "\").grantRolesToUser(\""
                + user.name() + "\", [{role: \"clusterMonitor\", db: \"admin\"}])";
    }

    private static String grant(User user, Asked asked) {
        String role = "watch-" + (asked.scope().isEmpty() ? "all" : asked.place());
        return "db.getSiblingDB(\"admin\").runCommand({createRole: \"" + role + "\", privileges: [{resource: "
                + resource(asked) + ", actions: [\"changeStream\", \"find\"]}], roles: []}) and then db.getSiblingDB(\""
                + user.database() + "\").runCommand({grantRolesToUser: \"" + user.name() + "\", roles: [{role: \""
                + role
                + "\", db: \"admin\"}]})";
    }

    private static String resource(Asked asked) {
        return "{db: \"" + database(asked) + "\", collection: \"" + collection(asked) + "\"}";
    }

    private static String database(Asked asked) {
        return asked.scope().map(Namespace::database).orElse("");
    }

    private static String collection(Asked asked) {
        return asked.scope().flatMap(Namespace::collection).orElse("");
    }

    /** The user of a connection. */
    record User(String name, String database) {
        static Optional<User> of(BsonDocument connectionStatus) {
            return connectionStatus
                    .getDocument("authInfo", new BsonDocument())
                    .getArray("authenticatedUsers", new BsonArray())
                    .stream()
                    .findFirst()
                    .map(first -> new User(field(first.asDocument(), "user"), field(first.asDocument(), "db")));
        }

        private static String field(BsonDocument user, String name) {
            return user.getString(name, new BsonString("")).getValue();
        }

        @Override
        public String toString() {
            return name + "@" + database;
        }
    }
}
