package io.changewatch.examples.orders;

import io.changewatch.examples.demo.OrdersDemo;
import io.changewatch.testkit.LocalReplicaSet;
import io.javalin.util.JavalinBindException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Runs the application until Ctrl-C: on the replica set of the environment variable {@code CHANGEWATCH_URI}, or on one of its
 * own. {@code ORDERS_PORT} is where it listens (7070), {@code ORDERS_POSITION_KEY} signs positions.
 *
 * <p>With {@code --check} nobody is waited for: a client is dropped and resumed, a watcher is killed and resumed, every change
 * is accounted for, and the exit code is 0 only if nothing was lost.
 */
public final class OrdersLive {
    private static final int PORT = 7_070;
    private static final int SECONDS_TO_STOP = 20;

    private final boolean check;
    private final int port;
    private final CountDownLatch interrupted = new CountDownLatch(1);
    private final CountDownLatch ended = new CountDownLatch(1);

    private OrdersLive(boolean check, int port) {
        this.check = check;
        this.port = port;
    }

    /** Runs it; the only argument is {@code --check}. */
    public static void main(String[] args) throws Exception {
        boolean check = List.of(args).contains("--check");
        if (args.length > (check ? 1 : 0)) {
            System.err.println("Unknown arguments. There is one: --check");
            System.exit(2);
        }
        boolean good;
        try {
            good = new OrdersLive(check, port(check)).run(System.getenv("CHANGEWATCH_URI"));
        } catch (IllegalArgumentException | JavalinBindException e) {
            System.err.println(e.getMessage());
            good = false;
        }
        if (!good) {
            System.exit(1);
        }
    }

    /** A check takes any port that is free. */
    private static int port(boolean check) {
        String port = System.getenv().getOrDefault("ORDERS_PORT", Integer.toString(check ? 0 : PORT));
        if (!port.matches("\\d{1,5}") || Integer.parseInt(port) > 65_535) {
            throw new IllegalArgumentException("ORDERS_PORT is '" + port
                    + "', which is no port. Give a number from 0 to 65535; 0 is any that is free.");
        }
        return Integer.parseInt(port);
    }

    private boolean run(@Nullable String given) throws Exception {
        Runtime.getRuntime().addShutdownHook(new Thread(this::interrupt, "interrupt"));
        try {
            if (given != null) {
                System.out.println("Using the replica set of CHANGEWATCH_URI");
                return runOn(given);
            }
            System.out.println("Starting a replica set of one mongod");
            try (LocalReplicaSet servers = LocalReplicaSet.start()) {
                return runOn(servers.connectionString());
            }
        } finally {
            ended.countDown();
        }
    }

    /** Ctrl-C: the program's own thread stops everything in order; the JVM waits for it here. */
    private void interrupt() {
        interrupted.countDown();
        try {
            if (!ended.await(SECONDS_TO_STOP, TimeUnit.SECONDS)) {
                System.err.println("Not everything stopped within " + SECONDS_TO_STOP + " s.");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean runOn(String connectionString) throws Exception {
        try (OrdersApp app = OrdersApp.start(settings(connectionString))) {
            System.out.println("Live orders: " + app.url());
            if (check) {
                boolean live = new LiveCheck(app).run();
                return OrdersDemo.run(connectionString) && live;
            }
            app.load().pace(20);
            System.out.println("Press Ctrl-C to stop.");
            interrupted.await();
            System.out.println("Stopping");
            return true;
        }
    }

    private Settings settings(String connectionString) {
        return new Settings(
                connectionString,
                "changewatch_orders_live",
                port,
                Optional.ofNullable(System.getenv("ORDERS_POSITION_KEY")),
                Map.of());
    }
}
