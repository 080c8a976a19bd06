package io.changewatch.internal.engine;

import static io.changewatch.internal.engine.Errors.command;
import static io.changewatch.internal.engine.Errors.labelled;
import static io.changewatch.internal.engine.Errors.saying;
import static io.changewatch.internal.engine.Events.insert;
import static io.changewatch.internal.engine.Events.time;
import static io.changewatch.internal.engine.Events.token;
import static org.assertj.core.api.Assertions.assertThat;

import com.mongodb.MongoClientException;
import com.mongodb.MongoConfigurationException;
import com.mongodb.MongoConnectionPoolClearedException;
import com.mongodb.MongoCredential;
import com.mongodb.MongoCursorNotFoundException;
import com.mongodb.MongoException;
import com.mongodb.MongoIncompatibleDriverException;
import com.mongodb.MongoNodeIsRecoveringException;
import com.mongodb.MongoNotPrimaryException;
import com.mongodb.MongoOperationTimeoutException;
import com.mongodb.MongoSecurityException;
import com.mongodb.MongoServerUnavailableException;
import com.mongodb.MongoSocketException;
import com.mongodb.MongoSocketReadException;
import com.mongodb.MongoSocketWriteException;
import com.mongodb.MongoTimeoutException;
import com.mongodb.ServerAddress;
import com.mongodb.connection.ClusterConnectionMode;
import com.mongodb.connection.ClusterDescription;
import com.mongodb.connection.ClusterId;
import com.mongodb.connection.ClusterType;
import com.mongodb.connection.ServerId;
import io.changewatch.ConfigurationException;
import io.changewatch.InvalidResumeTokenException;
import io.changewatch.StartPosition;
import io.changewatch.StreamFailedException;
import io.changewatch.WatcherState;
import io.changewatch.internal.source.ClientClosedException;
import io.changewatch.internal.source.StalledStreamException;
import io.changewatch.observe.WatcherListener.Reconnecting;
import io.changewatch.observe.WatcherListener.StateChanged;
import io.changewatch.retry.RetryPolicy;
import java.security.cert.CertPathValidatorException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import javax.net.ssl.SSLHandshakeException;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.bson.BsonString;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The failure table of docs/ARCHITECTURE.md, row by row, but for those that have a test class of their own. */
final class FailureTableTest {
    private final WatchSetup setup = new WatchSetup();

    @Nested
    class Transient {

        @ParameterizedTest
        @ValueSource(
                ints = {
                    6, 7, 8, 43, 50, 63, 89, 91, 112, 133, 136, 150, 175, 189, 216, 234, 237, 262, 290, 9001, 10107,
                    11600, 11601, 11602, 13388, 13435, 13436
                })
        void codesAreReadOnFromTheLastPosition(int code) throws InterruptedException {
            readsOnAfter(command(code));
        }

        @ParameterizedTest
        @ValueSource(strings = {"ResumableChangeStreamError", "TransientTransactionError"})
        void labelsAreReadOnFromTheLastPosition(String label) throws InterruptedException {
            readsOnAfter(labelled(command(424_242), label));
        }

        @ParameterizedTest
        @MethodSource("io.changewatch.internal.engine.FailureTableTest#driverErrors")
        void errorsOfTheDriverAreReadOnFromTheLastPosition(RuntimeException error) throws InterruptedException {
            readsOnAfter(error);
        }

        @ParameterizedTest
        @ValueSource(ints = {11, 13, 18})
        void privilegesThatAreRevokedLaterAreAnOutage(int code) throws InterruptedException {
            readsOnAfter(command(code));
        }

        @Test
        void aHostNameThatNoLongerResolvesIsAnOutage() throws InterruptedException {
            readsOnAfter(unknownHost());
        }

        @Test
        void credentialsThatAreRefusedLaterAreAnOutage() throws InterruptedException {
            readsOnAfter(badCredentials());
        }

