package io.changewatch.internal.engine;

import io.changewatch.HistoryLostDecision;
import io.changewatch.HistoryLostPolicy;
import io.changewatch.StartPosition;
import io.changewatch.StreamSource;
import io.changewatch.event.Namespace;
import io.changewatch.internal.diagnose.Asked;
import io.changewatch.internal.source.SourceSettings;
import io.changewatch.resume.ResumeTokenStore;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.bson.BsonDocument;

/**
 * What a diagnosis looks at: the options of a watcher, right or wrong.
 *
 * <p>Immutable and thread-safe.
 *
 * @param pipeline the application's stages; those of {@code source} have a partition's, too
 * @param problems what {@code build()} would refuse, each as a clause
 */
public record DiagnosisPlan(
        String watcher,
        SourceSettings source,
        List<BsonDocument> pipeline,
        StreamSource streamSource,
        Optional<ResumeTokenStore> store,
        Optional<ParkingSettings> parking,
        StartPosition startFrom,
        HistoryLostDecision whenHistoryLost,
        List<Duration> headroomThresholds,
        List<String> problems) {

    /** Copies the lists. */
    public DiagnosisPlan {
        pipeline = List.copyOf(pipeline);
        headroomThresholds = List.copyOf(headroomThresholds);
        problems = List.copyOf(problems);
    }

    /** Whether the watcher, or the application for it, may go on behind a gap. */
    boolean goesOnWithoutHistory() {
        return whenHistoryLost != HistoryLostPolicy.FAIL;
    }

    String place() {
        return source.scope().map(Namespace::toString).orElse("the cluster");
    }

    Asked asked() {
        return new Asked(
                source.scope(),
                pipeline,
                source.fullDocument(),
                source.fullDocumentBeforeChange(),
                source.showExpandedEvents());
    }

    FailureMessages messages() {
        return new FailureMessages(
                watcher, source.scope(), store.map(present -> present.getClass().getSimpleName()));
    }
}
