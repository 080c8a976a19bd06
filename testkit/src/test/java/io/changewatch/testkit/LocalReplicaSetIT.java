package io.changewatch.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.mongodb.MongoCommandException;
import com.mongodb.client.model.changestream.ChangeStreamDocument;
import com.mongodb.reactivestreams.client.MongoClient;
import com.mongodb.reactivestreams.client.MongoClients;
import com.mongodb.reactivestreams.client.MongoCollection;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.bson.BsonDocument;
import org.bson.BsonTimestamp;
import org.bson.Document;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class LocalReplicaSetIT {

    private static final Duration ELECTION = Duration.ofMinutes(1);

    @Nested
    class WithOneMember {

        private LocalReplicaSet servers;
        private MongoClient client;
        private MongoCollection<Document> orders;

        @BeforeEach
        void start() {
            servers = LocalReplicaSet.start();
            client = MongoClients.create(servers.connectionString());
            orders = client.getDatabase("shop").getCollection("orders");
        }

        @AfterEach
        void close() {
            client.close();
            servers.close();
        }

        @Test
        void streamsTheChangesOfARealServer() {
            BsonTimestamp before = servers.runAdmin(new Document("hello", 1)).get("operationTime", BsonTimestamp.class);
            Publishers.await(orders.insertOne(new Document("_id", 1)));

            ChangeStreamDocument<Document> change =
                    Publishers.first(orders.watch().startAtOperationTime(before));

            assertThat(change.getFullDocument()).isEqualTo(new Document("_id", 1));
        }

        @Test
        void keepsItsDataAndPortWhenKilledAndRestarted() {
            Publishers.await(orders.insertOne(new Document("_id", 1)));
            int port = servers.port(0);

            servers.kill(0);
            servers.restart(0);
            servers.awaitPrimary(ELECTION);

            assertThat(servers.port(0)).isEqualTo(port);
            assertThat(Publishers.first(orders.countDocuments())).isEqualTo(1);
        }

        @Test
        void waitsForTheEndOfATerminatedMemberBeforeItRestarts() {
            long first = servers.processId(0);

            servers.terminate(0);
            servers.restart(0);

            assertThat(ProcessHandle.of(first)).isEmpty();
            assertThat(servers.awaitPrimary(ELECTION)).isZero();
        }

        @Test
        void answersNobodyWhileFrozenAndGoesOnWhenThawed() {
            servers.freeze(0);

            assertThatThrownBy(() -> Publishers.first(orders.countDocuments(), Duration.ofMillis(500)))
                    .isInstanceOf(TestServerException.class);
            assertThatThrownBy(() -> servers.awaitPrimary(Duration.ofMillis(500)))
                    .isInstanceOf(TestServerException.class)
                    .hasMessage(
                            "The set has had no primary for PT0.5S: 0 of 1 members can answer, and a majority is needed."
                                    + " Restart or thaw members.");

            servers.thaw(0);
            assertThat(Publishers.first(orders.countDocuments())).isZero();
        }

        @Test
        void failsTheCommandsOfAFailPointUntilItIsCleared() {
            servers.setFailPoint(BsonDocument.parse("{configureFailPoint: 'failCommand', mode: 'alwaysOn',"
                    + " data: {failCommands: ['insert'], errorCode: 8000}}"));

            assertThatThrownBy(() -> Publishers.await(orders.insertOne(new Document())))
                    .hasMessageContaining("8000");

            servers.clearFailPoint("failCommand");
            assertThatCode(() -> Publishers.await(orders.insertOne(new Document())))
                    .doesNotThrowAnyException();
        }

        @Test
        void isPrimaryAgainAfterASteppingDown() {
            servers.stepDown();

            assertThat(servers.awaitPrimary(ELECTION)).isZero();
        }

        @Test
        void leavesNoProcessAndNoFolderWhenClosed() {
            long process = servers.processId(0);
            Path folder = servers.folder();

            servers.close();
            servers.close();

            assertThat(ProcessHandle.of(process)).isEmpty();
            assertThat(folder).doesNotExist();
        }

        @Test
        void leavesNothingWhenClosedWhileFrozen() {
            servers.freeze(0);

            servers.close();

            assertThat(ProcessHandle.of(servers.processId(0))).isEmpty();
            assertThat(servers.folder()).doesNotExist();
        }

        @Test
        void saysThatASignalNeedsARunningMember() {
            servers.kill(0);

            assertThatThrownBy(() -> servers.freeze(0))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("mongod 0 is not running, so SIGSTOP cannot be sent. Call restart(0) first.");
        }
    }

    @Nested
    class WithThreeMembers {

        private static LocalReplicaSet servers;
        private static MongoClient client;

        @BeforeAll
        static void start() {
            servers =
                    LocalReplicaSet.builder().members(3).oplogSizeMegabytes(16).start();
            client = MongoClients.create(servers.connectionString());
        }

        @AfterAll
        static void close() {
            client.close();
            servers.close();
        }

        @Test
        void electsAnotherPrimaryWhenOneIsKilled() {
            int killed = servers.primary();

            servers.kill(killed);

            assertThat(servers.awaitPrimary(ELECTION)).isNotEqualTo(killed);
            servers.restart(killed);
            servers.awaitMembers(ELECTION);
        }

        @Test
        void electsAnotherPrimaryWhenOneIsFrozen() {
            int frozen = servers.primary();

            servers.freeze(frozen);

            assertThat(servers.awaitPrimary(ELECTION)).isNotEqualTo(frozen);
            servers.thaw(frozen);
            servers.awaitMembers(ELECTION);
        }

        @Test
        void handsOverWhenThePrimaryStepsDown() {
            int before = servers.primary();

            servers.stepDown();

            assertThat(servers.awaitPrimary(ELECTION)).isNotEqualTo(before);
            servers.awaitMembers(ELECTION);
        }

        @Test
        void takesMajorityWritesFromAClientOfTheWholeSet() {
            MongoCollection<Document> orders = client.getDatabase("shop").getCollection("orders");

            Publishers.await(orders.insertOne(new Document("_id", 1)));

            assertThat(Publishers.first(orders.countDocuments())).isEqualTo(1);
        }
    }

    @Nested
    class InOtherShapes {

        @Test
        void aStandaloneServerRejectsChangeStreams() {
            try (LocalReplicaSet server = LocalReplicaSet.builder().standalone().start();
                    MongoClient client = MongoClients.create(server.connectionString())) {
                assertThatThrownBy(() -> Publishers.first(client.watch()))
                        .isInstanceOfSatisfying(
                                MongoCommandException.class,
                                failure -> assertThat(failure.getCode()).isEqualTo(40573));
            }
        }

        @Test
        void authenticationDeniesWhatAUserMayNot() {
            try (LocalReplicaSet servers = LocalReplicaSet.builder()
                            .authentication("root", "p@ss: word")
                            .start();
                    MongoClient client = MongoClients.create(servers.connectionString())) {
                Publishers.await(
                        client.getDatabase("shop").getCollection("orders").insertOne(new Document()));
                servers.runAdmin(
                        new Document("createUser", "nobody").append("pwd", "x").append("roles", List.of()));
                String asNobody = servers.connectionString().replaceFirst("//.*@", "//nobody:x@");
                assertDenied(asNobody);
            }
        }

        private void assertDenied(String uri) {
            try (MongoClient client = MongoClients.create(uri)) {
                assertThatThrownBy(() ->
                                Publishers.first(client.getDatabase("shop").watch()))
                        .isInstanceOfSatisfying(
                                MongoCommandException.class,
                                failure -> assertThat(failure.getCode()).isEqualTo(13));
            }
        }

        @Test
        void parametersReachTheServer() {
            try (LocalReplicaSet servers = LocalReplicaSet.builder()
                    .parameter("cursorTimeoutMillis", "1234")
                    .start()) {
                Document answer = servers.runAdmin(new Document("getParameter", 1).append("cursorTimeoutMillis", 1));
                assertThat(((Number) answer.get("cursorTimeoutMillis")).longValue())
                        .isEqualTo(1234);
            }
        }

        @Test
        void theSharedServerIsOneForAll() {
            assertThat(TestServer.connectionString()).isEqualTo(TestServer.connectionString());
            assertThat(Publishers.first(
                            TestServer.newDatabase().getCollection("orders").countDocuments()))
                    .isZero();
        }

        /** A JVM that is killed gets no chance to clean up: the reaper does it. */
        @Test
        void leavesNothingWhenItsJvmIsKilled() throws IOException {
            Process jvm = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "-cp",
                            System.getProperty("java.class.path"),
                            KilledJvm.class.getName())
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            String[] facts = line(jvm.getInputStream()).split(" ", 2);

            assertThat(ProcessHandle.of(Long.parseLong(facts[0]))).isPresent();
            jvm.destroyForcibly();

            await().atMost(Duration.ofMinutes(1)).untilAsserted(() -> {
                assertThat(ProcessHandle.of(Long.parseLong(facts[0]))).isEmpty();
                assertThat(Path.of(facts[1])).doesNotExist();
            });
        }

        private String line(InputStream output) throws IOException {
            StringBuilder line = new StringBuilder();
            for (int next = output.read(); next >= 0 && next != '\n'; next = output.read()) {
                line.append((char) next);
            }
            return line.toString();
        }
    }

    static final class KilledJvm {

        public static void main(String[] arguments) throws IOException {
            LocalReplicaSet servers = LocalReplicaSet.start();
            System.out.write((servers.processId(0) + " " + servers.folder() + "\n").getBytes(StandardCharsets.UTF_8));
            System.out.flush();
            System.in.read();
        }
    }

    @Nested
    class WithoutAServer {

        @Test
        void namesTheRemedyWhenAMongodDoesNotStart() {
            assertThatThrownBy(() -> LocalReplicaSet.builder()
                            .arguments("--noSuchOption")
                            .start())
                    .isInstanceOf(TestServerException.class)
                    .hasMessageStartingWith("Cannot start mongod 0 on port ")
                    .hasMessageContaining(": it ended at once. Check its arguments [")
                    .hasMessageContaining("noSuchOption");
        }

        @Test
        void namesTheRemedyWhenTheGivenMongodIsMissing() {
            assertThatThrownBy(() -> LocalReplicaSet.builder()
                            .mongod(Path.of("/no/such/mongod"))
                            .start())
                    .isInstanceOf(TestServerException.class)
                    .hasMessageStartingWith("Cannot start mongod /no/such/mongod: ")
                    .hasMessageEndingWith("Set CHANGEWATCH_MONGOD to the path of a mongod that runs here.");
        }
    }
}