        @Test
        void aConfigurationThatWorkedBeforeIsAnOutage() throws InterruptedException {
            readsOnAfter(new MongoConfigurationException("Failed looking up SRV record"));
        }

        private void readsOnAfter(RuntimeException error) throws InterruptedException {
            setup.server.opens().batch(insert(101), insert(102)).fails(error);
            setup.server.opens().batch(insert(103));
            setup.run();

            assertThat(setup.handledTimes()).containsExactly(101, 102, 103);
            assertThat(setup.server.opened()).containsExactly(StartPosition.now(), StartPosition.after(token(102)));
            assertThat(setup.time.delays()).containsExactly(Duration.ofMillis(100));
            assertThat(setup.listener.all(Reconnecting.class))
                    .containsExactly(new Reconnecting("orders", 1, Duration.ofMillis(100), error));
        }
    }

    static Stream<RuntimeException> driverErrors() {
        ServerAddress address = new ServerAddress("db1.example", 27017);
        BsonDocument reply = new BsonDocument("ok", new BsonInt32(0)).append("errmsg", new BsonString("moved"));
        ClusterDescription cluster =
                new ClusterDescription(ClusterConnectionMode.MULTIPLE, ClusterType.UNKNOWN, List.of());
        return Stream.of(
                new StalledStreamException("A getMore has not been answered."),
                new MongoSocketException("closed", address),
                new MongoSocketReadException("closed", address),
                new MongoTimeoutException("No server chosen; known are " + cluster),
                new MongoOperationTimeoutException("Out of time"),
                new MongoServerUnavailableException("The pool is closed"),
                new MongoConnectionPoolClearedException(new ServerId(new ClusterId(), address), null),
                new MongoNotPrimaryException(reply, address),
                new MongoNodeIsRecoveringException(reply, address),
                new MongoCursorNotFoundException(7, reply, address),
                new MongoClientException("wrapped", new MongoSocketException("closed", address)));
    }

    private static MongoTimeoutException unknownHost() {
        return new MongoTimeoutException(
                "Timed out; servers=[{address=nowhere.example:27017, exception={com.mongodb.MongoSocketException: "
                        + "nowhere.example}, caused by {java.net.UnknownHostException: nowhere.example}}]");
    }

    /** As the driver reports them: by the text of a server selection, and by the cause of a connection. */
    static Stream<MongoException> untrustedCertificates() {
        String broken =
                "Timed out; servers=[{address=db1.example:27017, exception={com.mongodb.MongoSocketWriteException: "
                        + "Exception sending message}, caused by {javax.net.ssl.SSLHandshakeException: ";
        CertPathValidatorException invalid = new CertPathValidatorException("validity check failed");
        return Stream.of(
                new MongoTimeoutException(
                        broken + "PKIX path building failed: sun.security.provider.certpath."
                                + "SunCertPathBuilderException: unable to find valid certification path to requested target}}]"),
                new MongoTimeoutException(broken + "PKIX path validation failed}, caused by "
                        + "{java.security.cert.CertificateExpiredException: NotAfter: Mon May 04 2026}}]"),
                new MongoSocketWriteException(
                        "Exception sending message",
                        new ServerAddress(),
                        new SSLHandshakeException("PKIX path validation failed").initCause(invalid)));
    }

    @ParameterizedTest
    @MethodSource("untrustedCertificates")
    void aCertificateThatIsNotTrustedLaterIsAnOutage(MongoException error) {
        assertThat(FailureClassifier.classify(error, true, true)).isEqualTo(FailureKind.TRANSIENT);
    }

    @Test
    void aConnectionThatBreaksDuringTheAuthenticationIsAnOutage() {
        for (MongoException cause : List.of(new MongoSocketException("broken", new ServerAddress()), command(91))) {
            MongoSecurityException broken = new MongoSecurityException(
                    MongoCredential.createCredential("reader", "admin", new char[0]),
                    "Exception authenticating",
                    cause);

            assertThat(FailureClassifier.classify(broken, false, false)).isEqualTo(FailureKind.TRANSIENT);
        }
    }

