package io.changewatch.examples.orders;

import com.mongodb.reactivestreams.client.MongoClient;
import com.mongodb.reactivestreams.client.MongoClients;
import io.changewatch.WatcherState;
import io.changewatch.push.FeedStats;
import io.changewatch.push.LiveFeed;
import io.changewatch.push.LiveFeedBuilder;
import io.javalin.Javalin;
import io.javalin.config.JavalinConfig;
import io.javalin.http.Context;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.reflect.RecordComponent;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.UnaryOperator;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.servlet.ServletHolder;
import org.eclipse.jetty.ee10.websocket.server.config.JettyWebSocketServletContainerInitializer;
import org.eclipse.jetty.http.HttpException;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.server.Request;
import org.jspecify.annotations.Nullable;

/**
 * The application: its feed starts before the server listens and ends before the server does.
 *
 * <p>Thread-safe once it is started.
 */
final class OrdersApp implements AutoCloseable {
    private final Settings settings;
    private final MongoClient client;
    private final Orders orders;
    private final Load load;
    private final LiveFeedBuilder<Order> builder;
    private final Javalin server;
    private volatile @Nullable LiveFeed<Order> feed;

    private OrdersApp(Settings settings, UnaryOperator<LiveFeedBuilder<Order>> tuning) {
        this.settings = settings;
        this.client = MongoClients.create(settings.connectionString());
        this.orders = new Orders(client, settings.database());
        this.load = new Load(orders);
        this.builder = tuning.apply(OrderFeed.of(client, settings));
        this.server = Javalin.create(this::configure);
    }

    static OrdersApp start(Settings settings) {
        return start(settings, builder -> builder);
    }

    /** {@link #start(Settings)} with a feed of other bounds. */
    static OrdersApp start(Settings settings, UnaryOperator<LiveFeedBuilder<Order>> tuning) {
        OrdersApp app = new OrdersApp(settings, tuning);
        try {
            app.server.start("127.0.0.1", settings.port());
            return app;
        } catch (RuntimeException e) {
            app.close();
            throw e;
        }
    }

    private void configure(JavalinConfig config) {
        config.startup.showJavalinBanner = false;
        config.events.serverStarting(this::begin);
        config.events.serverStopping(this::end);
        config.jetty.modifyHttpConfiguration(http -> http.addCustomizer((request, headers) -> checked(request)));
        config.jetty.modifyServletContextHandler(this::addFeed);
        config.routes.get("/", http -> http.html(page()));
        config.routes.get("/health", this::health);
        config.routes.get("/stats", http -> http.json(figures(feed().stats())));
        config.routes.get("/load", http -> http.json(Map.of("perSecond", load.perSecond())));
        config.routes.put("/load", this::setLoad);
        new OrderRoutes(orders, new Users(settings.users())).addTo(config.routes);
    }

    /** Jetty's WebSockets answer 500, with a stack in the log, to a query that is no URI's. */
    private static Request checked(Request request) {
        try {
            request.getHttpURI().toURI();
            return request;
        } catch (IllegalArgumentException e) {
            throw new HttpException.RuntimeException(
                    HttpStatus.BAD_REQUEST_400, "The address holds a character that must be percent-encoded.", e);
        }
    }

    private void addFeed(ServletContextHandler context) {
        ServletHolder events = new ServletHolder(new EventStreamServlet(this::feed));
        events.setAsyncSupported(true);
        context.addServlet(events, "/sse/order-updates");
        JettyWebSocketServletContainerInitializer.configure(context, (servlet, sockets) -> {
            sockets.setIdleTimeout(Duration.ofMinutes(2)); // the feed finds dead clients before
            sockets.addMapping("/ws/order-updates", (request, response) -> OrderSocket.of(feed(), request, response));
        });
    }

    private void begin() {
        orders.prepare();
        feed = builder.start();
        load.start();
    }

    /** The load first, so that clients receive all of it; then the feed, which tells them to come again. */
    private void end() {
        load.close();
        LiveFeed<Order> started = feed;
        if (started != null) {
            started.close();
        }
    }

    LiveFeed<Order> feed() {
        return Objects.requireNonNull(feed, "the server has not been started");
    }

    Orders orders() {
        return orders;
    }

    Load load() {
        return load;
    }

    int port() {
        return server.port();
    }

    /** How many clients hold a connection to the server, whatever they use it for. */
    int openConnections() {
        return Arrays.stream(server.jettyServer().server().getConnectors())
                .mapToInt(connector -> connector.getConnectedEndPoints().size())
                .sum();
    }

    String url() {
        return "http://127.0.0.1:" + port() + "/";
    }

    private void health(Context http) {
        WatcherState state = feed().watcher().state();
        boolean healthy = state == WatcherState.RUNNING;
        http.status(healthy ? 200 : 503)
                .json(Map.of(
                        "status",
                        healthy ? "UP" : "DOWN",
                        "watcher",
                        state.name(),
                        "clients",
                        feed().stats().clients()));
    }

    private void setLoad(Context http) {
        load.pace(OrderInput.pace(http.body(), Load.MOST));
        http.json(Map.of("perSecond", load.perSecond()));
    }

    private static String page() {
        try (InputStream page = OrdersApp.class.getResourceAsStream("/index.html")) {
            return new String(Objects.requireNonNull(page, "index.html").readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Map<String, Object> figures(FeedStats stats) {
        Map<String, Object> figures = new LinkedHashMap<>();
        addTo(figures, "", stats);
        return figures;
    }

    /** The components of a record by name; durations in milliseconds. */
    private static void addTo(Map<String, Object> figures, String prefix, Record values) {
        for (RecordComponent component : values.getClass().getRecordComponents()) {
            Object value = value(values, component);
            if (value instanceof Record inner) {
                addTo(figures, component.getName() + ".", inner);
            } else if (value instanceof Duration duration) {
                figures.put(prefix + component.getName() + "Millis", duration.toNanos() / 1_000_000.0);
            } else {
                figures.put(
                        prefix + component.getName(), value.toString().matches("-?\\d+") ? value : value.toString());
            }
        }
    }

    private static Object value(Record values, RecordComponent component) {
        try {
            return component.getAccessor().invoke(values);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e); // public records only
        }
    }

    @Override
    public void close() {
        server.stop(); // tells end(), unless it did not start
        end();
        client.close();
    }
}
