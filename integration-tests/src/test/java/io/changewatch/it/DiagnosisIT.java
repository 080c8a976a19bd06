package io.changewatch.it;

import static io.changewatch.it.Eventually.eventually;
import static io.changewatch.pipeline.Condition.document;
import static org.assertj.core.api.Assertions.assertThat;

import com.mongodb.MongoClientSettings;
import com.mongodb.client.model.changestream.FullDocument;
import com.mongodb.client.model.changestream.FullDocumentBeforeChange;
import com.mongodb.reactivestreams.client.MongoClient;
import com.mongodb.reactivestreams.client.MongoClients;
import io.changewatch.ChangeWatcher;
import io.changewatch.ChangeWatcherBuilder;
import io.changewatch.HandlerFailurePolicy;
import io.changewatch.StartPosition;
import io.changewatch.StreamSource;
import io.changewatch.WatcherState;
import io.changewatch.deadletter.DeadLetterStore;
import io.changewatch.deadletter.ParkingOrder;
import io.changewatch.diagnose.Check;
import io.changewatch.diagnose.Diagnosis;
import io.changewatch.diagnose.Finding;
import io.changewatch.diagnose.ServerFacts.Topology;
import io.changewatch.diagnose.Severity;
import io.changewatch.pipeline.Pipeline;
import io.changewatch.resume.Checkpoint;
import io.changewatch.resume.ResumeTokenStore;
import io.changewatch.resume.mongo.MongoResumeTokenStore;
import io.changewatch.testkit.InMemoryDeadLetterStore;
import io.changewatch.testkit.InMemoryResumeTokenStore;
import io.changewatch.testkit.LocalReplicaSet;
import io.changewatch.testkit.Publishers;
import io.changewatch.testkit.TestServer;
import java.io.IOException;
import java.net.ServerSocket;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.bson.Document;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** {@code diagnose()} on real servers, healthy and sick. */
class DiagnosisIT {
    private static LocalReplicaSet healthy;
    private static MongoClient client;

    private final String database = TestServer.newDatabaseName();
    private final InMemoryResumeTokenStore store = new InMemoryResumeTokenStore();

    @BeforeAll
    static void startServer() {
        healthy = LocalReplicaSet.start();
        client = MongoClients.create(healthy.connectionString());
    }

    @AfterAll
    static void stopServer() {
        client.close();
        healthy.close();
    }

    private ChangeWatcherBuilder<Document> orders() {
        return ChangeWatcher.of(client).collection(database, "orders").name("w");
    }

    private static List<String> found(Diagnosis diagnosis, Severity severity) {
        return diagnosis.findings(severity).stream().map(Finding::found).toList();
    }

    private static Finding only(Diagnosis diagnosis, Severity severity) {
        assertThat(diagnosis.findings(severity)).as(diagnosis.toString()).hasSize(1);
        return diagnosis.findings(severity).get(0);
    }

    @Test
    void findsNothingWrongWithAHealthySet() {
        Diagnosis diagnosis = ChangeWatcher.connect(healthy.connectionString())
                .collection(database, "orders")
                .name("w")
                .resumeFrom(store)
                .diagnose();

        assertThat(diagnosis.isFit()).isTrue();
        assertThat(diagnosis.findings(Severity.WARNING)).isEmpty();
        assertThat(diagnosis.server().topology()).isEqualTo(Topology.REPLICA_SET);
        assertThat(diagnosis.findings(Check.STREAM))
                .extracting(Finding::found)
                .containsExactly("The server opens the stream, beginning now.");
    }

    @Test
    void triesTheStreamAsTheWatcherWouldReadIt() {
        Diagnosis diagnosis =
                orders().source(StreamSource.PUBLISHER).resumeFrom(store).diagnose();

        assertThat(diagnosis.findings(Check.STREAM))
                .extracting(Finding::found)
                .containsExactly(
                        "It is read through the driver's publisher, because source(PUBLISHER) says so.",
                        "The server opens the stream, beginning now.");
    }

    @Test
    void saysNothingOfTheStageOfAPartition() {
        Diagnosis diagnosis =
                orders().partition(0, 2).pipeline(Pipeline.empty()).diagnose();

        assertThat(diagnosis.findings(Check.PIPELINE)).isEmpty();
        assertThat(diagnosis.isFit()).isTrue();
    }

    @Test
    void findsOptionsWithoutEffect() {
        Diagnosis withHandler = orders().maxInFlight(7).onEvent(event -> {}).diagnose();
        Diagnosis without = orders().maxInFlight(7).diagnose();

        assertThat(only(withHandler, Severity.PROBLEM).found()).contains("maxInFlight(7) has no effect");
        assertThat(found(without, Severity.PROBLEM)).isEmpty();
    }