    private static MongoSecurityException badCredentials() {
        return new MongoSecurityException(
                MongoCredential.createCredential("anna", "admin", "secret".toCharArray()), "Exception authenticating");
    }

    @Nested
    class Misconfigured {

        @ParameterizedTest
        @CsvSource(
                delimiter = '|',
                value = {
                    "40573 | The server is not part of a replica set, and only those have change streams. Start mongod with --replSet and run rs.initiate(); one node is enough.",
                    "13 | Grant the user of the connection the actions changeStream and find on shop.orders.",
                    "18 | The user name, the password or the authentication database is wrong. Correct the credentials in the connection string; check authSource.",
                    "11 | The user name, the password or the authentication database is wrong. Correct the credentials in the connection string; check authSource.",
                    "73 | Collections of admin, config and local, and system collections, cannot be watched. Watch another namespace, or the whole cluster.",
                    "166 | shop.orders is a view, and views have no change stream. Watch the collection below it.",
                    "20 | A stage of the pipeline is not allowed in a change stream. Allowed are $match, $project, $addFields, $set, $unset, $replaceRoot, $replaceWith and $redact.",
                    "40324 | A stage of the pipeline is not allowed in a change stream. Allowed are $match, $project, $addFields, $set, $unset, $replaceRoot, $replaceWith and $redact.",
                    "47 | The pre- or post-image of a change does not exist. Switch images on with collMod changeStreamPreAndPostImages, keep them longer, or choose WHEN_AVAILABLE instead of REQUIRED.",
                    "40415 | The server does not know an option of this watcher. Leave the option out, or use a newer server.",
                    "9 | The server refuses the stream as it is configured; the cause has its words. Correct the pipeline or the options."
                })
        void failsAtTheStartWithTheRemedy(int code, String remedy) throws InterruptedException {
            failsAtTheStart(command(code, "TheName"), "error " + code + " TheName", remedy);
        }

        @Test
        void anUnknownHostFailsAtTheStart() throws InterruptedException {
            failsAtTheStart(
                    unknownHost(),
                    "MongoTimeoutException: " + unknownHost().getMessage(),
                    "No host of the connection string can be resolved. Correct the host name, or the machine's DNS.");
        }

        @ParameterizedTest
        @MethodSource("io.changewatch.internal.engine.FailureTableTest#untrustedCertificates")
        void aCertificateThatIsNotTrustedFailsAtTheStart(MongoException error) throws InterruptedException {
            failsAtTheStart(
                    error,
                    error.getClass().getSimpleName() + ": " + error.getMessage(),
                    "The client does not accept the server's certificate: it has expired, it is signed by an authority that "
                            + "the client does not trust, or it is made out to another host; the words above tell which. "
                            + "Renew it, give the client an SSLContext that trusts the authority, or connect by a host name "
                            + "of the certificate.");
        }

        @Test
        void badCredentialsFailAtTheStart() throws InterruptedException {
            failsAtTheStart(
                    badCredentials(),
                    "MongoSecurityException: Exception authenticating",
                    "The user name, the password or the authentication database is wrong. Correct the credentials in the "
                            + "connection string; check authSource.");
        }

        @Test
        void anIncompatibleServerFailsAtTheStart() throws InterruptedException {
            ClusterDescription cluster =
                    new ClusterDescription(ClusterConnectionMode.SINGLE, ClusterType.UNKNOWN, List.of());
            failsAtTheStart(
                    new MongoIncompatibleDriverException("too old", cluster),
                    "MongoIncompatibleDriverException: too old",
                    "The server refuses the stream as it is configured; the cause has its words. Correct the pipeline or the "
                            + "options.");
        }

