package io.changewatch.soak;

import io.changewatch.testkit.LocalReplicaSet;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * The command: {@code Soak <minutes> <seed>...}. Each seed gets a set, writers and a watcher of its own, and so many minutes of
 * faults. Ends with 1 if an event was lost, came out of order, or came again where it must not.
 */
public final class Soak {
    private static final int WRITERS = 4;
    private static final Duration SETTLED_WITHIN = Duration.ofMinutes(3);

    private static final CountDownLatch NEVER = new CountDownLatch(1);

    private final long seed;
    private final Duration length;

    private Soak(long seed, Duration length) {
        this.seed = seed;
        this.length = length;
    }

    /** See the class. */
    public static void main(String[] arguments) throws Exception {
        if (arguments.length < 2) {
            System.err.println("Usage: Soak <minutes> <seed> [<seed>...], for example: Soak 5 1 2 3");
            System.exit(2);
        }
        Duration length = Duration.ofSeconds(Math.round(60 * Double.parseDouble(arguments[0])));
        boolean green = true;
        for (int i = 1; i < arguments.length; i++) {
            green &= new Soak(Long.parseLong(arguments[i]), length).run();
        }
        System.exit(green ? 0 : 1);
    }

    private boolean run() throws Exception {
        Path folder = Files.createTempDirectory("changewatch-soak");
        try (LocalReplicaSet servers = LocalReplicaSet.builder()
                .members(3)
                .throughProxy()
                .electionTimeout(Duration.ofSeconds(2))
                .start()) {
            return run(servers, folder);
        }
    }

    private boolean run(LocalReplicaSet servers, Path folder) throws Exception {
        List<Writer> writers = new ArrayList<>();
        WatcherProcess watcher = WatcherProcess.start(servers.connectionString(), folder);
        FaultSchedule faults = new FaultSchedule(seed, servers, watcher);
        HandledLog log = new HandledLog(folder.resolve(SoakWatcher.LOG));
        try {
            awaitCheckpoint(folder);
            for (int i = 0; i < WRITERS; i++) {
                writers.add(Writer.start(i, servers.connectionString()));
            }
            faults.runFor(length);
            for (Writer writer : writers) {
                writer.stop();
            }
            awaitAll(log, writers);
            watcher.terminate();
            return report(faults, Verdict.of(log.lives(), written(writers)), folder);
        } finally {
            for (Writer writer : writers) {
                writer.close();
            }
            watcher.close();
        }
    }

    /** The position of the first opening: what is written before it, nobody has promised. */
    private static void awaitCheckpoint(Path folder) throws IOException, InterruptedException {
        Path checkpoints = folder.resolve(SoakWatcher.CHECKPOINTS);
        long deadline = System.nanoTime() + SETTLED_WITHIN.toNanos();
        while (!hasCheckpoint(checkpoints)) {
            if (System.nanoTime() > deadline) {
                throw new IllegalStateException("The watcher does not start; its log is in " + folder);
            }
            NEVER.await(100, TimeUnit.MILLISECONDS);
        }
    }

    private static boolean hasCheckpoint(Path checkpoints) throws IOException {
        if (!Files.isDirectory(checkpoints)) {
            return false;
        }
        try (Stream<Path> files = Files.list(checkpoints)) {
            return files.anyMatch(file -> file.toString().endsWith(".checkpoint"));
        }
    }

    /** What is missing when the time is over, the verdict names. */
    private static void awaitAll(HandledLog log, List<Writer> writers) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + SETTLED_WITHIN.toNanos();
        while (System.nanoTime() < deadline && !Verdict.isComplete(log.lives(), written(writers))) {
            NEVER.await(500, TimeUnit.MILLISECONDS);
        }
    }

    private static List<Integer> written(List<Writer> writers) {
        return writers.stream().map(Writer::written).toList();
    }

    private boolean report(FaultSchedule faults, Verdict verdict, Path folder) {
        System.out.printf(
                "seed %d: %d s, faults %d, written %d, handled %d, lives %d (killed %d), repeated %d (at most %d in one run): %s%n",
                seed,
                length.toSeconds(),
                faults.count(),
                verdict.written(),
                verdict.handled(),
                verdict.lives(),
                verdict.killed(),
                verdict.repeated(),
                verdict.longestReplay(),
                verdict.isGreen() ? "nothing lost, in order" : "BROKEN");
        for (Map.Entry<String, Integer> kind : faults.byKind().entrySet()) {
            System.out.printf("    %3d  %s%n", kind.getValue(), kind.getKey());
        }
        verdict.violations().forEach(violation -> System.out.println("    " + violation));
        if (!verdict.isGreen()) {
            System.out.println("    The watcher's logs are in " + folder + ". Run it again: scripts/soak "
                    + length.toSeconds() / 60.0 + " " + seed);
        }
        return verdict.isGreen();
    }
}