    @Test
    void findsEverythingWrongAtOnce() {
        Publishers.await(client.getDatabase(database).createCollection("orders"));
        Diagnosis diagnosis = orders().resumeFrom(store)
                .batchSize(0)
                .fullDocumentBeforeChange(FullDocumentBeforeChange.REQUIRED)
                .pipeline(Pipeline.empty().stage(Document.parse("{$match: {$nonsense: 1}}")))
                .diagnose();

        assertThat(diagnosis.isFit()).isFalse();
        assertThat(found(diagnosis, Severity.PROBLEM))
                .containsExactly(
                        "The watcher cannot be built: batchSize(0) must be at least 1.",
                        "The server refuses the stream: error 2 BadValue, \"unknown top level operator: $nonsense. If you "
                                + "have a field name that starts with a '$' symbol, consider using $getField or $setField.\".",
                        "The collection " + database
                                + ".orders keeps no images, and fullDocumentBeforeChange(REQUIRED) asks for "
                                + "them: the first change there that needs one fails the stream (error 47).");
    }

    @Test
    void aStandaloneHasNoChangeStreams() {
        try (LocalReplicaSet standalone = LocalReplicaSet.builder().standalone().start()) {
            Diagnosis diagnosis = ChangeWatcher.connect(standalone.connectionString())
                    .collection("shop", "orders")
                    .name("w")
                    .diagnose();

            assertThat(only(diagnosis, Severity.PROBLEM))
                    .isEqualTo(Finding.of(
                            Severity.PROBLEM,
                            Check.TOPOLOGY,
                            "The server at 127.0.0.1:" + standalone.port(0)
                                    + " is a standalone, and only replica sets have change streams.",
                            "Start mongod with --replSet and run rs.initiate(); one node is enough."));
        }
    }

    @Test
    void aServerThatIsNotThereIsAFinding() throws IOException {
        int port;
        try (ServerSocket free = new ServerSocket(0)) {
            port = free.getLocalPort();
        }
        Diagnosis diagnosis = ChangeWatcher.connect("mongodb://127.0.0.1:" + port + "/?serverSelectionTimeoutMS=500")
                .collection("shop", "orders")
                .name("w")
                .diagnose();

        assertThat(only(diagnosis, Severity.PROBLEM).found())
                .isEqualTo("No server is reached: 127.0.0.1:" + port + " (ConnectException: Connection refused).");
    }

    @Test
    void writesNothingAndLeavesNoCursor() {
        ResumeTokenStore inMongo = MongoResumeTokenStore.in(client.getDatabase(database));
        leaveCheckpoint(inMongo);
        Checkpoint before = inMongo.load("w").orElseThrow();
        RecordedCommands commands = new RecordedCommands();
        MongoClientSettings listened = MongoClientSettings.builder(WatchedOrders.settings(healthy.connectionString()))
                .addCommandListener(commands)
                .build();
        try (MongoClient listening = MongoClients.create(listened)) {
            Diagnosis diagnosis = ChangeWatcher.of(listening)
                    .collection(database, "orders")
                    .name("w")
                    .comment(database)
                    .resumeFrom(MongoResumeTokenStore.in(listening.getDatabase(database)))
                    .diagnose();
            assertThat(diagnosis.isFit()).as(diagnosis.toString()).isTrue();
        }

        assertThat(commands.named("killCursors")).hasSize(1);
        assertThat(commands.named("getMore")).as("one, and the next").hasSizeLessThanOrEqualTo(2);
        assertThat(List.of("insert", "update", "delete", "findAndModify", "create", "createIndexes"))
                .allSatisfy(name -> assertThat(commands.named(name)).isEmpty());
        assertThat(inMongo.load("w")).contains(before);
        eventually(() -> ServerCursors.find(client, new Document("cursor.originatingCommand.comment", database))
                .isEmpty());
    }

    private void leaveCheckpoint(ResumeTokenStore where) {
        orders().resumeFrom(where).onEvent(event -> {}).start().close();
        assertThat(where.load("w")).isPresent();
    }

    @Test
    void neitherTakesTheStoreNorDisturbsARunningWatcher() {
        List<String> calls = new ArrayList<>();
        try (ChangeWatcher running =
                orders().resumeFrom(store).onEvent(event -> {}).start()) {
            Diagnosis diagnosis = orders().resumeFrom(new WatchedStore(calls)).diagnose();

            assertThat(calls).containsExactly("peek");
            assertThat(diagnosis.isFit()).as(diagnosis.toString()).isTrue();
            assertThat(running.state()).isEqualTo(WatcherState.RUNNING);
        }
    }

