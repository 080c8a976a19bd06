package io.changewatch.internal.engine;

import io.changewatch.StartPosition;
import io.changewatch.event.ResumeToken;
import io.changewatch.internal.checkpoint.Position;
import java.util.Optional;
import org.bson.BsonString;
import org.bson.BsonTimestamp;
import org.jspecify.annotations.Nullable;

/**
 * Where the stream is opened next.
 *
 * @param start what the server is told
 * @param position the last position that is complete; null if there is none yet
 * @param handledThrough events up to this token are handled already and come again, because the stream is opened by
 *     cluster time; null if none do
 */
record Place(
        StartPosition start,
        @Nullable Position position,
        @Nullable ResumeToken handledThrough) {
    private static final String END_MARK = "04";

    /** Without a checkpoint. */
    static Place at(StartPosition start) {
        return new Place(start, null, null);
    }

    /** After a complete position. */
    static Place after(Position position) {
        return new Place(StartPosition.after(position.token()), position, null);
    }

    /** From the cluster time of a position, for a stream that does not contain its token. */
    static Place throughTimeOf(Position position) {
        return new Place(StartPosition.at(position.clusterTime()), position, position.token());
    }

    /** Whether an event with this token was handled before; where tokens have no order, rather once too often than never. */
    boolean isHandled(ResumeToken token) {
        return handledThrough != null && (token.isBefore(handledThrough) || token.isAt(handledThrough));
    }

    /** The same, opened next after {@code reread}, up to where all has come again: the stream may have ended there. */
    Place rereadUpTo(Position reread) {
        return new Place(StartPosition.after(reread.token()), position, handledThrough);
    }

    /** The same, opened next after {@code token}, up to where what is lost is not told yet. */
    Place beginningAfter(ResumeToken token) {
        return new Place(StartPosition.after(token), position, null);
    }

    /** Whether nothing has come yet but what was handled before. */
    boolean isReread() {
        return handledThrough != null && isByToken();
    }

    /** Whether an event with this token lies at or before what is complete, also where none of those comes again. */
    boolean isPassed(ResumeToken token) {
        ResumeToken reached = reached();
        return reached != null && (token.isBefore(reached) || token.isAt(reached));
    }

    /** Whether a stream that is opened here no longer has the event with this token. */
    boolean startsBehind(ResumeToken token) {
        return start instanceof StartPosition.After after
                && (token.isBefore(after.token()) || token.isAt(after.token()));
    }

    /** Whether a stream that is opened here looks for the event with this token, to begin behind it. */
    boolean startsAt(ResumeToken token) {
        return start instanceof StartPosition.After after
                && (token.isAt(after.token()) || isFragment(data(after.token()), data(token)));
    }

    /** The token of a fragment is that of the event, with a number before its end mark. */
    private static boolean isFragment(String data, String ofEvent) {
        int end = ofEvent.endsWith(END_MARK) ? ofEvent.length() - END_MARK.length() : ofEvent.length();
        return end > 0 && data.startsWith(ofEvent.substring(0, end));
    }

    private static String data(ResumeToken token) {
        return token.value().get("_data") instanceof BsonString data ? data.getValue() : "";
    }

    /** The same place in a stream that is opened at a cluster time, in which nothing between is to come. */
    Place from(BsonTimestamp time) {
        return new Place(StartPosition.at(time), position, reached());
    }

    private @Nullable ResumeToken reached() {
        if (position != null) {
            return position.token();
        }
        return start instanceof StartPosition.After after ? after.token() : handledThrough;
    }

    /** The cluster time from which on something may be missing; empty if it is not known. */
    Optional<BsonTimestamp> origin() {
        if (start instanceof StartPosition.At at) {
            return Optional.of(at.clusterTime());
        }
        return clusterTime()
                .or(() -> start instanceof StartPosition.After after ? TokenTime.of(after.token()) : Optional.empty());
    }

    boolean isByToken() {
        return start instanceof StartPosition.After;
    }

    Optional<Position> known() {
        return Optional.ofNullable(position);
    }

    /** The time of what was reached before or is asked for by token; empty where the application names a time, or none. */
    Optional<BsonTimestamp> tokenTime() {
        if (position != null) {
            return Optional.of(position.clusterTime());
        }
        return start instanceof StartPosition.After after ? TokenTime.of(after.token()) : Optional.empty();
    }

    /** The last cluster time known to be complete; empty for a watcher that begins now. */
    Optional<BsonTimestamp> clusterTime() {
        if (position != null) {
            return Optional.of(position.clusterTime());
        }
        return start instanceof StartPosition.At at ? Optional.of(at.clusterTime()) : Optional.empty();
    }
}
