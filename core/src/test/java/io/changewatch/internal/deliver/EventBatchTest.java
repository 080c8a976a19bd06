package io.changewatch.internal.deliver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.changewatch.Batching;
import io.changewatch.event.ChangeEvent;
import io.changewatch.event.EventContext;
import io.changewatch.event.Insert;
import io.changewatch.event.Namespace;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.bson.BsonBinary;
import org.bson.BsonDocument;
import org.bson.RawBsonDocument;
import org.bson.codecs.BsonDocumentCodec;
import org.junit.jupiter.api.Test;

final class EventBatchTest {
    private static final int OVERHEAD = new RawBsonDocument(
                    new BsonDocument("bytes", new BsonBinary(new byte[0])), new BsonDocumentCodec())
            .getByteLength();

    private final Batching limits = Batching.upTo(3).ofBytes(1_000).within(Duration.ofMillis(200));
    private final EventBatch<Integer> batch = new EventBatch<>(limits);

    private static ChangeEvent<Integer> event(int bytes) {
        RawBsonDocument raw = new RawBsonDocument(
                new BsonDocument("bytes", new BsonBinary(new byte[bytes - OVERHEAD])), new BsonDocumentCodec());
        EventContext context = new EventContext(
                DeliverySetup.token(1), DeliverySetup.time(1), Instant.EPOCH, Optional.empty(), Optional.empty(), raw);
        return new Insert<>(context, Namespace.of("shop", "orders"), new BsonDocument(), 1);
    }

    @Test
    void takesAsManyEventsAsItMay() {
        batch.add(event(20), 0);
        batch.add(event(20), 0);

        assertThat(batch.takes(event(20))).isTrue();
        batch.add(event(20), 0);
        assertThat(batch.takes(event(20))).isFalse();
        assertThat(batch.isFull()).isTrue();
    }

    @Test
    void takesNoEventThatWouldMakeItTooLarge() {
        batch.add(event(600), 0);

        assertThat(batch.takes(event(401))).isFalse();
        assertThat(batch.takes(event(400))).isTrue();
        batch.add(event(400), 0);
        assertThat(batch.isFull()).isTrue();
    }

    @Test
    void takesAnEventThatIsTooLargeForAnyBatchAlone() {
        assertThat(batch.takes(event(5_000))).isTrue();
        batch.add(event(5_000), 0);

        assertThat(batch.isFull()).isTrue();
    }

    @Test
    void isDueSoLongAfterItsFirstEvent() {
        batch.add(event(20), 1_000);
        batch.add(event(20), 50_000_000);

        assertThat(batch.nanosLeft(100_001_000)).isEqualTo(100_000_000);
        assertThat(batch.nanosLeft(200_001_000)).isZero();
    }

    @Test
    void isDueAtOnceWhenItIsFull() {
        batch.add(event(1_000), 0);

        assertThat(batch.nanosLeft(0)).isZero();
    }

    @Test
    void refusesLimitsThatNoBatchCanKeep() {
        assertThatThrownBy(() -> Batching.upTo(0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("upTo(0): a batch holds at least 1 event.");
        assertThatThrownBy(() -> limits.ofBytes(0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("ofBytes(0): a batch holds at least 1 byte.");
        assertThatThrownBy(() -> limits.within(Duration.ofMillis(-1)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("within(PT-0.001S): a time that is not negative is needed.");
    }

    @Test
    void waitsUntilItIsFullWhereThatIsAsked() {
        EventBatch<Integer> patient = new EventBatch<>(Batching.upTo(2).within(Duration.ofSeconds(Long.MAX_VALUE)));
        patient.add(event(20), -5);

        assertThat(patient.nanosLeft(5)).isEqualTo(Long.MAX_VALUE - 10);
    }
}
