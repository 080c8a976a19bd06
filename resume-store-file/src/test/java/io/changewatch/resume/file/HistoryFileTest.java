package io.changewatch.resume.file;

import static org.assertj.core.api.Assertions.assertThat;

import io.changewatch.event.ResumeToken;
import io.changewatch.resume.Checkpoint;
import io.changewatch.resume.Fingerprint;
import io.changewatch.resume.HistoryPolicy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.bson.BsonDocument;
import org.bson.BsonString;
import org.bson.BsonTimestamp;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class HistoryFileTest {
    private static final String WATCHER = "order-indexer";

    @TempDir
    Path folder;

    private static Checkpoint savedAt(int minutes) {
        return new Checkpoint(
                new ResumeToken(new BsonDocument("_data", new BsonString("A"))),
                new BsonTimestamp(1_000 + minutes, 1),
                Instant.parse("2026-05-01T10:00:00Z").plus(Duration.ofMinutes(minutes)),
                new Fingerprint("shop.orders", ""),
                0);
    }

    @Test
    void keepsOneInAMinute() {
        try (FileResumeTokenStore store = FileResumeTokenStore.in(folder)) {
            store.save(WATCHER, savedAt(1));
            store.save(WATCHER, savedAt(1));
            store.save(WATCHER, savedAt(2));

            assertThat(store.history(WATCHER)).containsExactly(savedAt(2), savedAt(1));
        }
    }

    @Test
    void keepsNoneWhereNoneIsWanted() {
        try (FileResumeTokenStore store = FileResumeTokenStore.in(folder).keepHistory(HistoryPolicy.none())) {
            store.save(WATCHER, savedAt(1));

            assertThat(store.history(WATCHER)).isEmpty();
            assertThat(folder.resolve(WATCHER + ".history")).doesNotExist();
        }
    }

    @Test
    void aDamagedLineCostsThatLine() throws IOException {
        try (FileResumeTokenStore store = FileResumeTokenStore.in(folder)) {
            store.save(WATCHER, savedAt(1));
            store.save(WATCHER, savedAt(2));
            List<String> lines = new ArrayList<>(Files.readAllLines(folder.resolve(WATCHER + ".history")));
            lines.set(0, lines.get(0).replace("1002", "1003"));
            Files.write(folder.resolve(WATCHER + ".history"), lines);

            assertThat(store.history(WATCHER)).containsExactly(savedAt(1));
        }
    }

    @Test
    void oneThatCannotBeWrittenDisturbsNoSave() throws IOException {
        Files.createDirectory(folder.resolve(WATCHER + ".history"));
        try (FileResumeTokenStore store = FileResumeTokenStore.in(folder)) {
            store.save(WATCHER, savedAt(1));

            assertThat(store.load(WATCHER)).contains(savedAt(1));
        }
    }

    /** The generation before stands in for a damaged file: it must not be the later position that was left. */
    @Test
    void aResetReplacesTheGenerationBefore() throws IOException {
        try (FileResumeTokenStore store = FileResumeTokenStore.in(folder)) {
            store.save(WATCHER, savedAt(5));
            store.reset(WATCHER, savedAt(1));
            store.release(WATCHER);
            Files.writeString(folder.resolve(WATCHER + ".checkpoint"), "damaged");

            assertThat(store.load(WATCHER)).contains(savedAt(1));
        }
    }
}
