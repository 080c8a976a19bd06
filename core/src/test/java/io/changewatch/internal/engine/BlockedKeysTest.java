package io.changewatch.internal.engine;

import static io.changewatch.internal.engine.Events.insert;
import static io.changewatch.internal.engine.Events.time;
import static io.changewatch.internal.engine.Events.token;
import static org.assertj.core.api.Assertions.assertThat;

import io.changewatch.deadletter.DeadLetter;
import io.changewatch.deadletter.ParkingOrder;
import io.changewatch.deadletter.ParkingReason;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.junit.jupiter.api.Test;

final class BlockedKeysTest {
    private final ManualSurroundings time = new ManualSurroundings();
    private Runnable whileAsked = () -> {};
    private final MemoryLetters letters = new MemoryLetters() {
        @Override
        public Optional<String> oldestOf(String watcher, String key) {
            Optional<String> oldest = super.oldestOf(watcher, key);
            whileAsked.run();
            return oldest;
        }
    };

    private BlockedKeys keys(int limit) {
        LetterStoreCalls calls = new LetterStoreCalls(
                "orders",
                new ParkingSettings(
                        letters, ParkingOrder.BLOCK_KEY, (failures, elapsed, random) -> Optional.of(Duration.ZERO)),
                new Lifecycle("orders", new RecordingListener(), new ReentrantLock()),
                time);
        return new BlockedKeys("orders", letters, calls, time, limit);
    }

    private static DeadLetter letter(int id, int seconds) {
        return DeadLetter.of(
                "orders",
                insert(token(seconds), time(seconds), id),
                ParkingReason.FAILED,
                Optional.empty(),
                1,
                ManualSurroundings.BEGIN);
    }

    private static String key(int id) {
        return letter(id, 1).key().orElseThrow();
    }

    private void park(BlockedKeys blocked, DeadLetter letter) {
        letters.park(letter);
        blocked.note(letter.key().orElseThrow());
    }

    private void remove(DeadLetter letter) {
        letters.remove("orders", letter.id());
    }

    @Test
    void costsNothingWhileNothingIsBlocked() throws InterruptedException {
        BlockedKeys blocked = keys(10);

        for (int i = 0; i < 100; i++) {
            assertThat(blocked.isNothingBlocked()).isTrue();
        }

        assertThat(letters.questions.get()).isEqualTo(1);
    }

    /** The worker of a document asks, and hears that it is free, while the next event of it is parked. */
    @Test
    void doesNotForgetALetterThatIsParkedWhileItAsks() throws InterruptedException {
        BlockedKeys blocked = keys(10);
        assertThat(blocked.isNothingBlocked()).isTrue();
        park(blocked, letter(1, 1));
        remove(letter(1, 1));
        whileAsked = () -> park(blocked, letter(1, 2));

        assertThat(blocked.isBlocked(key(1))).isFalse();

        whileAsked = () -> {};
        assertThat(blocked.isBlocked(key(1))).isTrue();
    }

    @Test
    void asksAboutEveryDocumentWhereMoreAreBlockedThanFit() throws InterruptedException {
        BlockedKeys blocked = keys(3);
        assertThat(blocked.isNothingBlocked()).isTrue();
        for (int id = 1; id <= 4; id++) {
            park(blocked, letter(id, id));
        }

        for (int id = 1; id <= 4; id++) {
            assertThat(blocked.isNothingBlocked()).isFalse();
            assertThat(blocked.isBlocked(key(id))).isTrue();
        }
        assertThat(blocked.isBlocked(key(5))).isFalse();
    }

    @Test
    void asksNoMoreWhenFewAreBlockedAgain() throws InterruptedException {
        BlockedKeys blocked = keys(3);
        assertThat(blocked.isNothingBlocked()).isTrue();
        for (int id = 1; id <= 4; id++) {
            park(blocked, letter(id, id));
        }
        for (int id = 1; id <= 3; id++) {
            remove(letter(id, id));
        }
        assertThat(blocked.isNothingBlocked()).isFalse();
        time.advance(Duration.ofSeconds(10));
        assertThat(blocked.isNothingBlocked()).isFalse();
        int questions = letters.questions.get();

        assertThat(blocked.isBlocked(key(1))).isFalse();
        assertThat(blocked.isBlocked(key(7))).isFalse();
        assertThat(letters.questions.get()).as("nothing asked").isEqualTo(questions);
        assertThat(blocked.isBlocked(key(4))).isTrue();
    }

    @Test
    void asksAboutEveryDocumentWhereTheStoreHoldsMoreThanFitAtTheStart() throws InterruptedException {
        for (int id = 1; id <= 4; id++) {
            letters.park(letter(id, id));
        }
        BlockedKeys blocked = keys(3);

        assertThat(blocked.isNothingBlocked()).isFalse();
        for (int id = 1; id <= 4; id++) {
            assertThat(blocked.isBlocked(key(id))).isTrue();
        }
        assertThat(blocked.isBlocked(key(5))).isFalse();
    }
}