    private class WatchedStore implements ResumeTokenStore {
        private final List<String> calls;

        WatchedStore(List<String> calls) {
            this.calls = calls;
        }

        @Override
        public void acquire(String watcher) {
            calls.add("acquire");
        }

        @Override
        public Optional<Checkpoint> load(String watcher) {
            calls.add("load");
            return store.load(watcher);
        }

        @Override
        public Optional<Checkpoint> peek(String watcher) {
            calls.add("peek");
            return store.load(watcher);
        }

        @Override
        public void save(String watcher, Checkpoint checkpoint) {
            calls.add("save");
        }

        @Override
        public void delete(String watcher) {
            calls.add("delete");
        }
    }

    @Test
    void aCheckpointOfAnotherStreamIsRefused() {
        orders().resumeFrom(store).onEvent(event -> {}).start().close();
        Diagnosis diagnosis = ChangeWatcher.of(client)
                .collection(database, "carts")
                .name("w")
                .resumeFrom(store)
                .diagnose();

        assertThat(only(diagnosis, Severity.PROBLEM))
                .isEqualTo(Finding.of(
                        Severity.PROBLEM,
                        Check.CHECKPOINT,
                        "The checkpoint 'w' was made for " + database + ".orders, but this watcher watches " + database
                                + ".carts.",
                        "Give this watcher another name(...), or delete the checkpoint with store.delete(\"w\")."));
        assertThat(found(diagnosis, Severity.OK)).contains("The server opens the stream, beginning now.");
    }

    @Test
    void aCheckpointOfAnotherPipelineGoesOnByTime() {
        orders().resumeFrom(store).onEvent(event -> {}).start().close();
        Diagnosis diagnosis = orders().resumeFrom(store)
                .pipeline(Pipeline.matching(document("n").eq(1)))
                .fullDocument(FullDocument.UPDATE_LOOKUP)
                .diagnose();

        assertThat(diagnosis.isFit()).isTrue();
        assertThat(diagnosis.findings(Check.PIPELINE)).hasSize(1);
        assertThat(diagnosis.findings(Check.CHECKPOINT))
                .extracting(Finding::severity)
                .containsExactly(Severity.NOTE, Severity.OK);
        assertThat(found(diagnosis, Severity.OK)).contains("The server opens the stream, beginning at the checkpoint.");
    }

    @Test
    void aStoreThatCannotBeReadIsAFinding() {
        ResumeTokenStore broken = new WatchedStore(new ArrayList<>()) {
            @Override
            public Optional<Checkpoint> peek(String watcher) {
                throw new StackOverflowError("too deep");
            }
        };

        assertThat(orders().resumeFrom(broken).diagnose().findings(Check.CHECKPOINT))
                .singleElement()
                .satisfies(finding -> {
                    assertThat(finding.severity()).isEqualTo(Severity.PROBLEM);
                    assertThat(finding.found()).contains("cannot be read", "too deep");
                });
    }

    private Finding lettersIn(DeadLetterStore letters, ParkingOrder order) {
        List<Finding> found = orders().parkIn(letters, order).diagnose().findings(Check.LETTERS);
        assertThat(found).hasSize(1);
        return found.get(0);
    }

    @Test
    void lettersThatWaitAreFound() throws InterruptedException, TimeoutException {
        InMemoryDeadLetterStore letters = new InMemoryDeadLetterStore();
        Finding before = lettersIn(letters, ParkingOrder.GO_ON);
        ChangeWatcher watcher = orders().parkIn(letters)
                .whenHandlerFails(HandlerFailurePolicy.stop())
                .onInsert(event -> {
                    throw new IllegalStateException("poison");
                })
                .start();
        try (watcher) {
            watcher.awaitRunning(Duration.ofMinutes(1));
            Publishers.await(
                    client.getDatabase(database).getCollection("orders").insertOne(new Document("_id", 1)));
            eventually(() -> letters.count("w") == 1);
        }

        assertThat(before.severity()).isEqualTo(Severity.OK);
        assertThat(before.found()).isEqualTo("None of 'w' waits in InMemoryDeadLetterStore.");
        Finding waiting = lettersIn(letters, ParkingOrder.BLOCK_KEY);
        assertThat(waiting.severity()).isEqualTo(Severity.WARNING);
        assertThat(waiting.found())
                .isEqualTo(
                        "1 event waits in InMemoryDeadLetterStore; what else happens to their documents is parked behind"
                                + " them.");
        assertThat(waiting.remedy()).hasValueSatisfying(text -> assertThat(text).contains("deadLetters()"));
    }

