package io.changewatch.it;

import static io.changewatch.it.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.mongodb.ConnectionString;
import com.mongodb.MongoClientSettings;
import com.mongodb.MongoTimeoutException;
import io.changewatch.ChangeWatcher;
import io.changewatch.ConfigurationException;
import io.changewatch.WatcherState;
import io.changewatch.testkit.LocalReplicaSet;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import javax.net.ssl.SSLContext;
import org.bson.BsonDocument;
import org.bson.Document;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Certificates of a server that a client does not accept, and that are exchanged. */
class TlsIT {
    private static final Duration SOON = Duration.ofSeconds(6);
    private static final String REMEDY =
            "The client does not accept the server's certificate: it has expired, it is signed by an authority that the client "
                    + "does not trust, or it is made out to another host; the words above tell which. Renew it, give the "
                    + "client an SSLContext that trusts the authority, or connect by a host name of the certificate.";

    @TempDir
    private static Path folder;

    private static TestCertificates certificates;
    private static String valid;
    private static Path certificate;
    private static LocalReplicaSet server;

    @BeforeAll
    static void startServer() throws IOException {
        certificates = new TestCertificates(folder);
        valid = certificates.server();
        certificate = Files.writeString(folder.resolve("server.pem"), valid);
        server = LocalReplicaSet.builder()
                .arguments("--tlsMode", "preferTLS") // the test kit's own connections do without
                .arguments("--tlsCertificateKeyFile", certificate.toString())
                .arguments("--tlsCAFile", certificates.authority().toString())
                .arguments("--tlsAllowConnectionsWithoutCertificates")
                .start();
    }

    @AfterAll
    static void stopServer() {
        server.close();
    }

    @BeforeEach
    void useAValidCertificate() throws IOException {
        rotate(valid);
    }

    private static void rotate(String pem) throws IOException {
        Files.writeString(certificate, pem);
        server.runAdmin(new Document("rotateCertificates", 1));
    }

    @Test
    @DisplayName("row 47: the authority of the certificate is unknown")
    void saysAtTheStartThatTheAuthorityIsUnknown() throws Exception {
        expectFailure("127.0.0.1", SSLContext.getDefault(), "unable to find valid certification path");
    }

    @Test
    @DisplayName("row 47: the certificate is another host's")
    void saysAtTheStartThatTheCertificateIsAnotherHosts() throws Exception {
        expectFailure("localhost", certificates.trusting(), "No name matching localhost found");
    }

    @Test
    @DisplayName("row 47: the certificate has expired")
    void saysAtTheStartThatTheCertificateHasExpired() throws Exception {
        String expiring = certificates.serverThatExpiresIn(SOON);
        rotate(expiring);
        eventually(() -> TestCertificates.isExpired(expiring));

        expectFailure("127.0.0.1", certificates.trusting(), "CertificateExpiredException");
    }

    private static void expectFailure(String host, SSLContext trust, String words) {
        ChangeWatcher watcher = ChangeWatcher.connect(settings(host, trust))
                .collection("shop", "orders")
                .name("w")
                .onEvent(event -> {})
                .build();

        assertThatThrownBy(watcher::start)
                .isInstanceOf(ConfigurationException.class)
                .hasMessageStartingWith("Cannot watch shop.orders (watcher 'w'): ")
                .hasMessageContaining(words)
                .hasMessageEndingWith(REMEDY + " diagnose() on the builder tells more.");
        assertThat(watcher.state()).isEqualTo(WatcherState.FAILED);
    }

    @Test
    @DisplayName("row 47: the certificate expires and is exchanged while the watcher runs")
    void goesOnWhenAnExpiredCertificateIsExchanged() throws Exception {
        String expiring = certificates.serverThatExpiresIn(SOON);
        rotate(expiring);
        MongoClientSettings settings = settings("127.0.0.1", certificates.trusting());
        try (WatchedOrders orders = WatchedOrders.start(settings, server.connectionString(), watcher -> watcher)) {
            eventually(() -> TestCertificates.isExpired(expiring));
            breakConnections();
            eventually(() -> orders.troubles().stream().anyMatch(TlsIT::isExpiredCertificate));
            assertThat(orders.watcher().state()).isEqualTo(WatcherState.RECOVERING);
            rotate(valid);

            orders.expectAllInOrderOnce();
        }
    }

    @Test
    @DisplayName("row 47: the certificate is exchanged in time")
    void noticesNothingOfACertificateThatIsExchangedInTime() throws Exception {
        MongoClientSettings settings = settings("127.0.0.1", certificates.trusting());
        try (WatchedOrders orders = WatchedOrders.start(settings, server.connectionString(), watcher -> watcher)) {
            rotate(certificates.server());
            breakConnections();
            eventually(() -> orders.reconnects() == 1);

            orders.expectAllInOrderOnce();
        }
    }

    private static boolean isExpiredCertificate(Throwable trouble) {
        return trouble instanceof MongoTimeoutException && trouble.getMessage().contains("CertificateExpiredException");
    }

    /** The server closes the connection of the next getMore, and with it the driver all of its own to that server. */
    private static void breakConnections() {
        server.setFailPoint(BsonDocument.parse("{configureFailPoint: 'failCommand', mode: {times: 1}, data: {appName: '"
                + WatchedOrders.APPLICATION + "', failCommands: ['getMore'], closeConnection: true}}"));
    }

    private static MongoClientSettings settings(String host, SSLContext trust) {
        return MongoClientSettings.builder()
                .applyConnectionString(new ConnectionString("mongodb://" + host + ":" + server.port(0)
                        + "/?directConnection=true&tls=true&serverSelectionTimeoutMS=2000"))
                .applyToSslSettings(tls -> tls.context(trust))
                .build();
    }
}
