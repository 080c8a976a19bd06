package io.changewatch.internal.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.changewatch.WatcherState;
import io.changewatch.observe.WatcherActivity;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

final class PulseTest {
    private final Pulse pulse = new Pulse();

    @Test
    void knowsNothingOfABatchThatWasHandledBeforeItBegan() {
        long late = Duration.ofHours(1).toNanos();
        pulse.begins(0);
        pulse.batchBegins(0);
        assertThat(activity(late)).isEqualTo(WatcherActivity.HANDLER_BUSY);
        pulse.begins(late);

        assertThat(activity(late)).isEqualTo(WatcherActivity.IDLE);
    }

    private WatcherActivity activity(long nanos) {
        return pulse.progress(WatcherState.RUNNING, WatchSetup.source(), Optional.empty(), OptionalLong.empty(), nanos)
                .activity();
    }
}