    @Test
    void lettersThatCannotBeCountedAreAFinding() {
        InMemoryDeadLetterStore letters = new InMemoryDeadLetterStore();
        letters.breakDown();

        Finding finding = lettersIn(letters, ParkingOrder.GO_ON);

        assertThat(finding.severity()).isEqualTo(Severity.PROBLEM);
        assertThat(finding.found()).startsWith("The letters in InMemoryDeadLetterStore cannot be counted: ");
    }

    @Test
    void imagesThatExpireAreFound() {
        try (LocalReplicaSet servers = OplogRollover.startServer();
                MongoClient own = MongoClients.create(servers.connectionString())) {
            ImageOrders images = new ImageOrders(own, own.getDatabase(database));
            images.insert(1);
            ChangeWatcherBuilder<Document> builder = ChangeWatcher.of(own)
                    .collection(database, "orders")
                    .name("w")
                    .fullDocumentBeforeChange(FullDocumentBeforeChange.REQUIRED);
            assertThat(builder.diagnose().findings(Check.IMAGES))
                    .extracting(Finding::found)
                    .containsExactly(
                            "Images are kept by " + database + ".orders.",
                            "Images are kept as long as the oplog keeps their changes.");

            servers.runAdmin(
                    Document.parse(
                            "{setClusterParameter: {changeStreamOptions: {preAndPostImages: {expireAfterSeconds: {$numberLong: '1'}}}}}"));
            StartPosition earlier = StartPosition.at(Instant.now().minusSeconds(60));
            Finding expired = only(builder.startFrom(earlier).diagnose(), Severity.PROBLEM);

            assertThat(expired.check()).isEqualTo(Check.IMAGES);
            assertThat(expired.found())
                    .startsWith("Images expire after 1 s, and the watcher goes on from a position of 1 min")
                    .endsWith("each of these events fails the stream (error 47).");
        }
    }

    @Test
    void anOplogThatHasForgottenTheCheckpointIsFound() {
        try (LocalReplicaSet servers = OplogRollover.startServer();
                MongoClient own = MongoClients.create(servers.connectionString())) {
            ChangeWatcherBuilder<Document> builder = ChangeWatcher.of(own)
                    .collection(database, "orders")
                    .name("w")
                    .resumeFrom(store);
            builder.copy().onEvent(event -> {}).start().close();
            OplogRollover.pushThePresentOut(servers, own);
            Finding lost = only(builder.diagnose(), Severity.PROBLEM);

            assertThat(lost.check()).isEqualTo(Check.OPLOG);
            assertThat(lost.found())
                    .startsWith("The oplog no longer reaches back to the checkpoint of ")
                    .endsWith(" later. The events between are lost to this watcher.");
            assertThat(lost.remedy())
                    .contains("Enlarge the oplog or its minimum retention. To accept the gap, choose "
                            + "whenHistoryLost(HistoryLostPolicy.RESTART_FROM_OLDEST) or RESTART_FROM_NOW.");
        }
    }

    @Nested
    @DisplayName("with a pool that is too small")
    class Pool {
        private MongoClient small(int connections) {
            return MongoClients.create(healthy.connectionString() + "&maxPoolSize=" + connections);
        }

        @Test
        void countsTheStreamsThatAreOpen() {
            try (MongoClient application = small(10);
                    ChangeWatcher one = ChangeWatcher.of(application)
                            .collection(database, "orders")
                            .onEvent(event -> {})
                            .start()) {
                assertThat(one.state()).isEqualTo(WatcherState.RUNNING);

                assertThat(ChangeWatcher.of(application)
                                .collection(database, "carts")
                                .diagnose()
                                .findings(Check.POOL))
                        .singleElement()
                        .satisfies(finding -> assertThat(finding.found())
                                .contains("open on the primary now: ", "'changewatch " + database + ".orders'"));
            }
        }

        @Test
        void ofOneConnectionTheStreamTakesAll() {
            Diagnosis diagnosis = ChangeWatcher.connect(healthy.connectionString() + "&maxPoolSize=1")
                    .collection(database, "orders")
                    .diagnose();

            assertThat(only(diagnosis, Severity.WARNING).found())
                    .startsWith(
                            "The pool of the watcher's own client has one connection (maxPoolSize), which the stream "
                                    + "occupies");
        }

