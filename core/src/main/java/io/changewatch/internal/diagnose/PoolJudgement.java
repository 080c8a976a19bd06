package io.changewatch.internal.diagnose;

import static io.changewatch.diagnose.Check.POOL;
import static io.changewatch.diagnose.Severity.NOTE;
import static io.changewatch.diagnose.Severity.OK;
import static io.changewatch.diagnose.Severity.WARNING;

import io.changewatch.diagnose.Finding;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.bson.BsonArray;
import org.bson.BsonDocument;
import org.bson.BsonString;
import org.bson.BsonValue;

/**
 * Whether there are connections enough. A stream occupies one all the time, as the server holds the request for the next events
 * back until there are some; a watcher's other commands (saving in MongoDB, looking at the oplog, closing the stream) need
 * another one for a moment.
 *
 * <p>Stateless and thread-safe.
 */
public final class PoolJudgement {
    private static final int SHOWN = 5;
    private static final String EACH = "Each watcher keeps one connection of its client's pool busy";

    private PoolJudgement() {}

    /**
     * Findings about the pool.
     *
     * @param pool how many connections the watcher's own client may have; empty for an application's client, which does not tell
     * @param operations the answer to {@code $currentOp} with idle cursors, of this user
     */
    public static List<Finding> judge(Optional<Integer> pool, Answer operations) {
        String streams = operations
                .reply()
                .map(PoolJudgement::streams)
                .orElseGet(() -> "How many streams this user has open could not be checked: "
                        + operations.refusal().map(Answer.Refusal::reason).orElse("no reply") + ".");
        return List.of(pool.map(size -> own(size, streams)).orElseGet(() -> applications(streams)));
    }

    private static Finding own(int size, String streams) {
        return size == 1
                ? Finding.of(
                        WARNING,
                        POOL,
                        "The pool of the watcher's own client has one connection (maxPoolSize), which the stream occupies: "
                                + "looking at the oplog, and closing the stream, wait until the server answers it, for up to maxAwait. "
                                + streams,
                        "Set maxPoolSize to 2 or more.")
                : Finding.of(
                        OK,
                        POOL,
                        "The watcher has a client of its own, with a pool of "
                                + (size == 0 ? "any number of" : "up to " + size) + " connections, and needs two. "
                                + streams);
    }

    private static Finding applications(String streams) {
        return Finding.of(
                NOTE,
                POOL,
                EACH + ", and the application's client does not tell how many it has. " + streams,
                "See that maxPoolSize (100 if it is not set) is larger than the number of watchers on that client, with room "
                        + "for what else it does; or give watchers a client of their own with ChangeWatcher.connect(...).");
    }

    /** The streams that are open, by their comments, which name the watcher. */
    private static String streams(BsonDocument reply) {
        Map<String, Integer> byComment = new TreeMap<>();
        reply.getDocument("cursor", new BsonDocument()).getArray("firstBatch", new BsonArray()).stream()
                .map(BsonValue::asDocument)
                .filter(PoolJudgement::isStream)
                .forEach(operation -> byComment.merge(comment(operation), 1, Integer::sum));
        int open = byComment.values().stream().mapToInt(Integer::intValue).sum();
        return open == 0
                ? "This user has no change stream open on the primary now."
                : "This user has " + open + (open == 1 ? " change stream" : " change streams")
                        + " open on the primary now: " + listed(byComment) + ".";
    }

    private static boolean isStream(BsonDocument operation) {
        BsonArray pipeline = command(operation).getArray("pipeline", new BsonArray());
        return !pipeline.isEmpty()
                && pipeline.get(0) instanceof BsonDocument first
                && first.containsKey("$changeStream");
    }

    private static String comment(BsonDocument operation) {
        return command(operation).get("comment") instanceof BsonString text
                ? "'" + text.getValue() + "'"
                : "without a comment";
    }

    private static BsonDocument command(BsonDocument operation) {
        return operation
                .getDocument("cursor", new BsonDocument())
                .getDocument("originatingCommand", new BsonDocument());
    }

    private static String listed(Map<String, Integer> byComment) {
        String shown = byComment.entrySet().stream()
                .limit(SHOWN)
                .map(entry -> entry.getKey() + (entry.getValue() == 1 ? "" : " (" + entry.getValue() + ")"))
                .collect(Collectors.joining(", "));
        return byComment.size() > SHOWN ? shown + " and others" : shown;
    }
}
