package io.changewatch.internal.engine;

import io.changewatch.StartPosition;
import io.changewatch.event.ResumeToken;
import io.changewatch.internal.source.ChangeCursor;
import io.changewatch.internal.source.RawBatch;
import io.changewatch.internal.source.SourceSettings;
import io.changewatch.internal.source.StalledStreamException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.bson.BsonTimestamp;
import org.bson.RawBsonDocument;
import org.bson.codecs.BsonDocumentCodec;

/**
 * Finds the event at which the server fails, where the error does not name it.
 *
 * <p>A stream that cannot fail lists candidates behind a place in their order; then the watcher's own stream, restricted to the
 * first so many of them, is asked whether it fails. The culprit is the last of the smallest number with which it does: that is
 * proof, whatever the pipeline does. Candidates are, by the kind of failure:
 * <pre>
 * too large      what the watcher's pipeline lets through, with the images that are there, but only the small fields sent
 * image missing  changes that lack an image which is required, before any stage: the pipeline's own conditions on images cannot be
 *                evaluated for them, and those on other fields the server applies earlier or later as it likes
 * </pre>
 * Everything is opened by cluster time. By token it would not do: the server looks images up, and splits, before it recognizes the
 * event of the token (measured on 6.0.27: {@code startAfter} an event fails with 47 or 7182500 like the event itself; and a
 * token of the stage {@code $changeStreamSplitLargeEvent} names a fragment, so that one without is not found, 280 or 7182504).
 *
 * <p>Called on the watcher's thread only.
 */
final class CulpritSearch {
    /** How many candidates are looked at, in turn: most often the first is the culprit. */
    private static final List<Integer> PAGES = List.of(1, 10, 100, 1_000, 10_000);

    private static final int LARGEST_BATCH = 1_000;
    /** A stream with nothing to send answers that soon. */
    private static final Duration SHORT_AWAIT = Duration.ofMillis(10);

    private static final int MOST_DOUBLINGS = 6;

    private final SourceSettings plain;
    private final StreamReader reader;
    private int stalls;

    CulpritSearch(SourceSettings plain, StreamReader reader) {
        this.plain = plain;
        this.reader = reader;
    }

    /**
     * What is looked for.
     *
     * @param place everything up to here is handled
     * @param splits whether the stream has large events split
     * @param imageMissing whether an image is missing; else an event is too large
     * @param excluded events that the stream leaves out
     */
    record Failed(Place place, boolean splits, boolean imageMissing, List<Culprit> excluded) {}

    /**
     * What was found.
     *
     * @param isNext whether the stream has nothing between the place and the culprit
     * @param handled empty, or the culprits are these: events at the place that are handled already
     */
    record Found(Culprit culprit, boolean isNext, List<Culprit> handled) {}

    /** Empty where the stream does not fail any more, or more than 10,000 candidates are between. */
    Optional<Found> find(Failed failed) throws SourceFailure, InterruptedException {
        try {
            Optional<Found> found = search(failed);
            stalls = 0;
            return found;
        } catch (SourceFailure e) {
            stalls += e.error() instanceof StalledStreamException && stalls < MOST_DOUBLINGS ? 1 : 0;
            throw e;
        }
    }

    private Optional<Found> search(Failed failed) throws SourceFailure, InterruptedException {
        Optional<BsonTimestamp> from = failed.place().origin();
        if (from.isEmpty()) {
            return Optional.empty();
        }
        for (int page : PAGES) {
            Candidates candidates = candidates(failed, from.get(), page);
            if (page == PAGES.get(0) && fails(failed, candidates.handled)) {
                return Optional.of(new Found(candidates.handled.get(0), false, candidates.handled));
            }
            if (fails(failed, candidates.ahead)) {
                return Optional.of(first(failed, candidates.ahead));
            }
            if (candidates.ahead.size() < page) {
                return Optional.empty();
            }
        }
        return Optional.empty();
    }

    /** Of candidates with which the stream fails, the one it fails at. */
    private Found first(Failed failed, List<Culprit> ahead) throws SourceFailure, InterruptedException {
        int passing = 0;
        int failing = ahead.size();
        while (failing - passing > 1) {
            int middle = (passing + failing) / 2;
            if (fails(failed, ahead.subList(0, middle))) {
                failing = middle;
            } else {
                passing = middle;
            }
        }
        // A change without its image that does not fail is filtered out; a large one would be handed out by now.
        return new Found(ahead.get(failing - 1), failed.imageMissing() || failing == 1, List.of());
    }