        @Test
        void aWatcherThatWaitsLongKeepsTheOnlyConnectionFromEveryQuestion() {
            try (MongoClient application = small(1);
                    ChangeWatcher watcher = ChangeWatcher.of(application)
                            .collection(database, "orders")
                            .maxAwait(Duration.ofMinutes(1))
                            .headroomThresholds()
                            .onEvent(event -> {})
                            .start()) {
                Diagnosis diagnosis = ChangeWatcher.of(application)
                        .collection(database, "carts")
                        .diagnose();

                assertThat(only(diagnosis, Severity.PROBLEM).check()).isEqualTo(Check.POOL);
                assertThat(only(diagnosis, Severity.PROBLEM).found())
                        .startsWith("The server at 127.0.0.1:" + healthy.port(0)
                                + " is known, but within 10 s there was no "
                                + "connection of the client's pool for a question, or no answer to it (");
                assertThat(watcher.state()).isEqualTo(WatcherState.RUNNING);
                Publishers.await(
                        client.getDatabase(database).getCollection("orders").insertOne(new Document()));
            }
        }
    }

    @Nested
    @DisplayName("with access control")
    class Access {
        private final LocalReplicaSet secured =
                LocalReplicaSet.builder().authentication("root", "secret").start();

        @AfterEach
        void stopServer() {
            secured.close();
        }

        private ChangeWatcherBuilder<Document> as(String user) {
            return ChangeWatcher.connect("mongodb://" + user + "127.0.0.1:" + secured.port(0)
                            + "/?authSource=admin&directConnection=true")
                    .collection("shop", "orders")
                    .name("w")
                    .fullDocumentBeforeChange(FullDocumentBeforeChange.WHEN_AVAILABLE);
        }

        @Test
        void aUserWithoutPrivilegesIsToldHowToGetThem() {
            secured.runAdmin(
                    new Document("createUser", "reader").append("pwd", "secret").append("roles", List.of()));
            Diagnosis diagnosis = as("reader:secret@").diagnose();
            Finding missing = only(diagnosis, Severity.PROBLEM);

            assertThat(missing.check()).isEqualTo(Check.PRIVILEGES);
            assertThat(missing.found())
                    .isEqualTo(
                            "The user reader@admin may not changeStream and find on the resource {db: \"shop\", collection: "
                                    + "\"orders\"}.");
            assertThat(diagnosis.findings(Severity.NOTE).stream().map(Finding::check))
                    .contains(Check.OPLOG, Check.IMAGES, Check.PRIVILEGES);
            runAsTold(missing.remedy().orElseThrow());
            assertThat(as("reader:secret@").diagnose().isFit()).isTrue();
        }

        private void runAsTold(String remedy) {
            Matcher commands = Pattern.compile("runCommand\\((\\{.*?\\})\\)").matcher(remedy);
            assertThat(commands.results().map(command -> Document.parse(command.group(1))))
                    .hasSize(2)
                    .allSatisfy(secured::runAdmin);
        }

        @Test
        void aFewPrivilegesLetEverythingBeChecked() {
            secured.runAdmin(
                    Document.parse("{createRole: 'parameters', roles: [], privileges: [{resource: {cluster: true},"
                            + " actions: ['getClusterParameter']}]}"));
            secured.runAdmin(new Document("createUser", "monitor")
                    .append("pwd", "secret")
                    .append(
                            "roles",
                            List.of(
                                    new Document("role", "clusterMonitor").append("db", "admin"),
                                    new Document("role", "parameters").append("db", "admin"),
                                    new Document("role", "read").append("db", "shop"))));
            Diagnosis diagnosis = as("monitor:secret@").diagnose();

            assertThat(diagnosis.isFit()).as(diagnosis.toString()).isTrue();
            assertThat(diagnosis.findings(Severity.NOTE).stream().map(Finding::check))
                    .containsOnly(Check.VERSION, Check.CHECKPOINT);
        }

        @Test
        void aWrongPasswordIsAFinding() {
            assertThat(only(as("root:wrong@").diagnose(), Severity.PROBLEM)).satisfies(finding -> {
                assertThat(finding.check()).isEqualTo(Check.CONNECTION);
                assertThat(finding.found())
                        .startsWith("No connection: MongoSecurityException")
                        .doesNotContain("wrong");
                assertThat(finding.remedy())
                        .contains("The user name, the password or the authentication database is wrong. Correct the "
                                + "credentials in the connection string; check authSource.");
            });
        }

        @Test
        void aConnectionWithoutAUserIsAFinding() {
            assertThat(only(as("").diagnose(), Severity.PROBLEM).found())
                    .isEqualTo("The connection names no user, and the server asks for one.");
        }
    }
}
