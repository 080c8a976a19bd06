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
    private final boolean isSplitting;

    private StreamPlace after;
    private BsonDocument positionAfter;
    private int next;
    private List<Item> items = List.of();
    private int itemsOf = -1;
    private boolean exhausted;
    private @Nullable MongoException failure;

    private StreamCursor(
            Oplog oplog, EventWriter writer, StreamRequest request, StreamPlace after, BsonDocument position) {
        this.oplog = oplog;
        this.writer = writer;
        this.tokenVersion = request.tokenVersion();
        this.isSplitting = request.isSplitting();
        this.after = after;
        this.positionAfter = position;
        this.next = oplog.indexOf(after.time());
    }

    /** @throws MongoException if the server refuses */
    static StreamCursor open(Oplog oplog, EventWriter writer, StreamRequest request) {
        BsonDocument position = startOf(request, oplog);
        StreamPlace place = TokenText.read(position);
        if (place.time().compareTo(oplog.oldestTime()) < 0) {
            throw ServerErrors.historyLost();
        }
        if (place.isInvalidate() && request.isResumeAfter()) {
            throw ServerErrors.invalidateToken();
        }
        StreamCursor cursor = new StreamCursor(oplog, writer, request, place, position);
        if (place.isEvent() && !cursor.finds(place)) {
            throw ServerErrors.tokenNotFound();
        }
        return cursor;
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

    /** The token of an event must be one of this stream's. */
    private boolean finds(StreamPlace place) {
        for (int index = next;
                oplog.isCommitted(index) && oplog.at(index).time().equals(place.time());
                index++) {
            OplogEntry entry = oplog.at(index);
            if (entry.index() == place.index()) {
                return isShown(entry, place);
            }
        }
        return false;
    }

    private boolean isShown(OplogEntry entry, StreamPlace place) {
        if (place.fragment() > 0) {
            return isSplitting
                    && writer.shows(entry)
                    && place.fragment() <= entry.change().fragments();
        }
        return writer.items(entry).stream()
                .anyMatch(item -> item.place().whole().equals(place));
    }

    /** The answer to the opening: no event, and where the stream begins. */
    public Reply opening() {
        return new Reply(List.of(), positionAfter, oplog.lastTime(), false);
    }

    /** Whether a getMore would be answered at once. */
    public boolean isReady() {
        return failure != null || (oplog.isCommitted(next) && hasMore());
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
     * Answers a getMore with at most {@code batchSize} events; without any if there are none.
     *
     * @throws MongoException if the cursor failed or was overrun
     */
    public Reply read(int batchSize) {
        throwIfFailed();
        List<BsonDocument> events = new ArrayList<>();
        while (events.size() < batchSize && !exhausted && hasMore()) {
            if (oplog.isForgotten(next)) {
                throw ServerErrors.overrun();
            }
            if (isTooLarge() && !events.isEmpty()) {
                break; // the events before it are sent first
            }
            events.add(take());
        }
        return new Reply(events, positionAfter, oplog.lastTime(), exhausted);
    }

    private void throwIfFailed() {
        MongoException thrown = failure;
        if (thrown != null) {
            throw thrown;
        }
    }

    private boolean isTooLarge() {
        OplogEntry entry = oplog.at(next);
        return !isSplitting
                && entry.change().fragments() > 1
                && pending().filter(item -> !item.place().isInvalidate()).isPresent();
    }

    private BsonDocument take() {
        if (isTooLarge()) {
            throw ServerErrors.tooLarge();
        }
        Item item = pending().orElseThrow();
        after = item.place();
        positionAfter = item.event().getDocument("_id");
        exhausted = item.place().isInvalidate();
        return item.event();
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
