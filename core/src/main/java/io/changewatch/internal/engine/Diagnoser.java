package io.changewatch.internal.engine;

import com.mongodb.MongoClientSettings;
import com.mongodb.reactivestreams.client.MongoClient;
import com.mongodb.reactivestreams.client.MongoClients;
import io.changewatch.diagnose.Diagnosis;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Looks at everything that a watcher depends on, on the application's client or on one that is made and closed here.
 *
 * <p>Stateless and thread-safe.
 */
public final class Diagnoser {
    private static final Duration PATIENCE_WHEN_CLOSING = Duration.ofSeconds(1);

    private Diagnoser() {}

    /** A diagnosis through {@code client}, or, if that is null, through a client made from {@code settings}. */
    public static Diagnosis diagnose(
            DiagnosisPlan plan,
            @Nullable MongoClient client,
            @Nullable MongoClientSettings settings,
            Surroundings surroundings) {
        return client == null
                ? diagnoseAlone(plan, Objects.requireNonNull(settings), surroundings)
                : new Examination(plan, client, Optional.empty(), surroundings).diagnosis();
    }

    private static Diagnosis diagnoseAlone(
            DiagnosisPlan plan, MongoClientSettings settings, Surroundings surroundings) {
        MongoClient own;
        try {
            own = MongoClients.create(settings);
        } catch (RuntimeException e) {
            return Examination.withoutClient(plan, e);
        }
        try {
            int pool = settings.getConnectionPoolSettings().getMaxSize();
            return new Examination(plan, own, Optional.of(pool), surroundings).diagnosis();
        } finally {
            new Farewell(surroundings, "changewatch-" + plan.watcher() + "-diagnose-close", PATIENCE_WHEN_CLOSING)
                    .say(own::close);
        }
    }
}
