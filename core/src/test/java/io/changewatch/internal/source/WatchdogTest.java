package io.changewatch.internal.source;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

final class WatchdogTest {
    private final Watchdog watchdog = new Watchdog(Duration.ofSeconds(1), Duration.ofSeconds(10));

    @Test
    void allowsTheAwaitTimeAndTheMargin() {
        assertThat(watchdog.getMoreLimit()).isEqualTo(Duration.ofSeconds(11));
        assertThat(watchdog.openLimit()).isEqualTo(Duration.ofSeconds(10));
    }

    @Test
    void doublesTheMarginOfAGetMoreAfterEachFruitlessCursor() {
        watchdog.firstGetMoreStalled();
        watchdog.firstGetMoreStalled();

        assertThat(watchdog.getMoreLimit()).isEqualTo(Duration.ofSeconds(41));
        assertThat(watchdog.openLimit()).isEqualTo(Duration.ofSeconds(10));
    }

    @Test
    void neverAllowsMoreThanTenMinutes() {
        for (int i = 0; i < 1_000; i++) {
            watchdog.firstGetMoreStalled();
        }

        assertThat(watchdog.getMoreLimit()).isEqualTo(Duration.ofSeconds(601));
    }

    @Test
    void keepsAMarginThatWasChosenAboveTheLimit() {
        Watchdog patient = new Watchdog(Duration.ofSeconds(1), Duration.ofHours(1));
        patient.firstGetMoreStalled();

        assertThat(patient.getMoreLimit()).isEqualTo(Duration.ofSeconds(3_601));
    }

    @Test
    void returnsToTheFirstMarginWithAnyBatch() {
        watchdog.firstGetMoreStalled();
        watchdog.gotBatch();

        assertThat(watchdog.getMoreLimit()).isEqualTo(Duration.ofSeconds(11));
    }

    @Test
    void countsWhatWasGivenUpUntilItEnds() {
        CompletableFuture<String> command = new CompletableFuture<>();
        watchdog.giveUp(command, "A getMore", Duration.ofSeconds(11));
        assertThat(watchdog.stuckCommands()).isEqualTo(1);

        command.completeExceptionally(new IllegalStateException("the socket ended"));
        assertThat(watchdog.stuckCommands()).isZero();
    }

    @Test
    void suspectsOtherConnectionsUntilABatchArrives() {
        assertThat(watchdog.isSuspicious()).isFalse();
        watchdog.giveUp(new CompletableFuture<>(), "A getMore", Duration.ofSeconds(11));
        assertThat(watchdog.isSuspicious()).isTrue();
        watchdog.gotBatch();
        assertThat(watchdog.isSuspicious()).isFalse();
    }

    @Test
    void saysWhatWasAskedHowLongItWaitedAndWhatComesNext() {
        watchdog.firstGetMoreStalled();

        assertThat(watchdog.giveUp(
                        new CompletableFuture<>(), "A getMore on shop.orders at db1:27017", Duration.ofSeconds(11)))
                .hasMessage(
                        "A getMore on shop.orders at db1:27017 was not answered within PT11S. The connection may be half-open,"
                                + " or the server is busy, for example with a long scan of its oplog. It was given up and its cursor will be"
                                + " killed through another connection; commands given up and still on their connection: 1. Open the stream"
                                + " again: its first getMore may then take PT21S. If this repeats, raise unresponsiveAfter (PT10S).");
    }
}
