package io.changewatch.it;

import static io.changewatch.it.WatcherProgram.MAX_UNSAVED;
import static org.assertj.core.api.Assertions.assertThat;

import io.changewatch.it.WatcherProgram.Trouble;
import io.changewatch.testkit.LocalReplicaSet;
import io.changewatch.testkit.TestServer;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * Row 37: no file can grow any more under a running watcher that keeps its position in one. A full disk needs a file system of
 * its own, and so root; the limit of a process on the size of its files makes the same calls fail.
 */
@EnabledOnOs(OS.LINUX) // prlimit changes the limit of a process that runs
class DiskFullIT {
    private static LocalReplicaSet servers;

    @TempDir
    private Path folder;

    private final String database = TestServer.newDatabaseName();
    private WatcherProcess watching;
    private SteadyWriter writer;

    @BeforeAll
    static void startServer() {
        servers = LocalReplicaSet.start();
    }

    @AfterAll
    static void stopServer() {
        servers.close();
    }

    @BeforeEach
    void watch() {
        watching = start();
        watching.awaitLines("state RUNNING", 1);
        writer = SteadyWriter.start(servers.connectionString(), database);
        watching.awaitLines("saved ", 3);
    }

    @AfterEach
    void endEverything() {
        watching.close();
        writer.close();
    }

    private WatcherProcess start() {
        return WatcherProcess.start(servers.connectionString(), database, folder.toString(), Trouble.NONE);
    }

    @Test
    @DisplayName("37: the disk is full, and has room again")
    void pausesWithTheOldFileIntactAndGoesOnWhenThereIsRoom() throws Exception {
        limitFiles("0");
        watching.awaitLines("paused " + MAX_UNSAVED, 1);
        assertThat(watching.linesWith("state RECOVERING: io.changewatch.resume.StoreException: Cannot save"))
                .as("what a health check sees")
                .hasSize(1);
        assertThat(watching.linesWith("not saved: ").get(0))
                .startsWith("not saved: Cannot save the checkpoint of watcher 'process' to "
                        + folder.resolve("process.checkpoint") + ": IOException: File too large.")
                .endsWith("Check that there is room on the disk and that this process may write there.");
        String left = Files.readString(folder.resolve("process.checkpoint"));
        int failures = watching.linesWith("not saved: ").size();
        watching.awaitLines("not saved: ", failures + 2);
        assertThat(folder.resolve("process.checkpoint"))
                .as("attempts that fail leave the checkpoint as it is")
                .hasContent(left);

        limitFiles("unlimited");
        int handled = watching.handled().size();
        watching.awaitHandled(handled + MAX_UNSAVED);
        int written = writer.stop();
        watching.awaitHandled(written);
        watching.terminate();

        assertThat(watching.handled()).isEqualTo(Handled.upTo(written));
        assertThat(watching.linesWith("state RUNNING")).hasSize(2);
    }

    @Test
    @DisplayName("37, 33: kill -9 while the disk is full")
    void repeatsNoMoreThanItsBoundAfterAKillOnAFullDisk() throws Exception {
        limitFiles("0");
        watching.awaitLines("paused ", 1);
        int handled = watching.kill().handled().size();

        WatcherProcess next = start();
        try {
            int written = writer.stop();
            next.awaitLines("handled " + (written - 1), 1);
            next.kill();
            int first = next.handled().get(0);
            assertThat(handled - first).isEqualTo(MAX_UNSAVED);
            assertThat(next.handled()).isEqualTo(Handled.upTo(written).subList(first, written));
        } finally {
            next.close();
        }
    }

    /** The soft limit: the hard one could not be raised again. */
    private void limitFiles(String bytes) throws Exception {
        watching.run("prlimit", "--pid", String.valueOf(watching.pid()), "--fsize=" + bytes + ":");
    }
}