        private void failsAtTheStart(RuntimeException error, String described, String remedy)
                throws InterruptedException {
            setup.server.refuses(error);
            Throwable failure = setup.runToFailure();

            assertThat(failure)
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessage("Cannot watch shop.orders (watcher 'orders'): " + described + ". " + remedy
                            + " diagnose() on the builder tells more.")
                    .hasCause(error);
            assertThat(setup.server.opened()).hasSize(1);
            assertThat(setup.listener.states()).containsExactly(WatcherState.STARTING, WatcherState.FAILED);
        }

        @Test
        void anIllegalOptionFailsAtRunTimeToo() throws InterruptedException {
            setup.server.opens().batch(insert(101)).fails(command(20, "IllegalOperation"));

            assertThat(setup.runToFailure())
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessageStartingWith("Cannot watch shop.orders (watcher 'orders'): error 20 IllegalOperation. ");
        }
    }

    @Nested
    class InvalidToken {

        /** A token is not to be thrown away for a mistake in a stage. */
        @ParameterizedTest
        @CsvSource({
            "9, Unknown $jsonSchema keyword: bogus",
            "14, $jsonSchema keyword 'required' must be an array",
            "168, Invalid $addFields :: caused by :: Unrecognized expression '$bogus'",
            "31254, Invalid $project :: caused by :: Cannot do exclusion on field b in inclusion projection"
        })
        void isNotBlamedForAStage(int code, String words) throws InterruptedException {
            setup.store(MemoryStore.holding(WatchSetup.checkpoint(token(50), time(50))));
            setup.server.refuses(saying(code, "TheName", words));

            assertThat(setup.runToFailure())
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessageContaining("Correct the pipeline or the options.");
        }

        @ParameterizedTest
        @ValueSource(ints = {260, 9, 14, 15, 40647, 40648, 40649, 50793, 50795, 50811, 50816})
        void namesTheStoreAndTheCheckpoint(int code) throws InterruptedException {
            setup.store(MemoryStore.holding(WatchSetup.checkpoint(token(50), time(50))));
            setup.server.refuses(saying(code, "TheName", "resume token string was not a valid hex string"));

            assertThat(setup.runToFailure())
                    .isInstanceOf(InvalidResumeTokenException.class)
                    .hasMessage(
                            "Cannot resume watcher 'orders': the server refuses the resume token of the checkpoint 'orders' "
                                    + "in MemoryStore (error " + code
                                    + " TheName). It is damaged or belongs to another stream. "
                                    + "Restore the checkpoint 'orders' in MemoryStore, or delete it and choose "
                                    + "startFrom(StartPosition.at(...)) with a time before the last handled event."
                                    + " diagnose() on the builder tells more.");
            assertThat(setup.server.opened()).containsExactly(StartPosition.after(token(50)));
        }

        @Test
        void namesTheOptionWhereThereIsNoStore() throws InterruptedException {
            setup.startFrom(StartPosition.after(token(50))).server.refuses(command(260, "InvalidResumeToken"));

            assertThat(setup.runToFailure())
                    .isInstanceOf(InvalidResumeTokenException.class)
                    .hasMessageStartingWith(
                            "Cannot resume watcher 'orders': the server refuses the resume token of the token "
                                    + "given to startFrom(...) (error 260 InvalidResumeToken).");
        }
    }

    @Nested
    class Unknown {

        @Test
        void isTriedForABoundedTime() throws InterruptedException {
            MongoException error = command(4_242, "Unheard");
            for (int i = 0; i < 100; i++) {
                setup.server.refuses(error);
            }
            Throwable failure = setup.runToFailure();

            assertThat(failure)
                    .isInstanceOf(StreamFailedException.class)
                    .hasMessage(
                            "Watcher 'orders' on shop.orders stopped: error 4242 Unheard is none that ChangeWatch knows, and "
                                    + "it has come back for PT2M. Its cause has the server's words. Start the watcher again when that is "
                                    + "mended.")
                    .hasCause(error);
            assertThat(setup.time.getAsLong()).isBetween(seconds(120), seconds(130));
        }

