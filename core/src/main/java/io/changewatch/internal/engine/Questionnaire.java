package io.changewatch.internal.engine;

import io.changewatch.event.Namespace;
import io.changewatch.internal.diagnose.Answer;
import io.changewatch.internal.diagnose.Asked;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.bson.BsonArray;
import org.bson.BsonBoolean;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.bson.BsonString;
import org.bson.BsonValue;
import org.jspecify.annotations.Nullable;

/**
 * The commands of a diagnosis, none of which writes, and their answers. Commands and fields as in the manual.
 *
 * <p>Not thread-safe.
 */
final class Questionnaire {
    private static final int DATABASES = 50;
    private static final Set<String> OF_THE_SERVER = Set.of("admin", "config", "local");
    private static final Answer NOT_ASKED = new Answer.Refusal(0, "it was not asked");

    private final Interview interview;
    private final Asked asked;
    private Answer buildInfo = NOT_ASKED;
    private Answer parameters = NOT_ASKED;
    private Answer connectionStatus = NOT_ASKED;
    private @Nullable Answer compatibility;

    Questionnaire(Interview interview, Asked asked) {
        this.interview = interview;
        this.asked = asked;
    }

    static BsonDocument command(String name) {
        return new BsonDocument(name, new BsonInt32(1));
    }

    /** Asks what every check needs. */
    void run() {
        buildInfo = interview.ask("admin", command("buildInfo"));
        parameters = interview.ask("admin", command("getParameter").append("writePeriodicNoops", new BsonInt32(1)));
        compatibility =
                interview.ask("admin", command("getParameter").append("featureCompatibilityVersion", new BsonInt32(1)));
        connectionStatus =
                interview.ask("admin", command("connectionStatus").append("showPrivileges", BsonBoolean.TRUE));
    }

    Answer buildInfo() {
        return buildInfo;
    }

    Answer parameters() {
        return parameters;
    }

    Answer connectionStatus() {
        return connectionStatus;
    }

    Optional<String> version() {
        return buildInfo.reply().flatMap(reply -> string(reply, "version"));
    }

    Optional<String> featureCompatibilityVersion() {
        return Optional.ofNullable(compatibility)
                .flatMap(Answer::reply)
                .filter(reply -> reply.isDocument("featureCompatibilityVersion"))
                .flatMap(reply -> string(reply.getDocument("featureCompatibilityVersion"), "version"));
    }

    private static Optional<String> string(BsonDocument document, String name) {
        return document.isString(name) ? Optional.of(document.getString(name).getValue()) : Optional.empty();
    }

    /** The hosts that a server names, its own among them, without ports. */
    static Stream<String> hosts(BsonDocument hello) {
        Stream<BsonValue> listed =
                Stream.of("hosts", "passives").flatMap(name -> hello.getArray(name, new BsonArray()).stream());
        return Stream.concat(listed, Stream.of("me", "primary").map(hello::get))
                .filter(BsonString.class::isInstance)
                .map(host -> ((BsonString) host).getValue())
                .map(host -> host.contains(":") ? host.substring(0, host.lastIndexOf(':')) : host);
    }

    /** This user's operations and idle cursors, which need no privilege. */
    Answer operations() {
        BsonDocument operations = BsonDocument.parse("{$currentOp: {idleCursors: true, allUsers: false}}");
        BsonDocument streams = BsonDocument.parse("{$match: {'cursor.originatingCommand.pipeline': {$exists: true}}}");
        BsonDocument some = BsonDocument.parse("{$limit: 1000}");
        return interview.ask(
                "admin",
                command("aggregate")
                        .append("pipeline", new BsonArray(List.of(operations, streams, some)))
                        .append("cursor", new BsonDocument("batchSize", new BsonInt32(1_001))));
    }

    /** How long images are kept. */
    Answer imageOptions() {
        return interview.ask("admin", new BsonDocument("getClusterParameter", new BsonString("changeStreamOptions")));
    }

    /** The watched collections of each watched database, and what they keep. */
    Map<String, Answer> collections() {
        Map<String, Answer> answers = new LinkedHashMap<>();
        List<String> databases =
                asked.scope().map(Namespace::database).map(List::of).orElseGet(this::databases);
        databases.forEach(database -> answers.put(database, interview.ask(database, listCollections())));
        return answers;
    }

    private BsonDocument listCollections() {
        BsonDocument filter = asked.scope()
                .flatMap(Namespace::collection)
                .map(name -> new BsonDocument("name", new BsonString(name)))
                .orElseGet(BsonDocument::new);
        return command("listCollections").append("filter", filter);
    }

    private List<String> databases() {
        return interview.ask("admin", command("listDatabases").append("nameOnly", BsonBoolean.TRUE)).reply().stream()
                .flatMap(reply -> reply.getArray("databases", new BsonArray()).stream())
                .map(database -> database.asDocument().getString("name").getValue())
                .filter(name -> !OF_THE_SERVER.contains(name))
                .limit(DATABASES)
                .toList();
    }
}
