package io.changewatch.examples.orders;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Sees to it, as a browser would, that a client which was cut off comes back without a gap. */
final class LiveCheck {
    private static final int PACE = 300;
    private static final int SECONDS = 3;
    private static final int SECONDS_AWAY = 2;
    private static final ObjectMapper JSON = new ObjectMapper();

    private final OrdersApp app;
    private final HttpClient http = HttpClient.newHttpClient();

    LiveCheck(OrdersApp app) {
        this.app = app;
    }

    /** Returns whether nothing was missed, repeated or ill. */
    boolean run() throws Exception {
        System.out.println("Watching the orders over a WebSocket at " + PACE + " changes a second");
        Watched first = new Watched();
        WebSocket socket = connect("", first);
        app.load().pace(PACE);
        pause(SECONDS);
        System.out.println("Dropping the connection for " + SECONDS_AWAY + " s; the writing goes on");
        socket.abort();
        pause(SECONDS_AWAY);
        Watched second = new Watched();
        WebSocket again = connect("?after=" + URLEncoder.encode(first.position(), StandardCharsets.UTF_8), second);
        second.awaitLive();
        pause(1);
        app.load().pace(0);
        pause(1);
        boolean healthy = status("health") == 200;
        again.abort();
        return report(first.events(), second.events(), second.replayed(), healthy);
    }

    private static boolean report(List<JsonNode> before, List<JsonNode> after, int replayed, boolean healthy) {
        Map<String, Integer> versions = new HashMap<>();
        int[] wrong = new int[2];
        before.forEach(event -> count(event, versions, wrong));
        after.forEach(event -> count(event, versions, wrong));
        System.out.printf("""

                  events       %,8d
                  replayed     %,8d   after the drop
                  missed       %,8d
                  repeated     %,8d
                  /health      %8s

                """, before.size() + after.size(), replayed, wrong[0], wrong[1], healthy ? "up" : "DOWN");
        return wrong[0] == 0 && wrong[1] == 0 && healthy && replayed > 0;
    }

    /** Every change of an order raises its version by one. */
    private static void count(JsonNode event, Map<String, Integer> versions, int[] wrong) {
        String id = event.path("id").asText();
        if (event.path("operation").asText().equals("delete")) {
            versions.remove(id);
            return;
        }
        int version = event.path("data").path("version").asInt();
        Integer last = versions.put(id, version);
        if (last != null && version > last + 1) {
            wrong[0]++;
        } else if (last != null && version <= last) {
            wrong[1]++;
        }
    }

    private WebSocket connect(String query, Watched listener) {
        URI uri = URI.create("ws://127.0.0.1:" + app.port() + "/ws/order-updates" + query);
        return http.newWebSocketBuilder().buildAsync(uri, listener).join();
    }

    private int status(String path) throws Exception {
        HttpRequest request =
                HttpRequest.newBuilder(URI.create(app.url() + path)).build();
        return http.send(request, HttpResponse.BodyHandlers.discarding()).statusCode();
    }

    private static void pause(int seconds) throws InterruptedException {
        new CountDownLatch(1).await(seconds, TimeUnit.SECONDS);
    }

    /** What one connection receives. */
    private static final class Watched implements WebSocket.Listener {
        private final StringBuilder text = new StringBuilder();
        private final List<JsonNode> messages = new CopyOnWriteArrayList<>();
        private final CountDownLatch live = new CountDownLatch(1);

        @Override
        public @Nullable CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
            text.append(data);
            if (last) {
                take(text.toString());
                text.setLength(0);
            }
            socket.request(1);
            return null;
        }

        private void take(String json) {
            try {
                JsonNode message = JSON.readTree(json);
                messages.add(message);
                if (message.path("type").asText().equals("live")) {
                    live.countDown();
                }
            } catch (JsonProcessingException e) {
                throw new IllegalStateException("not JSON: " + json, e);
            }
        }

        void awaitLive() throws InterruptedException {
            if (!live.await(30, TimeUnit.SECONDS)) {
                throw new IllegalStateException("The client had not caught up within 30 s.");
            }
        }

        String position() {
            for (int i = messages.size() - 1; i >= 0; i--) {
                if (messages.get(i).has("position")) {
                    return messages.get(i).path("position").asText();
                }
            }
            throw new IllegalStateException("The client received no position.");
        }

        List<JsonNode> events() {
            return messages.stream()
                    .filter(message -> message.path("type").asText().equals("event"))
                    .toList();
        }

        /** How many events came before the client was told that it is live. */
        int replayed() {
            int count = 0;
            for (JsonNode message : messages) {
                if (message.path("type").asText().equals("live")) {
                    return count;
                }
                count += message.path("type").asText().equals("event") ? 1 : 0;
            }
            return count;
        }
    }
}
