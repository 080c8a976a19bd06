package io.changewatch.examples.orders;

import static org.assertj.core.api.Assertions.assertThat;

import io.changewatch.testkit.Publishers;
import io.changewatch.testkit.TestServer;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Map;
import java.util.regex.Pattern;
import org.bson.BsonDocument;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Orders over HTTP. */
final class OrderRoutesIT {
    private final String database = TestServer.newDatabaseName();
    private OrdersApp app;

    @BeforeEach
    void start() {
        app = OrdersApp.start(Settings.of(TestServer.connectionString(), database, 0));
    }

    @AfterEach
    void stop() {
        app.close();
        Publishers.await(TestServer.client().getDatabase(database).drop());
    }

    private BsonDocument create(String user, long cents) throws Exception {
        HttpResponse<String> created =
                Http.send(app, "POST", "orders", "{\"userId\":\"" + user + "\",\"cents\":" + cents + "}");
        assertThat(created.statusCode()).isEqualTo(201);
        return BsonDocument.parse(created.body());
    }

    @Test
    void anOrderIsMadeShownAndChanged() throws Exception {
        BsonDocument order = create("ann", 4_200);
        String path = "orders/" + order.getString("id").getValue();
        assertThat(order.keySet()).containsExactly("id", "userId", "status", "cents", "version", "updatedAt");
        assertThat(BsonDocument.parse(Http.get(app, path).body())).isEqualTo(order);
        HttpResponse<String> changed = Http.send(app, "PATCH", path, "{\"status\":\"paid\",\"cents\":5000}");

        assertThat(changed.statusCode()).isEqualTo(200);
        assertThat(BsonDocument.parse(changed.body()))
                .containsEntry("status", new org.bson.BsonString("paid"))
                .containsEntry("cents", new org.bson.BsonInt32(5_000))
                .containsEntry("version", new org.bson.BsonInt32(2));
    }

    @Test
    void ordersAreListedByUserAndStatus() throws Exception {
        create("ann", 1);
        create("bob", 2);
        create("ann", 3);

        assertThat(Http.get(app, "orders").body()).contains("ann").contains("bob");
        assertThat(Http.get(app, "orders?userId=bob").body()).contains("bob").doesNotContain("ann");
        assertThat(Http.get(app, "orders?status=paid").body()).isEqualTo("[]");
        assertThat(Http.get(app, "orders?limit=1&userId=ann").body()).containsOnlyOnce("userId");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "nonsense | {\"error\":\"The body is not JSON. Send an object such as {\\\"status\\\": \\\"paid\\\"}.\",\"fields\":{}}",
                "[1] | {\"error\":\"The body must be a JSON object, such as {\\\"status\\\": \\\"paid\\\"}.\",\"fields\":{}}",
                "{} | {\"error\":\"Nothing to change. Send status, cents or both.\",\"fields\":{}}",
                "{\"status\":\"lost\",\"cents\":-1} | {\"error\":\"This cannot be taken as it is.\",\"fields\":{\"cents\":\"must be a whole number from 1 to 100000000\",\"status\":\"must be one of open, paid, packed, shipped, delivered, cancelled\"}}",
                "{\"userId\":\"eve\"} | {\"error\":\"This cannot be taken as it is.\",\"fields\":{\"userId\":\"is not a field that can be set here; these can: cents, status\"}}",
                "{\"cents\":1.5} | {\"error\":\"This cannot be taken as it is.\",\"fields\":{\"cents\":\"must be a whole number from 1 to 100000000\"}}",
            })
    void badInputIsExplained(String body, String answer) throws Exception {
        String id = create("ann", 1).getString("id").getValue();
        HttpResponse<String> refused = Http.send(app, "PATCH", "orders/" + id, body);

        assertThat(refused.statusCode()).isEqualTo(400);
        assertThat(refused.body()).isEqualTo(answer);
    }

    @Test
    void whatIsNotThereIsSaidSo() throws Exception {
        assertThat(Http.get(app, "orders/none").statusCode()).isEqualTo(404);
        assertThat(Http.get(app, "orders/none").body()).isEqualTo("{\"error\":\"There is no order 'none'.\"}");
        assertThat(Http.send(app, "PATCH", "orders/none", "{\"cents\":1}").statusCode())
                .isEqualTo(404);
        assertThat(Http.get(app, "orders?limit=many").statusCode()).isEqualTo(400);
        assertThat(Http.get(app, "orders?limit=many").body())
                .isEqualTo("{\"error\":\"limit must be a whole number from 1 to 500.\",\"fields\":{}}");
    }

    @Test
    void aUserSeesTheirOwnOrdersOnly() throws Exception {
        String id = create("bob", 1).getString("id").getValue();
        try (OrdersApp guarded = OrdersApp.start(
                Settings.of(TestServer.connectionString(), database, 0).withUsers(Map.of("ann-token", "ann")))) {
            HttpRequest.Builder one = HttpRequest.newBuilder(Http.uri(guarded, "orders/" + id));
            HttpRequest.Builder all = HttpRequest.newBuilder(Http.uri(guarded, "orders?userId=bob"));

            assertThat(Http.send(one).statusCode()).isEqualTo(401);
            assertThat(Http.send(one.header("Authorization", "Bearer ann-token"))
                            .statusCode())
                    .isEqualTo(404);
            assertThat(Http.send(all.header("Authorization", "Bearer ann-token"))
                            .body())
                    .isEqualTo("[]");
        }
    }

    @Test
    void thePageNamesNoAssetFromElsewhere() throws Exception {
        String page = Http.get(app, "").body();

        assertThat(page).contains("Live orders").doesNotContain("@import");
        assertThat(Pattern.compile("(src|href)=\"(?!data:)").matcher(page).find())
                .isFalse();
    }

    @Test
    void theLoadIsSetAndTold() throws Exception {
        assertThat(Http.send(app, "PUT", "load", "{\"perSecond\":5}").body()).isEqualTo("{\"perSecond\":5}");
        assertThat(Http.get(app, "load").body()).isEqualTo("{\"perSecond\":5}");
        assertThat(Http.send(app, "PUT", "load", "{\"perSecond\":5000}").statusCode())
                .isEqualTo(400);
    }
}
