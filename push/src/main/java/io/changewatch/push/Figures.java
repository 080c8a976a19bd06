package io.changewatch.push;

import io.changewatch.push.Admission.Reason;
import java.time.Clock;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/**
 * Counts what the feed does.
 *
 * <p>Thread-safe.
 */
final class Figures {
    final LatencyRecorder latency = new LatencyRecorder();
    final LongAdder attached = new LongAdder();
    final LongAdder events = new LongAdder();
    final LongAdder sent = new LongAdder();
    final LongAdder sentBytes = new LongAdder();
    final LongAdder dropped = new LongAdder();
    final LongAdder conflated = new LongAdder();
    final LongAdder oversize = new LongAdder();
    final LongAdder replayedFromBuffer = new LongAdder();
    final LongAdder replayedFromServer = new LongAdder();
    final LongAdder gaps = new LongAdder();
    final LongAdder slow = new LongAdder();
    final LongAdder dead = new LongAdder();

    private final Clock clock;
    private final Map<Reason, LongAdder> refused = new EnumMap<>(Reason.class);

    Figures(Clock clock) {
        this.clock = clock;
        for (Reason reason : Reason.values()) {
            refused.put(reason, new LongAdder());
        }
    }

    void sent(Message message) {
        sent.increment();
        sentBytes.add(message.bytes());
        if (message.changedAt() != null) {
            latency.record(Duration.between(message.changedAt(), clock.instant()));
        }
    }

    void refused(Reason reason) {
        refused.getOrDefault(reason, new LongAdder()).increment();
    }

    Map<Reason, Long> refused() {
        Map<Reason, Long> counts = new EnumMap<>(Reason.class);
        refused.forEach((reason, count) -> {
            if (count.sum() > 0) {
                counts.put(reason, count.sum());
            }
        });
        return counts;
    }
}
