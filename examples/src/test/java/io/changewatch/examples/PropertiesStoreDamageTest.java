package io.changewatch.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.changewatch.resume.CorruptCheckpointException;
import io.changewatch.resume.StoreException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class PropertiesStoreDamageTest {
    private static final String WATCHER = "order-printer";

    @TempDir
    Path folder;

    private Path file;
    private PropertiesStore store;

    @BeforeEach
    void makeStore() {
        file = folder.resolve("checkpoints.properties");
        store = new PropertiesStore(file);
    }

    @Test
    void neverTakesADamagedCheckpointForNone() throws IOException {
        Files.writeString(file, WATCHER + " = {\"version\": 1, \"tok");

        assertThatThrownBy(() -> store.load(WATCHER))
                .isInstanceOf(CorruptCheckpointException.class)
                .hasMessage("The checkpoint of watcher 'order-printer' in " + file
                        + " cannot be used: The checkpoint is damaged or was not written by ChangeWatch: it is not JSON."
                        + " Restore the file, or delete the line and choose startFrom(...).");
    }

    @Test
    void saysWhichFileItCannotRead() throws IOException {
        Files.createDirectory(file);

        assertThatThrownBy(() -> store.load(WATCHER))
                .isExactlyInstanceOf(StoreException.class)
                .hasMessageStartingWith("Cannot load the checkpoint of watcher 'order-printer' in " + file)
                .hasMessageEndingWith("See that the folder exists and can be written.");
    }

    @Test
    void leavesNothingButTheFile() {
        store.delete(WATCHER);

        assertThat(folder.toFile().list()).containsExactly("checkpoints.properties");
    }
}