        @Test
        void mayPass() throws InterruptedException {
            setup.server.opens().batch(insert(101)).fails(new IllegalArgumentException("odd"));
            setup.server.opens().batch(insert(102));
            setup.run();

            assertThat(setup.handledTimes()).containsExactly(101, 102);
        }

        @Test
        void anOutageBetweenTwoDoesNotCount() throws InterruptedException {
            setup.server.refuses(command(4_242));
            for (int i = 0; i < 30; i++) {
                setup.server.refuses(Errors.network());
            }
            setup.server.refuses(command(4_242));
            setup.server.opens().batch(insert(101));
            setup.run();

            assertThat(setup.time.getAsLong()).isGreaterThan(seconds(180));
            assertThat(setup.handledTimes()).containsExactly(101);
        }

        @Test
        void isNotTriedForEverBecauseOutagesComeBetween() throws InterruptedException {
            for (int i = 0; i < 200; i++) {
                setup.server.refuses(command(4_242)).refuses(command(4_242));
                setup.server.refuses(Errors.network());
            }

            assertThat(setup.runToFailure()).isInstanceOf(StreamFailedException.class);
            assertThat(setup.time.getAsLong()).isBetween(seconds(120), seconds(600));
        }

        @Test
        void isTriedForThatTimeAlsoBehindALongOutage() throws InterruptedException {
            for (int i = 0; i < 30; i++) {
                setup.server.refuses(Errors.network());
            }
            setup.server.refuses(command(4_242));
            setup.server.opens().batch(insert(101));
            setup.run();

            assertThat(setup.time.getAsLong()).isGreaterThan(seconds(180));
            assertThat(setup.handledTimes()).containsExactly(101);
        }

        @Test
        void isNotTriedOftenerThanThePolicyAllows() throws InterruptedException {
            setup.retry(RetryPolicy.never()).server.refuses(command(4_242, "Unheard"));

            assertThat(setup.runToFailure())
                    .isInstanceOf(StreamFailedException.class)
                    .hasMessageContaining("the retry policy gave up (failed attempts: 1)");
        }

        private static long seconds(int seconds) {
            return Duration.ofSeconds(seconds).toNanos();
        }
    }

    @Test
    void aClientClosedUnderTheWatcherEndsIt() throws InterruptedException {
        ClientClosedException error = new ClientClosedException(new IllegalStateException("state should be: open"));
        setup.server.opens().batch(insert(101)).fails(error);

        assertThat(setup.runToFailure())
                .isInstanceOf(StreamFailedException.class)
                .hasMessage(
                        "Watcher 'orders' stopped: its MongoClient was closed while it was running. Close watchers before "
                                + "their client.")
                .hasCause(error);
        assertThat(setup.time.delays()).isEmpty();
    }

    @Test
    void aPolicyThatGivesUpEndsTheWatcher() throws InterruptedException {
        setup.retry(RetryPolicy.exponential(Duration.ofMillis(10), Duration.ofMillis(10))
                .maxAttempts(3));
        setup.server.refuses(command(91, "A")).refuses(command(91, "B")).refuses(command(91, "ShutdownInProgress"));

        assertThat(setup.runToFailure())
                .isInstanceOf(StreamFailedException.class)
                .hasMessage(
                        "Watcher 'orders' on shop.orders stopped: the retry policy gave up (failed attempts: 3), the "
                                + "last with: error 91 ShutdownInProgress. Choose a retry(...) that tries longer, or start the watcher "
                                + "again when the server is back.");
    }

    @Test
    void noMessageQuotesTheServersText() throws InterruptedException {
        setup.server.refuses(command(40573));

        assertThat(setup.runToFailure().getMessage()).doesNotContain("secret");
    }

    @Test
    void theFailureIsTheStatesCause() throws InterruptedException {
        setup.server.refuses(command(40573));
        Throwable failure = setup.runToFailure();

        assertThat(setup.listener.all(StateChanged.class))
                .last()
                .satisfies(notice -> assertThat(notice.cause()).isEqualTo(Optional.of(failure)));
    }
}
