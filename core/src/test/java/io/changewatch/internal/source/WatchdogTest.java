package io.changewatch.internal.source;

import static org.assertj.core.api.Assertions.assertThat;

import io.changewatch.event.ResumeToken;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.bson.BsonDocument;
import org.bson.BsonString;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class WatchdogTest {
    private static final Duration SOON = Duration.ofSeconds(1);

    private final Watchdog watchdog = new Watchdog(Duration.ofSeconds(1), Duration.ofSeconds(10));

    @Test
    void allowsTheAwaitTimeAndTheMargin() {
        assertThat(watchdog.getMoreLimit()).isEqualTo(Duration.ofSeconds(11));
        assertThat(watchdog.openLimit()).isEqualTo(Duration.ofSeconds(10));
    }

    @Test
    void doublesTheMarginOfAGetMoreAfterEachThatIsNotAnswered() {
        watchdog.getMoreStalled(null);
        watchdog.getMoreStalled(null);

        assertThat(watchdog.getMoreLimit()).isEqualTo(Duration.ofSeconds(41));
        assertThat(watchdog.openLimit()).isEqualTo(Duration.ofSeconds(10));
    }

    @Test
    void doublesTheMarginOfAnOpeningAfterEachThatIsNotAnswered() {
        watchdog.openStalled();
        watchdog.openStalled();

        assertThat(watchdog.openLimit()).isEqualTo(Duration.ofSeconds(40));
        assertThat(watchdog.getMoreLimit()).isEqualTo(Duration.ofSeconds(11));
        assertThat(watchdog.probeLimit()).isEqualTo(Duration.ofSeconds(10));
    }

    @Test
    void neverAllowsMoreThanTenMinutes() {
        for (int i = 0; i < 1_000; i++) {
            watchdog.getMoreStalled(null);
        }

        assertThat(watchdog.getMoreLimit()).isEqualTo(Duration.ofSeconds(601));
    }

    @Test
    void keepsAMarginThatWasChosenAboveTheLimit() {
        Watchdog patient = new Watchdog(Duration.ofSeconds(1), Duration.ofHours(1));
        patient.getMoreStalled(null);

        assertThat(patient.getMoreLimit()).isEqualTo(Duration.ofSeconds(3_601));
    }

    @Test
    void returnsToTheFirstMarginWithABatchBeyondTheSilence() {
        watchdog.openStalled();
        watchdog.getMoreStalled(token(5));
        watchdog.gotBatch(batch(1, token(6)), SOON);

        expectFirstMargins();
    }

    @Test
    void returnsToTheFirstMarginWithAnEmptyBatch() {
        watchdog.getMoreStalled(token(5));
        watchdog.gotBatch(batch(0, token(5)), SOON);

        expectFirstMargins();
    }

    @Test
    void returnsToTheFirstMarginWhereTheServerSendsNoPositions() {
        watchdog.getMoreStalled(null);
        watchdog.gotBatch(batch(1, null), SOON);

        expectFirstMargins();
    }

    @Test
    void keepsTheMarginForABatchThatOnlyRepeatsWhatCameBeforeTheSilence() {
        watchdog.getMoreStalled(token(5));
        watchdog.gotBatch(batch(1, token(4)), SOON);
        watchdog.gotBatch(batch(1, token(5)), SOON);

        assertThat(watchdog.getMoreLimit()).isEqualTo(Duration.ofSeconds(21));
    }

    @Test
    void keepsTheMarginForABatchThatNeededIt() {
        watchdog.getMoreStalled(token(5));
        watchdog.gotBatch(batch(1, token(6)), Duration.ofSeconds(12));

        assertThat(watchdog.getMoreLimit()).isEqualTo(Duration.ofSeconds(21));
    }

    private void expectFirstMargins() {
        assertThat(watchdog.getMoreLimit()).isEqualTo(Duration.ofSeconds(11));
        assertThat(watchdog.openLimit()).isEqualTo(Duration.ofSeconds(10));
    }

    private static RawBatch batch(int events, @Nullable ResumeToken positionAfter) {
        return new RawBatch(new byte[0], new int[events], positionAfter, null);
    }

    private static ResumeToken token(int number) {
        return new ResumeToken(new BsonDocument("_data", new BsonString("820000000" + number)));
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
        watchdog.gotBatch(batch(0, null), SOON);
        assertThat(watchdog.isSuspicious()).isFalse();
    }

    @Test
    void saysWhatWasAskedHowLongItWaitedAndWhatComesNext() {
        watchdog.getMoreStalled(null);

        assertThat(watchdog.giveUp(
                        new CompletableFuture<>(), "A getMore on shop.orders at db1:27017", Duration.ofSeconds(11)))
                .hasMessage(
                        "A getMore on shop.orders at db1:27017 was not answered within PT11S. The connection may be half-open,"
                                + " or the server is busy, for example with a long scan of its oplog. It was given up and its cursor will be"
                                + " killed through another connection; commands given up and still on their connection: 1. Open the stream"
                                + " again: its first getMore may then take PT21S. If this repeats, raise unresponsiveAfter (PT10S).");
    }
}
