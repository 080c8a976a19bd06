package io.changewatch.internal.engine;

import static io.changewatch.diagnose.Check.CHECKPOINT;
import static io.changewatch.diagnose.Check.CONNECTION;
import static io.changewatch.diagnose.Check.OPLOG;
import static io.changewatch.diagnose.Check.PIPELINE;
import static io.changewatch.diagnose.Check.PRIVILEGES;
import static io.changewatch.diagnose.Check.STREAM;
import static io.changewatch.diagnose.Check.TOPOLOGY;
import static io.changewatch.diagnose.Severity.OK;
import static io.changewatch.diagnose.Severity.PROBLEM;
import static io.changewatch.diagnose.Severity.WARNING;

import com.mongodb.MongoException;
import io.changewatch.ChangeWatchException;
import io.changewatch.StartPosition;
import io.changewatch.diagnose.Check;
import io.changewatch.diagnose.Finding;
import io.changewatch.internal.diagnose.Answer;
import io.changewatch.internal.diagnose.OplogJudgement;
import io.changewatch.internal.engine.FailureMessages.Advice;
import io.changewatch.internal.source.ChangeCursor;
import io.changewatch.internal.source.ChangeSource;
import io.changewatch.internal.source.CursorClosedException;
import io.changewatch.internal.source.RawBatch;
import io.changewatch.internal.source.StalledStreamException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Opens the watcher's own stream, reads one answer where it does not begin now, and closes it again. Where its position is refused, also from now, so
 * that what is wrong besides is found.
 *
 * <p>Not thread-safe.
 */
final class StreamTrial {
    /** How findings begin that only repeat the server's refusal. */
    static final String REFUSED = "The server refuses the stream";

    private static final Logger LOG = LoggerFactory.getLogger(StreamTrial.class);

    private final DiagnosisPlan plan;
    private final ChangeSource source;
    private final List<Finding> findings = new ArrayList<>();
    private boolean opened;
    private @Nullable RuntimeException error;

    StreamTrial(DiagnosisPlan plan, ChangeSource source) {
        this.plan = plan;
        this.source = source;
    }

    /** Tries the place, and now if that is refused. */
    void run(Place place, String name) {
        Optional<RuntimeException> refused = open(place.start());
        boolean isNow = place.start() instanceof StartPosition.Now;
        refused.map(cause -> judge(cause, place.isByToken()))
                .ifPresentOrElse(findings::add, () -> opened(isNow ? "" : name));
        if (!isNow && refused.filter(this::isAboutPosition).isPresent()) {
            refused = open(StartPosition.now());
            refused.map(cause -> judge(cause, false)).ifPresentOrElse(findings::add, () -> opened(""));
        }
        error = refused.orElse(null);
    }

    private void opened(String from) {
        opened = true;
        findings.add(Finding.of(
                OK,
                STREAM,
                "The server opens the stream"
                        + (from.isEmpty() ? ", beginning now." : ", beginning at " + from + ".")));
    }

    private Optional<RuntimeException> open(StartPosition position) {
        try {
            ChangeCursor cursor = source.open(position);
            try {
                if (!(position instanceof StartPosition.Now)) {
                    read(cursor);
                }
                return Optional.empty();
            } finally {
                cursor.close();
            }
        } catch (CursorClosedException timeIsOver) {
            return Optional.of(new ChangeWatchException(
                    "The server has not opened it before the time for a diagnosis was over.", timeIsOver));
        } catch (RuntimeException e) {
            LOG.debug("[{}] The stream cannot be opened for a diagnosis.", plan.watcher(), e);
            return Optional.of(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.of(new IllegalStateException("the thread was interrupted", e));
        }
    }

    /** That its history is lost the server says with the first getMore. How long it scans its oplog for it is another matter. */
    private static void read(ChangeCursor cursor) throws InterruptedException {
        try {
            RawBatch opening = cursor.next();
            if (opening.size() == 0 && !cursor.isExhausted()) {
                RawBatch unused = cursor.next();
            }
        } catch (StalledStreamException scanning) {
            // It is open.
        }
    }

    private boolean isAboutPosition(RuntimeException refused) {
        return switch (FailureClassifier.classify(refused, false, true)) {
            case HISTORY_LOST, INVALID_TOKEN, TOKEN_NOT_FOUND -> true;
            default -> false;
        };
    }

    private Finding judge(RuntimeException cause, boolean withToken) {
        String described = Interview.withoutFullStop(FailureMessages.describe(cause));
        return switch (FailureClassifier.classify(cause, false, withToken)) {
            case MISCONFIGURED ->
                Finding.of(
                        PROBLEM,
                        check(cause),
                        REFUSED + ": " + described + quoted(cause) + ".",
                        plan.messages().remedy(cause));
            case INVALID_TOKEN -> advised(plan.messages().refusedToken(cause));
            case HISTORY_LOST ->
                Finding.of(
                        plan.goesOnWithoutHistory() ? WARNING : PROBLEM,
                        OPLOG,
                        REFUSED + ", because the oplog no longer reaches back to where the watcher would begin ("
                                + described + ").",
                        OplogJudgement.remedyOfLoss(plan.goesOnWithoutHistory()));
            case TOKEN_NOT_FOUND ->
                Finding.of(
                        WARNING,
                        CHECKPOINT,
                        "The server does not find the position by its token (" + described
                                + "). The watcher goes on by cluster time and leaves out what was handled.");
            case TRANSIENT ->
                Finding.of(
                        WARNING,
                        STREAM,
                        "The stream cannot be opened at the moment (" + described + "). A watcher would try again.");
            default -> Finding.of(PROBLEM, STREAM, "The stream cannot be opened: " + described + ".");
        };
    }

    private static Finding advised(Advice advice) {
        return Finding.of(PROBLEM, CHECKPOINT, advice.problem(), advice.remedy());
    }

    private static String quoted(RuntimeException cause) {
        String words = check(cause) == PIPELINE ? Interview.words(cause) : "";
        return words.isEmpty() ? "" : ", \"" + words + "\"";
    }

    private static Check check(RuntimeException cause) {
        int code = cause instanceof MongoException mongo ? mongo.getCode() : 0;
        return switch (code) {
            case 13 -> PRIVILEGES;
            case 11, 18 -> CONNECTION;
            case 40573 -> TOPOLOGY;
            case 2, 9, 14, 15, 20, 168 -> PIPELINE;
            default -> code >= FailureClassifier.LOCATIONS ? PIPELINE : STREAM;
        };
    }

    boolean hasOpened() {
        return opened;
    }

    /** Why the stream cannot be opened even from now, as an answer. */
    Optional<Answer> refusal() {
        return Optional.ofNullable(error).map(Interview::refusal);
    }

    List<Finding> findings() {
        return findings;
    }
}
