package io.changewatch.examples.orders;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.mongodb.client.model.changestream.FullDocument;
import com.mongodb.client.model.changestream.FullDocumentBeforeChange;
import com.mongodb.reactivestreams.client.MongoClient;
import io.changewatch.ChangeWatcher;
import io.changewatch.HandlerFailurePolicy;
import io.changewatch.event.ChangeEvent;
import io.changewatch.event.Delete;
import io.changewatch.event.Insert;
import io.changewatch.event.Replace;
import io.changewatch.event.Update;
import io.changewatch.push.FilterField;
import io.changewatch.push.LiveFeed;
import io.changewatch.push.LiveFeedBuilder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Builds the feed of order changes. */
final class OrderFeed {
    private static final ObjectMapper JSON = new ObjectMapper();

    private OrderFeed() {}

    /** A feed that is started with {@code start()}. */
    static LiveFeedBuilder<Order> of(MongoClient client, Settings settings) {
        Users users = new Users(settings.users());
        // @start region="feed"
        LiveFeedBuilder<Order> feed = LiveFeed.over(ChangeWatcher.of(client)
                        .collection(settings.database(), "orders", Order.class)
                        .name("order-updates")
                        .fullDocument(FullDocument.WHEN_AVAILABLE)
                        .fullDocumentBeforeChange(FullDocumentBeforeChange.WHEN_AVAILABLE)
                        .validate(Order::check)
                        .whenHandlerFails(HandlerFailurePolicy.skip()))
                .payload(OrderFeed::payload)
                .filters(
                        FilterField.documentOrBefore("userId"), FilterField.document("status"), FilterField.operation())
                .authenticate(users::of)
                .authorize(Users::maySee)
                .fetchAt(event ->
                        "/orders/" + event.documentKey().getString("_id").getValue());
        // @end
        settings.positionKey().ifPresent(key -> feed.positionKey(key.getBytes(StandardCharsets.UTF_8)));
        return feed.maxClientsPerPrincipal(10_000)
                .heartbeatEvery(Duration.ofSeconds(10))
                .deadAfter(Duration.ofSeconds(30));
    }

    /** What of an order leaves the process; the collection may hold more. */
    private static @Nullable String payload(ChangeEvent<Order> event) {
        if (event instanceof Insert<Order> insert) {
            return json(insert.document());
        }
        if (event instanceof Replace<Order> replace) {
            return json(replace.document());
        }
        if (event instanceof Update<Order> update) {
            return update.document().map(OrderFeed::json).orElse(null);
        }
        Optional<Order> deleted = event instanceof Delete<Order> delete ? delete.documentBefore() : Optional.empty();
        return deleted.map(OrderFeed::whatWas).orElse(null);
    }

    private static String whatWas(Order order) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("userId", order.userId());
        fields.put("version", order.version());
        return json(fields);
    }

    private static String json(Order order) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("userId", order.userId());
        fields.put("status", order.status());
        fields.put("cents", order.cents());
        fields.put("version", order.version());
        fields.put("updatedAt", order.updatedAt().toString());
        return json(fields);
    }

    private static String json(Map<String, Object> fields) {
        try {
            return JSON.writeValueAsString(fields);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e); // texts and numbers
        }
    }
}
