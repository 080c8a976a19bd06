package io.changewatch.testkit;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A TCP proxy in this JVM before one server, which breaks connections on demand.
 *
 * <pre>{@code
 * try (TcpProxy proxy = TcpProxy.to("127.0.0.1", servers.port(0))) {
 *     String uri = "mongodb://127.0.0.1:" + proxy.port() + "/?directConnection=true";
 *     ...
 *     proxy.freeze(); // half-open: the present connections fall silent, new ones work
 * }
 * }</pre>
 *
 * <p>A client of a replica set connects to the addresses that the members name, past this proxy: so connect with {@code
 * directConnection=true}, or start the set with {@link LocalReplicaSetBuilder#throughProxy()}.
 *
 * <p>Faults add up until {@link #resume()} ends them. Each connection is carried by two threads of the proxy, which
 * {@link #close()} ends.
 *
 * <p>Thread-safe.
 */
public final class TcpProxy implements AutoCloseable {

    private static final int CONNECT_MILLISECONDS = 5_000;
    private static final int CLOSE_SECONDS = 10;

    /**
     * Starts a proxy on a free port of 127.0.0.1 before this server, which need not be running yet.
     *
     * @throws TestServerException if no port can be opened
     */
    public static TcpProxy to(String host, int port) {
        InetSocketAddress server = new InetSocketAddress(requireNonNull(host, "host"), port);
        try {
            TcpProxy proxy = new TcpProxy(server, new ServerSocket(0, 0, InetAddress.getLoopbackAddress()));
            proxy.threads.execute(proxy::acceptAll);
            return proxy;
        } catch (IOException failed) {
            throw new TestServerException(
                    "Cannot open a port for a proxy to " + server + ": " + failed.getMessage(), failed);
        }
    }

    private final InetSocketAddress server;
    private final ServerSocket listener;
    private final ProxyFaults faults = new ProxyFaults();
    private final Set<ProxyConnection> connections = ConcurrentHashMap.newKeySet();
    private final AtomicInteger threadNumber = new AtomicInteger();
    private final ExecutorService threads = Executors.newCachedThreadPool(this::newThread);

    private TcpProxy(InetSocketAddress server, ServerSocket listener) {
        this.server = server;
        this.listener = listener;
    }

    /** The port on which the proxy listens. */
    public int port() {
        return listener.getLocalPort();
    }

    /** How many connections are open through the proxy at this moment. */
    public int connections() {
        return connections.size();
    }

    /** Breaks all present connections on both sides with a TCP reset. New ones work. */
    public void reset() {
        connections.forEach(ProxyConnection::reset);
    }

    /** Silences all present connections without closing them, as after a lost NAT entry (half-open). New ones work. */
    public void freeze() {
        faults.freeze(connections);
    }

    /** Holds back every byte, on present and new connections, until {@link #resume()}: a network that pauses. */
    public void pause() {
        faults.pause();
    }

    /**
     * Swallows every byte, on present and new connections, until {@link #resume()}: a black hole. What is swallowed is lost,
     * so present connections are of no more use then: {@link #reset()} them first.
     */
    public void swallow() {
        faults.swallow();
    }

    /**
     * Resets the next connection that gets {@code bytes} from the server, counted for each connection from now on: the reply
     * ends in its middle. Happens once.
     *
     * @throws IllegalArgumentException if {@code bytes} is negative
     */
    public void cutAfter(long bytes) {
        if (bytes < 0) {
            throw new IllegalArgumentException("bytes must not be negative, but is " + bytes);
        }
        faults.cutAfter(bytes);
    }

    /**
     * Delays each message by this time in each direction, on present and new connections. Bytes that follow another at once
     * are taken for the same message and are not delayed again.
     *
     * @throws IllegalArgumentException if {@code delay} is negative
     */
    public void latency(Duration delay) {
        if (delay.isNegative()) {
            throw new IllegalArgumentException("latency must not be negative, but is " + delay);
        }
        faults.latency(delay);
    }

    /** Ends every fault: what was held back goes on, frozen connections too. */
    public void resume() {
        faults.end();
    }

    /** Resets all connections, closes the port and joins the proxy's threads. A second call does nothing. */
    @Override
    public void close() {
        try {
            listener.close();
            faults.close();
            threads.shutdown();
            reset();
            if (!threads.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS)) {
                throw new TestServerException(
                        "The threads of the proxy to " + server + " did not end within " + CLOSE_SECONDS + " s.");
            }
        } catch (IOException failed) {
            throw new TestServerException("Cannot close the proxy to " + server + ".", failed);
        } catch (InterruptedException interrupted) {
            throw Deadline.interrupted("Interrupted while closing the proxy to " + server + ".", interrupted);
        }
    }

    private void acceptAll() {
        while (!listener.isClosed()) {
            try {
                accept(listener.accept());
            } catch (IOException closedOrBroken) {
                // Closed: the loop ends. Broken by the peer before it was accepted: the next one follows.
            }
        }
    }

    private void accept(Socket client) {
        Socket upstream = new Socket();
        ProxyConnection connection = new ProxyConnection(client, upstream, faults, connections::remove);
        connections.add(connection);
        try {
            upstream.connect(server, CONNECT_MILLISECONDS);
            threads.execute(connection::carryRequests);
            threads.execute(connection::carryReplies);
        } catch (IOException | RuntimeException unreachableOrClosing) {
            connection.reset();
        }
        if (listener.isClosed()) {
            connection.reset();
        }
    }

    private Thread newThread(Runnable task) {
        Thread thread = new Thread(task, "changewatch-proxy-" + port() + "-" + threadNumber.incrementAndGet());
        thread.setDaemon(true);
        return thread;
    }
}