    /** The candidates from a cluster time on, until there are {@code enough} or no more for now. */
    private Candidates candidates(Failed failed, BsonTimestamp from, int enough)
            throws SourceFailure, InterruptedException {
        SourceSettings small = failed.imageMissing() ? SearchStages.lackingImages(plain) : SearchStages.passing(plain);
        SourceSettings probe = SearchStages.without(failed.excluded(), split(failed, small))
                .withBatches(Math.min(enough, LARGEST_BATCH), plain.maxAwait(), margin());
        Candidates candidates = new Candidates(failed.place());
        read(probe, from, (batch, ended) -> (candidates.add(batch) || ended) && candidates.ahead.size() < enough);
        return candidates;
    }

    /** Whether the watcher's stream fails if it has nothing but these events. */
    private boolean fails(Failed failed, List<Culprit> events) throws SourceFailure, InterruptedException {
        if (events.isEmpty()) {
            return false;
        }
        SourceSettings probe =
                SearchStages.only(events, split(failed, plain)).withBatches(plain.batchSize(), SHORT_AWAIT, margin());
        try {
            readThrough(
                    probe,
                    events.get(0).clusterTime(),
                    events.get(events.size() - 1).clusterTime());
            return false;
        } catch (SourceFailure e) {
            if (FailureClassifier.isUndeliverable(e.error())) {
                return true;
            }
            throw e;
        }
    }

    private void readThrough(SourceSettings probe, BsonTimestamp from, BsonTimestamp to)
            throws SourceFailure, InterruptedException {
        read(probe, from, (batch, ended) -> !isThrough(batch, to));
    }

    /** Reads as long as it is wanted, behind an invalidate too: the position may be that of one. */
    private void read(SourceSettings probe, BsonTimestamp from, Wanted wanted)
            throws SourceFailure, InterruptedException {
        Optional<StartPosition> next = Optional.of(StartPosition.at(from));
        while (next.isPresent()) {
            StartPosition start = next.get();
            next = readOne(probe, start, wanted).filter(behind -> !behind.equals(start));
        }
    }

    /** Returns the place behind the invalidate that has ended the stream. */
    private Optional<StartPosition> readOne(SourceSettings probe, StartPosition start, Wanted wanted)
            throws SourceFailure, InterruptedException {
        ChangeCursor open = reader.open(start, probe);
        try {
            RawBatch batch = reader.peek(open); // the opening
            boolean more = true;
            while (more && !open.isExhausted()) {
                batch = reader.peek(open);
                more = wanted.after(batch, open.isExhausted());
            }
            return more ? Optional.ofNullable(batch.positionAfter()).map(StartPosition::after) : Optional.empty();
        } finally {
            reader.close(open);
        }
    }

    /** Whether more is wanted after a batch. */
    @FunctionalInterface
    private interface Wanted {
        boolean after(RawBatch batch, boolean ended);
    }

    /** The server has nothing more for now, and has come to {@code to}. */
    private static boolean isThrough(RawBatch batch, BsonTimestamp to) {
        ResumeToken position = batch.positionAfter();
        return batch.size() == 0
                && (position == null
                        || TokenTime.of(position)
                                .filter(time -> time.compareTo(to) < 0)
                                .isEmpty());
    }

    private static SourceSettings split(Failed failed, SourceSettings stream) {
        return failed.splits() ? SearchStages.split(stream) : stream;
    }

    /** Grows after each search without an answer, as a scan of the oplog may outlast it. */
    private Duration margin() {
        return plain.unresponsiveAfter().multipliedBy(1L << stalls);
    }

    /** Candidates in their order, those that are handled apart. */
    private static final class Candidates {
        private final Place place;
        private final List<Culprit> handled = new ArrayList<>();
        private final List<Culprit> ahead = new ArrayList<>();

        Candidates(Place place) {
            this.place = place;
        }

        /** Whether the batch held any. */
        boolean add(RawBatch batch) {
            for (int offset : batch.offsets()) {
                byte[] bytes = batch.bytes();
                RawBsonDocument event = new RawBsonDocument(bytes, offset, bytes.length - offset);
                Culprit.of(event.decode(new BsonDocumentCodec())).ifPresent(this::add);
            }
            return batch.size() > 0;
        }

        /** Of what is handled, a stream that is opened by token meets the event of that token and none before it. */
        private void add(Culprit event) {
            if (!place.isPassed(event.token())) {
                ahead.add(event);
            } else if (!place.startsBehind(event.token()) || place.startsAt(event.token())) {
                handled.add(event);
            }
        }
    }
}
