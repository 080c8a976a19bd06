package io.changewatch.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.mongodb.ConnectionString;
import com.mongodb.MongoClientSettings;
import com.mongodb.MongoSocketException;
import com.mongodb.reactivestreams.client.MongoClient;
import com.mongodb.reactivestreams.client.MongoClients;
import com.mongodb.reactivestreams.client.MongoCollection;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.bson.Document;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(90)
class TcpProxyIT {

    private static final int SILENCE_MILLISECONDS = 300;
    private static final Duration LIMIT = Duration.ofMinutes(1);

    @Nested
    class BeforeASocket {

        private ServerSocket server;
        private TcpProxy proxy;
        private Socket client;
        private Socket accepted;

        @BeforeEach
        void connect() throws IOException {
            server = new ServerSocket(0, 0, InetAddress.getLoopbackAddress());
            proxy = TcpProxy.to("127.0.0.1", server.getLocalPort());
            client = new Socket(InetAddress.getLoopbackAddress(), proxy.port());
            accepted = server.accept();
            send(client, "hello");
            assertThat(receive(accepted, 5)).isEqualTo("hello");
        }

        @AfterEach
        void close() throws IOException {
            proxy.close();
            server.close();
            client.close();
            accepted.close();
        }

        @Test
        void carriesBytesBothWaysAndTheEndOfTheStream() throws IOException {
            send(accepted, "world");
            assertThat(receive(client, 5)).isEqualTo("world");

            client.shutdownOutput();
            assertThat(accepted.getInputStream().read()).isEqualTo(-1);
            accepted.close();
            assertThat(client.getInputStream().read()).isEqualTo(-1);
            await().atMost(LIMIT).until(() -> proxy.connections() == 0);
        }

        @Test
        void resetsBothSides() {
            proxy.reset();

            assertThatThrownBy(() -> receive(client, 1)).isInstanceOf(SocketException.class);
            assertThatThrownBy(() -> receive(accepted, 1)).isInstanceOf(SocketException.class);
            assertThat(proxy.connections()).isZero();
        }

        @Test
        void freezesPresentConnectionsWhileNewOnesPass() throws IOException {
            proxy.freeze();

            send(accepted, "lost?");
            assertSilent(client);
            try (Socket second = new Socket(InetAddress.getLoopbackAddress(), proxy.port());
                    Socket secondAccepted = server.accept()) {
                send(second, "new");
                assertThat(receive(secondAccepted, 3)).isEqualTo("new");
            }

            proxy.resume();
            assertThat(receive(client, 5)).isEqualTo("lost?");
        }

        @Test
        void holdsBackEveryByteDuringAPause() throws IOException {
            proxy.pause();
            send(client, "later");
            assertSilent(accepted);

            proxy.resume();
            assertThat(receive(accepted, 5)).isEqualTo("later");
        }

        @Test
        void losesWhatABlackHoleSwallowed() throws IOException {
            proxy.swallow();
            send(client, "gone");
            assertSilent(accepted);

            proxy.resume();
            send(client, "here");
            assertThat(receive(accepted, 4)).isEqualTo("here");
        }

        @Test
        void cutsAReplyInItsMiddleOnce() throws IOException {
            proxy.cutAfter(3);
            send(accepted, "ab");
            assertThat(receive(client, 2)).isEqualTo("ab");

            send(accepted, "cd");

            assertThatThrownBy(() -> receive(client, 2)).isInstanceOf(IOException.class);
            try (Socket second = new Socket(InetAddress.getLoopbackAddress(), proxy.port());
                    Socket secondAccepted = server.accept()) {
                send(secondAccepted, "longer than three");
                assertThat(receive(second, 17)).isEqualTo("longer than three");
            }
        }

        @Test
        void delaysAMessage() throws IOException {
            proxy.latency(Duration.ofMillis(200));
            long before = System.nanoTime();

            send(accepted, "x");
            receive(client, 1);

            assertThat(Duration.ofNanos(System.nanoTime() - before)).isGreaterThanOrEqualTo(Duration.ofMillis(200));
        }

