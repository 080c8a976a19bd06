package io.changewatch.internal.engine;

import com.mongodb.MongoException;
import io.changewatch.UndeliverablePolicy;
import io.changewatch.internal.engine.CulpritSearch.Failed;
import io.changewatch.internal.engine.CulpritSearch.Found;
import io.changewatch.internal.engine.WatcherSettings.Recovery;
import io.changewatch.internal.source.RawBatch;
import io.changewatch.internal.source.SourceSettings;
import io.changewatch.observe.WatcherListener.EventUndeliverable;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.bson.BsonTimestamp;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is done about events that the server cannot deliver: each is found, and the watcher fails at it or leaves out exactly that
 * one.
 *
 * <p>The error has no token, and hides what lies before the event in the same batch. So, step by step:
 * <pre>
 * 1. read on after the last position, one event a batch, until it fails: the culprit is the next event
 * 2. {@link CulpritSearch} finds out which one that is
 * 3. FAIL: throw, naming it.  SKIP: report it, and open the stream without it ({@link SearchStages#without})
 * 4. when the position has passed it, the stream is opened without that stage again
 * </pre>
 * Leaving it out is what makes it work: a stream cannot be opened <em>after</em> such an event, see {@link CulpritSearch}. Where
 * nothing at its cluster time is handled, the stream begins there, so that its position is the event's and a crash comes back to it.
 *
 * <p>Called on the watcher's thread only.
 */
final class UndeliverableEvents {
    private static final Logger LOG = LoggerFactory.getLogger(UndeliverableEvents.class);
    private static final int IMAGE_MISSING = 47;
    private static final int MOST_SEARCHES_IN_VAIN = 3;

    private final SourceSettings plain;
    private final Recovery policy;
    private final CulpritSearch search;
    private final SafeListener listener;
    private final FailureMessages messages;
    private final Attempts attempts;

    private final List<Culprit> excluded = new ArrayList<>();
    private boolean careful;
    private int steps;
    private int searchesInVain;

    UndeliverableEvents(Shared<?> shared, StreamReader reader, Attempts attempts) {
        this.plain = shared.settings().source();
        this.policy = shared.settings().recovery();
        this.search = new CulpritSearch(plain, reader);
        this.listener = shared.listener();
        this.messages = shared.messages();
        this.attempts = attempts;
    }

    /** How the stream is to be opened at a place. */
    SourceSettings stream(Place place, boolean splits) {
        excluded.removeIf(event -> place.startsBehind(event.token()));
        SourceSettings stream = SearchStages.without(excluded, splits ? SearchStages.split(plain) : plain);
        steps = 0;
        return careful ? stream.withBatches(1, plain.maxAwait(), plain.unresponsiveAfter()) : stream;
    }

    /** Whether the stream has been read with care for long enough: what failed has not failed again. */
    boolean isCarefulInVain(RawBatch batch) {
        if (!careful) {
            return false;
        }
        steps++;
        careful = batch.size() > 0 && steps <= plain.batchSize();
        return !careful;
    }

    void progressed() {
        searchesInVain = 0;
    }

    /** Where to open the stream next. */
    Place respond(RuntimeException error, Place place, boolean splits) throws SourceFailure, InterruptedException {
        if (!careful) {
            careful = true;
            LOG.warn(
                    "[{}] The server cannot deliver an event ({}); reading up to it one by one.",
                    messages.watcher(),
                    FailureMessages.describe(error));
            return place;
        }
        Optional<Found> found = find(new Failed(place, splits, isImageMissing(error), excluded));
        return found.isPresent() ? leaveOut(found.get(), place, error) : foundNothing(error, place);
    }

    /** A search that such an event fails has found nothing: its error is not that of the stream, and of another event perhaps. */
    private Optional<Found> find(Failed failed) throws SourceFailure, InterruptedException {
        try {
            return search.find(failed);
        } catch (SourceFailure e) {
            if (FailureClassifier.isUndeliverable(e.error())) {
                return Optional.empty();
            }
            throw e;
        }
    }

    /** An event that was received and cannot be used. */
    void passOver(Culprit event, RuntimeException error) {
        if (policy.whenUndeliverable() == UndeliverablePolicy.FAIL) {
            throw messages.undeliverable(Optional.of(event), error);
        }
        LOG.warn(
                "[{}] Skipped {}: {}. It cannot be delivered; going on behind it, as whenUndeliverable says.",
                messages.watcher(),
                event.describe(),
                FailureMessages.describe(error));
        listener.eventUndeliverable(new EventUndeliverable(
                messages.watcher(), event.namespace(), event.documentKey(), event.clusterTime(), event.token(), error));
    }

    /** By cluster time, as the search was: after a token of another version the stream would name events by other tokens. */
    private Place leaveOut(Found found, Place place, RuntimeException error) {
        careful = false;
        searchesInVain = 0;
        Culprit culprit = found.culprit();
        if (!found.handled().isEmpty()) {
            excluded.addAll(found.handled());
            return place.from(culprit.clusterTime());
        }
        if (!isLeftOut(culprit)) {
            passOver(culprit, error);
        }
        BsonTimestamp from = place.origin().orElse(culprit.clusterTime());
        if (found.isNext() && culprit.clusterTime().compareTo(from) > 0) {
            from = culprit.clusterTime();
            excluded.clear();
        }
        excluded.add(culprit);
        return place.from(from);
    }

    /** It was told before, and the stream has begun to split: then its tokens are others. */
    private boolean isLeftOut(Culprit culprit) {
        return excluded.stream().anyMatch(event -> event.token().isAt(culprit.token()));
    }

    private Place foundNothing(RuntimeException error, Place place) throws InterruptedException {
        searchesInVain++;
        if (searchesInVain >= MOST_SEARCHES_IN_VAIN) {
            throw messages.undeliverable(Optional.empty(), error);
        }
        if (!attempts.waitAfter(error, policy.retry())) {
            throw messages.givenUp(attempts.failures(), error);
        }
        return place;
    }

    private boolean isImageMissing(RuntimeException error) {
        return error instanceof MongoException mongo
                && mongo.getCode() == IMAGE_MISSING
                && SearchStages.requiresImages(plain);
    }
}
