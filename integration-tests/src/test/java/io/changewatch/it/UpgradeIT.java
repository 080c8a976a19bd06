package io.changewatch.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.changewatch.testkit.LocalReplicaSet;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.bson.Document;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Members that are restarted with a mongod of another version. Runs where {@code CHANGEWATCH_UPGRADE} is {@code true}, see
 * CONTRIBUTING.md: it needs a mongod 5.0 beside the 6.0.
 */
@Tag("upgrade")
class UpgradeIT {
    private static final String OLD = "5.0";
    private static final String NEW = "6.0";
    private static final int MEMBERS = 3;

    /** What each member is started by; it starts the mongod whose path is in the file beside it. */
    private static final String LAUNCHER = "#!/bin/sh\nexec \"$(cat \"$0.path\")\" \"$@\"\n";

    @TempDir
    private Path folder;

    private String oldMongod;
    private String newMongod;
    private LocalReplicaSet servers;
    private WatchedOrders orders;

    @BeforeEach
    void startWithTheOldVersion() throws IOException, InterruptedException {
        oldMongod = find(OLD);
        newMongod = find();
        Path launcher = Files.writeString(folder.resolve("mongod"), LAUNCHER);
        Files.setPosixFilePermissions(launcher, PosixFilePermissions.fromString("rwx------"));
        install(oldMongod);
        servers = LocalReplicaSet.builder()
                .members(MEMBERS)
                .mongod(launcher)
                .parameter("shutdownTimeoutMillisForSignaledShutdown", "1000") // 15 s by default
                .start();
        orders = WatchedOrders.start(servers.connectionString());
    }

    @AfterEach
    void stop() {
        orders.close();
        servers.close();
    }

    @Test
    @DisplayName("row 60: a rolling upgrade from 5.0 to 6.0, and back")
    void survivesAnUpgradeAndADowngrade() throws IOException, InterruptedException {
        assertThat(versions()).allMatch(version -> version.startsWith(OLD));
        restartAllWith(newMongod);
        assertThat(versions()).allMatch(version -> version.startsWith(NEW));
        servers.runAdmin(new Document("setFeatureCompatibilityVersion", NEW));
        orders.expectSome();

        servers.runAdmin(new Document("setFeatureCompatibilityVersion", OLD));
        restartAllWith(oldMongod);
        assertThat(versions()).allMatch(version -> version.startsWith(OLD));

        orders.expectAllInOrderOnce();
        assertThat(orders.reconnects()).isPositive();
    }

    /** First the secondaries, then the primary. */
    private void restartAllWith(String mongod) throws IOException {
        install(mongod);
        int primary = servers.primary();
        for (int next = 1; next <= MEMBERS; next++) {
            servers.restart((primary + next) % MEMBERS);
            servers.awaitMembers(Duration.ofMinutes(1));
        }
        orders.expectSome();
    }

    private void install(String mongod) throws IOException {
        Files.writeString(folder.resolve("mongod.path"), mongod);
    }

    private List<String> versions() {
        List<String> versions = new ArrayList<>();
        for (int member = 0; member < MEMBERS; member++) {
            versions.add(servers.runAdmin(member, new Document("buildInfo", 1)).getString("version"));
        }
        return versions;
    }

    /** Asks the project's own script, which runs in the folder of this module. */
    private static String find(String... version) throws IOException, InterruptedException {
        List<String> line = new ArrayList<>(List.of("bash", "../scripts/mongod"));
        line.addAll(List.of(version));
        Process search = new ProcessBuilder(line)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        String path = new String(search.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        assertThat(search.waitFor()).as("the exit code of %s", line).isZero();
        return path;
    }
}
