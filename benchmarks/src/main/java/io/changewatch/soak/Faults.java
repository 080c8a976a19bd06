package io.changewatch.soak;

import io.changewatch.soak.FaultSchedule.Fault;
import io.changewatch.testkit.LocalReplicaSet;
import io.changewatch.testkit.TcpProxy;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.bson.BsonDocument;

/** The faults of a soak, each of which heals itself. Used by one thread. */
final class Faults {
    private static final int MEMBERS = 3;

    private final LocalReplicaSet servers;
    private final WatcherProcess watcher;
    private final Pause pause;

    Faults(LocalReplicaSet servers, WatcherProcess watcher, Pause pause) {
        this.servers = servers;
        this.watcher = watcher;
        this.pause = pause;
    }

    /** Lets time pass. */
    @FunctionalInterface
    interface Pause {
        void millis(int count) throws InterruptedException;
    }

    List<Fault> all() {
        return List.of(
                new Fault("primary steps down", millis -> servers.stepDown()),
                new Fault("primary killed", millis -> killed(servers.primary(), millis)),
                new Fault("secondary killed", millis -> killed(secondary(), millis)),
                new Fault("primary terminated", millis -> terminated(servers.primary(), millis)),
                new Fault("primary frozen", millis -> frozen(millis, servers.primary())),
                new Fault("majority frozen", this::majorityFrozen),
                new Fault("whole set killed", this::allKilled),
                new Fault("connections reset", millis -> forEachProxy(TcpProxy::reset)),
                new Fault("connections half-open", this::halfOpen),
                new Fault("network pauses", millis -> network(millis, TcpProxy::pause)),
                new Fault("packets vanish, then a reset", this::blackHole),
                new Fault("reply cut in the middle", millis -> cut(servers.primary(), millis)),
                new Fault("latency", millis -> network(millis, proxy -> proxy.latency(Duration.ofMillis(100)))),
                new Fault("getMore closes the connection", millis -> failing(millis, "closeConnection: true")),
                new Fault(
                        "getMore fails with a label",
                        millis -> failing(millis, "errorCode: 91, errorLabels: ['ResumableChangeStreamError']")),
                new Fault("getMore fails without a label", millis -> failing(millis, "errorCode: 8")),
                new Fault("getMore is slow", millis -> failing(millis, "blockConnection: true, blockTimeMS: 1500")),
                new Fault("cursor is gone", millis -> failing(millis, "errorCode: 43")),
                new Fault("aggregate and getMore close the connection", this::nothingOpens),
                new Fault("watcher killed", millis -> watcher.killAndRestart()),
                new Fault("watcher killed twice", this::killedTwice),
                new Fault("watcher terminated", millis -> watcher.terminateAndRestart()),
                new Fault("watcher frozen", this::watcherFrozen));
    }

    private int secondary() {
        int primary = servers.primary();
        return IntStream.range(0, MEMBERS)
                .filter(member -> member != primary)
                .findFirst()
                .orElseThrow();
    }

    private void killed(int member, int millis) throws InterruptedException {
        servers.kill(member);
        pause.millis(millis);
        servers.restart(member);
    }

    private void terminated(int member, int millis) throws InterruptedException {
        servers.terminate(member);
        pause.millis(millis);
        servers.restart(member);
    }

    private void frozen(int millis, int... members) throws InterruptedException {
        for (int member : members) {
            servers.freeze(member);
        }
        try {
            pause.millis(millis);
        } finally {
            for (int member : members) {
                servers.thaw(member);
            }
        }
    }

    private void majorityFrozen(int millis) throws InterruptedException {
        int primary = servers.primary();
        frozen(
                millis,
                IntStream.range(0, MEMBERS).filter(member -> member != primary).toArray());
    }

    private void allKilled(int millis) throws InterruptedException {
        IntStream.range(0, MEMBERS).forEach(servers::kill);
        pause.millis(millis);
        IntStream.range(0, MEMBERS).forEach(servers::restart);
    }

    private void forEachProxy(java.util.function.Consumer<TcpProxy> action) {
        IntStream.range(0, MEMBERS).mapToObj(servers::proxy).forEach(action);
    }

    private void network(int millis, java.util.function.Consumer<TcpProxy> fault) throws InterruptedException {
        forEachProxy(fault);
        try {
            pause.millis(millis);
        } finally {
            forEachProxy(TcpProxy::resume);
        }
    }

    /** The sockets of this moment stay silent for good; new ones work. */
    private void halfOpen(int millis) throws InterruptedException {
        forEachProxy(TcpProxy::freeze);
        pause.millis(10_000 + millis);
        forEachProxy(TcpProxy::reset);
        forEachProxy(TcpProxy::resume);
    }

    private void blackHole(int millis) throws InterruptedException {
        forEachProxy(TcpProxy::swallow);
        pause.millis(millis);
        forEachProxy(TcpProxy::reset);
        forEachProxy(TcpProxy::resume);
    }

    private void cut(int member, int millis) throws InterruptedException {
        servers.proxy(member).cutAfter(777);
        pause.millis(millis);
        servers.proxy(member).resume();
    }

    private void failing(int millis, String what) throws InterruptedException {
        failing(millis, "['getMore']", what);
    }

    private void nothingOpens(int millis) throws InterruptedException {
        failing(millis, "['aggregate', 'getMore']", "closeConnection: true");
    }

    private void failing(int millis, String commands, String what) throws InterruptedException {
        servers.setFailPoint(
                BsonDocument.parse("{configureFailPoint: 'failCommand', mode: 'alwaysOn', data: {failCommands: "
                        + commands + ", " + what + "}}"));
        try {
            pause.millis(millis);
        } finally {
            servers.clearFailPoint("failCommand");
        }
    }

    private void killedTwice(int millis) throws Exception {
        watcher.killAndRestart();
        pause.millis(millis / 4);
        watcher.killAndRestart();
    }

    private void watcherFrozen(int millis) throws Exception {
        watcher.freeze();
        try {
            pause.millis(millis + 3_000);
        } finally {
            watcher.thaw();
        }
    }
}
