package io.changewatch.examples;

import io.changewatch.ChangeWatcher;
import io.changewatch.StartPosition;
import io.changewatch.event.ResumeToken;
import io.changewatch.resume.ResumeTokenStore;
import io.changewatch.resume.file.FileResumeTokenStore;
import java.nio.file.Path;
import java.time.Instant;
import org.bson.BsonTimestamp;

/**
 * Starts again after the checkpoint was lost, or after a mistake in a handler: at a time, at a cluster time from the log, or
 * after a resume token. The oplog must still reach back that far.
 */
public final class DisasterRecovery {

    private DisasterRecovery() {}

    /** Runs until Ctrl-C; arguments: connection string, where to start. */
    public static void main(String[] args) throws InterruptedException {
        Example.runUntilStopped(watch(args[0], args[1]));
    }

    static ChangeWatcher watch(String uri, String start) {
        // @start region="start-again"
        ResumeTokenStore store = FileResumeTokenStore.in(Path.of("checkpoints"));
        store.delete("order-printer"); // a checkpoint would win over startFrom
        return ChangeWatcher.connect(uri)
                .collection("shop", "orders", Order.class)
                .name("order-printer")
                .resumeFrom(store)
                .startFrom(position(start))
                .onInsert(event -> System.out.println("again: " + event.document()))
                .start();
        // @end
    }

    // @start region="positions"
    static StartPosition position(String start) {
        if (start.startsWith("{")) {
            return StartPosition.after(ResumeToken.fromJson(start)); // {"_data": "8263…"}
        }
        boolean isClusterTime = start.matches("\\d+"); // 7412345678901234567, as the log shows it
        return isClusterTime
                ? StartPosition.at(new BsonTimestamp(Long.parseLong(start)))
                : StartPosition.at(Instant.parse(start)); // 2026-05-01T10:00:00Z
    }
    // @end
}
