package io.changewatch.internal.deliver;

import static org.assertj.core.api.Assertions.assertThat;

import io.changewatch.event.ResumeToken;
import io.changewatch.internal.deliver.LowWatermark.Entry;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.bson.BsonDocument;
import org.bson.BsonString;
import org.bson.BsonTimestamp;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class LowWatermarkTest {
    private final List<Integer> reported = new ArrayList<>();
    private int reportedEvents;
    private final LowWatermark watermark = new LowWatermark((token, clusterTime, events) -> {
        reported.add(clusterTime.getTime());
        reportedEvents += events;
    });

    @Test
    void reportsAnEventWhenAllBeforeItAreFinished() {
        Entry first = add(1);
        Entry second = add(2);
        Entry third = add(3);

        watermark.finish(third);
        watermark.finish(second);
        assertThat(reported).isEmpty();
        watermark.finish(first);
        assertThat(reported).containsExactly(3);
        assertThat(reportedEvents).isEqualTo(3);
    }

    @Test
    void reportsAPositionAtOnceWhereNothingIsOpen() {
        pass(1);
        pass(2);

        assertThat(reported).containsExactly(1, 2);
        assertThat(reportedEvents).isZero();
    }

    @Test
    void holdsAPositionBackBehindAnOpenEvent() {
        Entry first = add(1);
        pass(2);
        pass(3);
        assertThat(reported).isEmpty();

        watermark.finish(first);
        assertThat(reported).containsExactly(3);
        assertThat(reportedEvents).isEqualTo(1);
    }

    @Test
    void finishingTwiceIsNoNews() {
        Entry first = add(1);

        assertThat(watermark.finish(first)).isTrue();
        assertThat(watermark.finish(first)).isFalse();
        assertThat(reportedEvents).isEqualTo(1);
    }

    @Test
    void finishesTheOldestThatIsOpen() {
        add(1);
        Entry second = add(2);
        add(3);
        watermark.finish(second);

        watermark.finishOldest();
        assertThat(reported).containsExactly(2);
        watermark.finishOldest();
        assertThat(reported).containsExactly(2, 3);
        watermark.finishOldest();
        assertThat(watermark.openEvents()).isZero();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
    void agreesWithAModelWhateverTheOrder(long seed) {
        Random random = new Random(seed);
        List<Entry> entries = new ArrayList<>();
        List<Boolean> finished = new ArrayList<>(); // the model: position i + 1 is finished
        for (int step = 0; step < 2_000; step++) {
            switch (random.nextInt(3)) {
                case 0 -> {
                    entries.add(add(finished.size() + 1));
                    finished.add(false);
                }
                case 1 -> {
                    pass(finished.size() + 1);
                    entries.add(null);
                    finished.add(true);
                }
                default -> finishOne(random, entries, finished);
            }
            assertThat(last(reported)).as("seed %d, step %d", seed, step).isEqualTo(expected(finished));
        }
    }

    private void finishOne(Random random, List<Entry> entries, List<Boolean> finished) {
        List<Integer> open = new ArrayList<>();
        for (int i = Math.max(0, finished.size() - 50); i < finished.size(); i++) {
            if (!finished.get(i)) {
                open.add(i);
            }
        }
        if (!open.isEmpty()) {
            int chosen = open.get(random.nextInt(open.size()));
            finished.set(chosen, true);
            watermark.finish(entries.get(chosen));
        }
    }

    private static int last(List<Integer> reports) {
        return reports.isEmpty() ? 0 : reports.get(reports.size() - 1);
    }

    private static int expected(List<Boolean> finished) {
        int firstOpen = finished.indexOf(false);
        return firstOpen < 0 ? finished.size() : firstOpen;
    }

    private Entry add(int position) {
        return watermark.add(token(position), new BsonTimestamp(position, 1));
    }

    private void pass(int position) {
        watermark.passed(token(position), new BsonTimestamp(position, 1));
    }

    private static ResumeToken token(int position) {
        return new ResumeToken(new BsonDocument("_data", new BsonString("82" + position)));
    }
}
