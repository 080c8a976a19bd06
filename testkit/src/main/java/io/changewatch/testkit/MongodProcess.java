package io.changewatch.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * One mongod as a child process: its port, its data, and the signals that make it fail.
 *
 * <p>A port is chosen below the range from which the system takes ports for outgoing connections, so that nobody takes it
 * while the server is down. When a port is taken all the same, mongod says so by its exit code: the first start then tries
 * another port; a later start, whose port is known to the clients, tries the same one again.
 *
 * <p>Thread-safe.
 */
final class MongodProcess {

    private static final int FIRST_PORT = 20_000;
    private static final int LAST_PORT = 29_999;
    private static final int EXIT_PORT_TAKEN = 48;
    private static final Duration START_LIMIT = Duration.ofSeconds(60);
    private static final Duration SIGNAL_LIMIT = Duration.ofSeconds(10);
    /** A primary waits 15 s for its clients on SIGTERM ({@code shutdownTimeoutMillisForSignaledShutdown}) and then flushes. */
    private static final Duration STOP_LIMIT = Duration.ofSeconds(60);

    private static final int LOG_LINES_IN_MESSAGE = 5;

    private final int member;
    private final List<String> commandLine;
    private final MongodFolder folder;
    private final CountDownLatch closed;
    private final ReentrantLock lock = new ReentrantLock();
    private volatile int port;
    private volatile boolean frozen;
    private volatile @Nullable Process process;

    /** Keeps what a start needs; {@code closed} ends every wait. */
    MongodProcess(int member, List<String> commandLine, MongodFolder folder, CountDownLatch closed) {
        this.member = member;
        this.commandLine = List.copyOf(commandLine);
        this.folder = folder;
        this.closed = closed;
    }

    /** Launches the process without waiting until it answers. */
    void launch() {
        locked(() -> launch(port == 0 ? freePort() : port));
    }

    /** Waits until the launched process accepts connections, on another port if the first one was taken. */
    void awaitListening() {
        locked(() -> awaitListening(true));
    }

    int port() {
        return port;
    }

    long processId() {
        Process started = process;
        return started == null ? -1 : started.pid();
    }

    /** Whether the process can answer: it lives and is not frozen. */
    boolean isResponsive() {
        Process started = process;
        return started != null && started.isAlive() && !frozen;
    }

    void kill() {
        locked(this::killNow);
    }

    void terminate() {
        signal("TERM");
    }

    void freeze() {
        signal("STOP");
        frozen = true;
    }

    void thaw() {
        signal("CONT");
        frozen = false;
    }

    /** Starts the process again with its data and port; one that still runs is terminated first. */
    void restart() {
        locked(() -> {
            stop();
            launch(port);
            awaitListening(false);
        });
    }

    private void stop() {
        Process running = process;
        if (running == null || !running.isAlive()) {
            return;
        }
        if (frozen) {
            thaw();
        }
        running.destroy();
        awaitEnd(running, STOP_LIMIT);
    }

    private void killNow() {
        Process running = process;
        if (running != null) {
            running.destroyForcibly();
            awaitEnd(running, SIGNAL_LIMIT);
        }
    }

    private void awaitEnd(Process ending, Duration limit) {
        try {
            if (!ending.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new TestServerException(
                        "mongod " + member + " (process " + ending.pid() + ") did not end within " + limit + ".");
            }
            folder.noteEnded(ending.toHandle());
            frozen = false;
        } catch (InterruptedException interrupted) {
            throw Deadline.interrupted("Interrupted while mongod " + member + " was ending.", interrupted);
        }
    }

    /** Java can only kill; the other signals are sent by the system's own tool. */
    private void signal(String name) {
        if (!isAlive()) {
            throw new IllegalStateException("mongod " + member + " is not running, so SIG" + name
                    + " cannot be sent. Call restart(" + member + ") first.");
        }
        try {
            Process kill = new ProcessBuilder("kill", "-" + name, Long.toString(processId())).start();
            if (!kill.waitFor(SIGNAL_LIMIT.toMillis(), TimeUnit.MILLISECONDS) || kill.exitValue() != 0) {
                throw new TestServerException("Cannot send SIG" + name + " to process " + processId() + ".");
            }
        } catch (IOException failed) {
            throw new TestServerException("Cannot send SIG" + name + ": the program kill does not run.", failed);
        } catch (InterruptedException interrupted) {
            throw Deadline.interrupted("Interrupted while sending SIG" + name + ".", interrupted);
        }
    }

    private void launch(int chosenPort) {
        port = chosenPort;
        List<String> line = new ArrayList<>(commandLine);
        line.addAll(List.of(
                "--port",
                Integer.toString(chosenPort),
                "--dbpath",
                folder.dataOf(member).toString()));
        try {
            Process started = new ProcessBuilder(line)
                    .redirectErrorStream(true)
                    .redirectOutput(log().toFile())
                    .start();
            process = started;
            folder.noteStarted(started.toHandle());
        } catch (IOException failed) {
            throw new TestServerException(
                    "Cannot start mongod " + line.get(0) + ": " + failed.getMessage()
                            + ". Set CHANGEWATCH_MONGOD to the path of a mongod that runs here.",
                    failed);
        }
    }

    private void awaitListening(boolean onAnyPort) {
        Deadline deadline = Deadline.in(START_LIMIT);
        while (!deadline.await(() -> isListening() || !isAlive(), closed) || !isAlive()) {
            if (deadline.hasPassed() || closed.getCount() == 0 || !lostItsPort()) {
                throw new TestServerException(whyNotStarted());
            }
            launch(onAnyPort ? freePort() : port);
        }
    }

    private boolean isAlive() {
        Process started = process;
        return started != null && started.isAlive();
    }

    private boolean lostItsPort() {
        Process started = process;
        return started != null && !started.isAlive() && started.exitValue() == EXIT_PORT_TAKEN;
    }

    /** Asks the log, not the port: a stranger may be listening there. */
    private boolean isListening() {
        return readLog().contains("\"Waiting for connections\"");
    }

    private String whyNotStarted() {
        List<String> lines = readLog().lines().toList();
        String end = String.join("\n", lines.subList(Math.max(0, lines.size() - LOG_LINES_IN_MESSAGE), lines.size()));
        String state = isAlive() ? "it did not listen within " + START_LIMIT : "it ended at once";
        return "Cannot start mongod " + member + " on port " + port + ": " + state + ". Check its arguments "
                + commandLine + ". The end of its log:\n" + end;
    }

    private Path log() {
        return folder.logOf(member);
    }

    private String readLog() {
        try {
            return Files.exists(log()) ? Files.readString(log()) : "";
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }

    private static int freePort() {
        int candidate = ThreadLocalRandom.current().nextInt(FIRST_PORT, LAST_PORT + 1);
        try (ServerSocket probe = new ServerSocket()) {
            probe.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), candidate));
            return candidate;
        } catch (IOException taken) {
            return freePort();
        }
    }

    private void locked(Runnable action) {
        lock.lock();
        try {
            action.run();
        } finally {
            lock.unlock();
        }
    }
}
