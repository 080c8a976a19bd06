package io.changewatch.examples.orders;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.bson.BsonDocument;

/**
 * A client of server-sent events that sees every block as it was sent.
 *
 * <p>Not thread-safe.
 */
final class RawEvents implements AutoCloseable {
    private static final HttpClient HTTP =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    private final HttpResponse<InputStream> response;
    private final BufferedReader lines;

    private RawEvents(HttpResponse<InputStream> response) {
        this.response = response;
        this.lines = new BufferedReader(new InputStreamReader(response.body(), StandardCharsets.UTF_8));
    }

    static RawEvents open(OrdersApp app, String query) throws IOException, InterruptedException {
        return open(app, query, Map.of());
    }

    static RawEvents open(OrdersApp app, String query, Map<String, String> headers)
            throws IOException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(app.url() + "sse/order-updates" + query));
        headers.forEach(request::header);
        return new RawEvents(HTTP.send(request.build(), HttpResponse.BodyHandlers.ofInputStream()));
    }

    int status() {
        return response.statusCode();
    }

    String contentType() {
        return response.headers().firstValue("Content-Type").orElse("");
    }

    /** All that is left. */
    String body() throws IOException {
        return new String(response.body().readAllBytes(), StandardCharsets.UTF_8);
    }

    /** One block: its lines. */
    record Block(List<String> lines) {

        String field(String name) {
            return lines.stream()
                    .filter(line -> line.startsWith(name + ": "))
                    .map(line -> line.substring(name.length() + 2))
                    .findFirst()
                    .orElseThrow(() -> new AssertionError("no " + name + " in " + lines));
        }

        BsonDocument message() {
            return BsonDocument.parse(field("data"));
        }
    }

    /** The next block; empty at the end of the stream. */
    Block next() throws IOException {
        List<String> block = new ArrayList<>();
        String line = lines.readLine();
        while (line != null && !line.isEmpty()) {
            block.add(line);
            line = lines.readLine();
        }
        return new Block(block);
    }

    List<Block> untilType(String type) throws IOException {
        List<Block> blocks = new ArrayList<>();
        do {
            blocks.add(next());
            if (blocks.get(blocks.size() - 1).lines().isEmpty()) {
                throw new AssertionError("the stream ended without " + type + ": " + blocks);
            }
        } while (!blocks.get(blocks.size() - 1).field("event").equals(type));
        return blocks;
    }

    @Override
    public void close() throws IOException {
        response.body().close();
    }
}
