package io.changewatch.internal.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.changewatch.WatcherState;
import io.changewatch.deadletter.ParkingOrder;
import io.changewatch.resume.StoreException;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class LetterStoreCallsTest {
    private final PassingTime locks = new PassingTime();
    private final Lifecycle lifecycle = new Lifecycle("orders", new RecordingListener(), locks.lock());
    private final LetterStoreCalls calls = new LetterStoreCalls(
            "orders",
            new ParkingSettings(
                    new MemoryLetters(),
                    ParkingOrder.GO_ON,
                    (failures, elapsed, random) -> Optional.of(Duration.ofMillis(1))),
            lifecycle,
            new ManualSurroundings());

    /** Shown as running, it would look as if it had lost its stream. */
    @Test
    void leaveAWatcherPausedThatIsPausedWhileTheyFail() throws InterruptedException {
        Iterator<Boolean> answers = List.of(false, true).iterator();
        lifecycle.starting();
        lifecycle.running();
        locks.beforeNextLock(() -> locks.beforeNextLock(lifecycle::paused)); // behind a look at the state
        calls.call("park an event", () -> succeedIf(answers.next()));

        assertThat(lifecycle.state()).isEqualTo(WatcherState.PAUSED);
    }

    private static boolean succeedIf(boolean works) {
        if (!works) {
            throw new StoreException("The letters are broken.", null);
        }
        return true;
    }
}
