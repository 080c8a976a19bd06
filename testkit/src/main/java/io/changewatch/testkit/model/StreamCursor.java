package io.changewatch.testkit.model;

import com.mongodb.MongoException;
import io.changewatch.StartPosition;
import io.changewatch.testkit.model.EventWriter.Item;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.bson.BsonDocument;
import org.bson.BsonTimestamp;
import org.jspecify.annotations.Nullable;

/**
 * An open cursor of a change stream. It reads the whole oplog, shows what is in its scope and passes its filter, and tells
 * with each answer how far it has read, whether or not anything matched.
 */
public final class StreamCursor {
    private final Oplog oplog;
    private final EventWriter writer;
    private final int tokenVersion;
    private final StreamPlace start;

    private StreamPlace after;
    private BsonDocument positionAfter;
    private int next;
    private List<Item> items = List.of();
    private int itemsOf = -1;
    private boolean begun;
    private boolean isStartMissing;
    private boolean exhausted;
    private @Nullable MongoException failure;

    private StreamCursor(Oplog oplog, EventWriter writer, int tokenVersion, StreamPlace start, BsonDocument position) {
        this.oplog = oplog;
        this.writer = writer;
        this.tokenVersion = tokenVersion;
        this.start = start;
        this.after = start;
        this.positionAfter = position;
        this.next = oplog.indexOf(start.time());
    }

    /** @throws MongoException if the server refuses; what it does not find there it says when it reads */
    static StreamCursor open(Oplog oplog, EventWriter writer, StreamRequest request) {
        BsonDocument position = startOf(request, oplog);
        StreamPlace place = TokenText.read(position);
        if (place.isInvalidate() && request.isResumeAfter()) {
            throw ServerErrors.invalidateToken();
        }
        if (place.fragment() > 0 && !request.stages().isSplitting()) {
            throw ServerErrors.fragmentWithoutSplitting();
        }
        return new StreamCursor(oplog, writer, request.tokenVersion(), place, position);
    }

    /** A stream that begins now begins behind what is written, even if no majority has it yet. */
    private static BsonDocument startOf(StreamRequest request, Oplog oplog) {
        if (request.start() instanceof StartPosition.After token) {
            return token.token().value();
        }
        BsonTimestamp last = oplog.lastTime();
        BsonTimestamp time = request.start() instanceof StartPosition.At at
                ? at.clusterTime()
                : new BsonTimestamp(last.getTime(), last.getInc() + 1);
        return TokenText.mark(time, request.tokenVersion());
    }

    /** The answer to the opening: no event, and where the stream begins. */
    public Reply opening() {
        return new Reply(List.of(), positionAfter, oplog.lastTime(), false);
    }

    /** Whether a getMore would be answered at once. */
    public boolean isReady() {
        return failure != null || beginning().isPresent() || (oplog.isCommitted(next) && hasMore());
    }

    /** What is wrong with the place where it is to begin, before anything is read. */
    private Optional<MongoException> beginning() {
        if (begun) {
            return Optional.empty();
        }
        if (oplog.isForgotten(start.time())) {
            return Optional.of(ServerErrors.historyLost());
        }
        return start.isEvent() ? unfit(itemsAtStart()) : Optional.empty();
    }

    /** The server looks images up, and splits, before it recognizes the event of the token. */
    private Optional<MongoException> unfit(List<Item> atStart) {
        Optional<MongoException> thrown = atStart.stream()
                .map(Item::failure)
                .filter(error -> error != null && error.getCode() != ServerErrors.TOO_LARGE)
                .findFirst();
        boolean isSplitNow = start.fragment() == 0
                && !start.isInvalidate()
                && atStart.stream().anyMatch(item -> item.place().fragment() > 0);
        return isSplitNow ? Optional.of(ServerErrors.isSplitNow()) : thrown;
    }

    private List<Item> itemsAtStart() {
        List<Item> found = new ArrayList<>();
        for (int index = oplog.indexOf(start.time());
                oplog.isCommitted(index) && oplog.at(index).time().equals(start.time());
                index++) {
            writer.items(oplog.at(index)).stream()
                    .filter(item -> item.place().whole().equals(start.whole()))
                    .forEach(found::add);
        }
        return found;
    }

    /** Reads on over what does not match, as the server does while a getMore waits. */
    private boolean hasMore() {
        while (oplog.isCommitted(next) && !oplog.isForgotten(next)) {
            if (pending().isPresent()) {
                return true;
            }
            passEntry();
        }
        return oplog.isForgotten(next);
    }

    /**
     * Answers a getMore with at most {@code batchSize} events; without any if there are none. An error hides what lies before
     * it in the same batch.
     *
     * @throws MongoException if the cursor failed or was overrun
     */
    public Reply read(int batchSize) {
        throwIfFailed();
        begin();
        List<BsonDocument> events = new ArrayList<>();
        while (events.size() < batchSize && !exhausted && hasMore()) {
            if (oplog.isForgotten(next)) {
                throw ServerErrors.overrun();
            }
            Item item = take();
            if (!item.isHidden()) {
                events.add(item.event());
            }
        }
        return new Reply(events, positionAfter, oplog.lastTime(), exhausted);
    }

    private void throwIfFailed() {
        MongoException thrown = failure;
        if (thrown != null) {
            throw thrown;
        }
    }

    private void begin() {
        Optional<MongoException> unfit = beginning();
        if (unfit.isPresent()) {
            throw unfit.get();
        }
        if (!begun) {
            begun = true;
            isStartMissing = start.isEvent() && !isFound();
        }
    }

    /** The token of an event must be one of this stream's. */
    private boolean isFound() {
        List<Item> found = itemsAtStart();
        return !found.isEmpty()
                && (start.fragment() == 0
                        || found.stream().anyMatch(item -> item.place().equals(start)));
    }

    /** That the event of its token is missing the server notices when another one comes. */
    private Item take() {
        Item item = pending().orElseThrow();
        if (isStartMissing) {
            throw ServerErrors.tokenNotFound();
        }
        MongoException thrown = item.failure();
        if (thrown != null) {
            throw thrown;
        }
        after = item.place();
        positionAfter = item.token();
        exhausted = item.place().isInvalidate();
        return item;
    }

    /** What comes next of the present entry. */
    private Optional<Item> pending() {
        if (itemsOf != next) {
            items = writer.items(oplog.at(next));
            itemsOf = next;
        }
        for (Item item : items) {
            if (!after.covers(item.place())) {
                return Optional.of(item);
            }
        }
        return Optional.empty();
    }

    private void passEntry() {
        StreamPlace mark = StreamPlace.before(oplog.at(next).time());
        next++;
        if (mark.compareTo(after) > 0) {
            after = mark;
            positionAfter = TokenText.mark(mark.time(), tokenVersion);
        }
    }

    /** The next answer is {@code error}, and so is every later one. */
    public void fail(MongoException error) {
        failure = error;
    }
}