        @Test
        void endsItsThreadsWhenClosedDuringAFault() {
            proxy.pause();
            String ours = "changewatch-proxy-" + proxy.port() + "-";

            proxy.close();

            // The last of them may be on its way out still.
            await().atMost(LIMIT)
                    .untilAsserted(() -> assertThat(Thread.getAllStackTraces().keySet())
                            .noneMatch(thread -> thread.getName().startsWith(ours)));
        }

        private void assertSilent(Socket socket) throws IOException {
            socket.setSoTimeout(SILENCE_MILLISECONDS);
            assertThatThrownBy(() -> socket.getInputStream().read()).isInstanceOf(SocketTimeoutException.class);
            socket.setSoTimeout(0);
        }

        private void send(Socket socket, String text) throws IOException {
            socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
        }

        private String receive(Socket socket, int count) throws IOException {
            InputStream in = socket.getInputStream();
            byte[] bytes = in.readNBytes(count);
            if (bytes.length < count) {
                throw new IOException("ended after " + bytes.length + " bytes");
            }
            return new String(bytes, StandardCharsets.US_ASCII);
        }
    }

    @Nested
    class BeforeAServer {

        @Test
        void breaksAndHealsTheDirectConnectionOfAClient() {
            try (TcpProxy proxy = TcpProxy.to("127.0.0.1", portOf(TestServer.connectionString()));
                    MongoClient client = clientOf("mongodb://127.0.0.1:" + proxy.port() + "/?directConnection=true")) {
                MongoCollection<Document> orders =
                        client.getDatabase(TestServer.newDatabaseName()).getCollection("orders");
                Publishers.await(orders.insertOne(new Document("_id", 1)));

                proxy.pause();
                CompletableFuture<Long> count =
                        CompletableFuture.supplyAsync(() -> Publishers.first(orders.countDocuments()));
                proxy.reset();
                proxy.resume();

                await().atMost(LIMIT).until(count::isDone);
                assertThat(Publishers.first(orders.countDocuments())).isEqualTo(1);
            }
        }

        @Test
        void cutsALargeReplyOfAServer() {
            try (TcpProxy proxy = TcpProxy.to("127.0.0.1", portOf(TestServer.connectionString()));
                    MongoClient client = clientOf("mongodb://127.0.0.1:" + proxy.port() + "/?directConnection=true")) {
                MongoCollection<Document> orders =
                        client.getDatabase(TestServer.newDatabaseName()).getCollection("orders");
                Publishers.await(orders.insertOne(new Document("text", "x".repeat(1_000_000))));

                proxy.cutAfter(500_000);

                assertThatThrownBy(() -> Publishers.await(orders.find())).isInstanceOf(MongoSocketException.class);
                assertThat(Publishers.await(orders.find())).hasSize(1);
            }
        }

        @Test
        void carriesAClientOfAWholeSetThatIsKnownByItsProxies() {
            try (LocalReplicaSet servers =
                            LocalReplicaSet.builder().throughProxy().start();
                    MongoClient client = clientOf(servers.connectionString())) {
                MongoCollection<Document> orders = client.getDatabase("shop").getCollection("orders");
                Publishers.await(orders.insertOne(new Document("_id", 1)));
                assertThat(servers.proxy(0).connections()).isPositive();

                servers.proxy(0).freeze();
                assertThatThrownBy(() -> Publishers.first(orders.countDocuments(), Duration.ofMillis(500)))
                        .isInstanceOf(TestServerException.class);
                assertThat(servers.runAdmin(new Document("ping", 1)).get("ok")).isEqualTo(1.0);

                servers.proxy(0).resume();
                assertThat(Publishers.first(orders.countDocuments())).isEqualTo(1);
            }
        }

        private MongoClient clientOf(String uri) {
            return MongoClients.create(MongoClientSettings.builder()
                    .applyConnectionString(new ConnectionString(uri))
                    .retryReads(false)
                    .build());
        }

        private int portOf(String uri) {
            String host = new ConnectionString(uri).getHosts().get(0);
            return Integer.parseInt(host.substring(host.indexOf(':') + 1));
        }
    }
}
