package io.changewatch.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MongodFinderTest {

    private static final String REMEDY = " Install MongoDB 6.0 or newer so that mongod is on the PATH, or set"
            + " CHANGEWATCH_MONGOD to the path of a mongod.";

    @TempDir
    private Path folder;

    private Path programs;

    @BeforeEach
    void makeAPathWithoutPython() throws IOException {
        programs = Files.createDirectory(folder.resolve("programs"));
        for (String program : List.of("bash", "uname")) {
            executable(programs.resolve(program), "exec /bin/" + program + " \"$@\"");
        }
    }

    @Test
    void takesTheMongodOfTheEnvironmentFirst() throws IOException {
        executable(programs.resolve("mongod"));
        Path given = executable(folder.resolve("given"));

        assertThat(find(Map.of("CHANGEWATCH_MONGOD", given.toString()))).isEqualTo(given);
    }

    @Test
    void takesTheMongodOnThePathNext() throws IOException {
        Path onPath = executable(programs.resolve("mongod"));

        assertThat(find(Map.of())).isEqualTo(onPath);
    }

    @Test
    void takesACachedMongodThen() throws IOException {
        Path cached = executable(
                Files.createDirectories(folder.resolve("cache/mongod-6.0.27")).resolve("mongod"));

        assertThat(find(Map.of())).isEqualTo(cached);
    }

    @Test
    void saysWhatToDoWhenTheGivenMongodIsMissing() {
        assertThatThrownBy(() -> find(Map.of("CHANGEWATCH_MONGOD", "/no/such/mongod")))
                .isInstanceOf(TestServerException.class)
                .hasMessage(
                        "Cannot find a mongod: CHANGEWATCH_MONGOD is '/no/such/mongod', which is not an executable file."
                                + REMEDY);
    }

    @Test
    void saysWhatToDoWhenThereIsNoneAndNoWayToGetOne() {
        assertThatThrownBy(() -> find(Map.of()))
                .isInstanceOf(TestServerException.class)
                .hasMessage(
                        "Cannot find a mongod: none is configured, on the PATH or cached, and there is no python3 to"
                                + " download one with." + REMEDY);
    }

    private Path find(Map<String, String> more) {
        Map<String, String> environment = new HashMap<>(more);
        environment.put("PATH", programs.toString());
        environment.put("CHANGEWATCH_CACHE", folder.resolve("cache").toString());
        return new MongodFinder(environment).find();
    }

    private static Path executable(Path file) throws IOException {
        return executable(file, "exit 0");
    }

    private static Path executable(Path file, String line) throws IOException {
        Files.writeString(file, "#!/bin/sh\n" + line + "\n");
        return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }
}
