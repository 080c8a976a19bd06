package io.changewatch.testkit;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/**
 * One client's connection through a {@link TcpProxy}: two sockets, and a direction for each of two threads.
 *
 * <p>Thread-safe; {@link #countReply} is called under the lock of {@link ProxyFaults} only.
 */
final class ProxyConnection {

    private static final int BUFFER_BYTES = 256 * 1024;

    private final Socket client;
    private final Socket upstream;
    private final ProxyFaults faults;
    private final Consumer<ProxyConnection> whenOver;
    private final AtomicBoolean reset = new AtomicBoolean();
    private final AtomicInteger openDirections = new AtomicInteger(2);
    private int countedFor;
    private long replyBytes;

    ProxyConnection(Socket client, Socket upstream, ProxyFaults faults, Consumer<ProxyConnection> whenOver) {
        this.client = client;
        this.upstream = upstream;
        this.faults = faults;
        this.whenOver = whenOver;
    }

    void carryRequests() {
        carry(client, upstream, false);
    }

    void carryReplies() {
        carry(upstream, client, true);
    }

    boolean isReset() {
        return reset.get();
    }

    /** Adds to the reply bytes counted for this cut, from zero if it is a new one, and returns those before. */
    long countReply(int cutNumber, int count) {
        if (countedFor != cutNumber) {
            countedFor = cutNumber;
            replyBytes = 0;
        }
        long before = replyBytes;
        replyBytes += count;
        return before;
    }

    private void carry(Socket from, Socket to, boolean replies) {
        try {
            carryBytes(from.getInputStream(), to.getOutputStream(), replies);
            if (faults.admit(this, true)) { // the end of a stream is held back or swallowed like its bytes
                to.shutdownOutput();
            }
            if (openDirections.decrementAndGet() == 0) {
                reset();
            }
        } catch (IOException broken) {
            reset();
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            reset();
        }
    }

    /** A read that did not have to wait is the rest of a message: it is not delayed again. */
    private void carryBytes(InputStream in, OutputStream out, boolean replies)
            throws IOException, InterruptedException {
        byte[] buffer = new byte[BUFFER_BYTES];
        boolean startsMessage = true;
        for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
            if (faults.admit(this, startsMessage)) {
                write(out, buffer, count, replies);
            }
            startsMessage = in.available() == 0;
        }
    }

    private void write(OutputStream out, byte[] buffer, int count, boolean replies) throws IOException {
        int passable = replies ? faults.passable(this, count) : count;
        out.write(buffer, 0, passable);
        if (passable < count) {
            out.flush();
            reset();
        }
    }

    /** Closes both sockets at once with a reset instead of an orderly end. */
    void reset() {
        if (reset.compareAndSet(false, true)) {
            closeWithReset(client);
            closeWithReset(upstream);
            faults.forget(this);
            whenOver.accept(this);
        }
    }

    private static void closeWithReset(Socket socket) {
        try (socket) {
            socket.setSoLinger(true, 0);
        } catch (IOException alreadyClosed) {
            // A socket that the peer has closed needs no reset.
        }
    }
}
