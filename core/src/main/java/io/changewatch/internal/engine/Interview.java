package io.changewatch.internal.engine;

import com.mongodb.MongoCommandException;
import com.mongodb.MongoException;
import io.changewatch.ChangeWatchException;
import io.changewatch.internal.diagnose.Answer;
import io.changewatch.internal.source.ServerQuestions;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;
import org.bson.BsonDocument;

/**
 * Asks a server one question after the other, and waits for each answer: 10 s for the first, which has to find a server, 5 s for
 * each other, and 30 s in all.
 *
 * <p>Not thread-safe.
 */
final class Interview {
    static final Duration FOR_THE_FIRST = Duration.ofSeconds(10);
    static final Duration FOR_EACH = Duration.ofSeconds(5);
    static final Duration FOR_ALL = Duration.ofSeconds(30);
    /** The driver gives up by itself, and says why. */
    private static final Duration GRACE = Duration.ofSeconds(1);

    private final ServerQuestions questions;
    private final LongSupplier ticker;
    private final long begin;

    Interview(ServerQuestions questions, LongSupplier ticker) {
        this.questions = questions;
        this.ticker = ticker;
        this.begin = ticker.getAsLong();
    }

    /** The reply to the first question; throws what the driver does. */
    BsonDocument first(String database, BsonDocument command) {
        return await(questions.ask(database, command, FOR_THE_FIRST), FOR_THE_FIRST.plus(GRACE));
    }

    /** The reply to a question, or why there is none. Never throws. */
    Answer ask(String database, BsonDocument command) {
        Duration limit = limit();
        if (limit.isZero() || limit.isNegative()) {
            return new Answer.Refusal(0, "the time for a diagnosis was over");
        }
        try {
            return new Answer.Reply(await(questions.ask(database, command, limit), limit.plus(GRACE)));
        } catch (RuntimeException e) {
            return refusal(e);
        }
    }

    static Answer.Refusal refusal(RuntimeException error) {
        int code = error instanceof MongoException mongo ? Math.max(0, mongo.getCode()) : 0;
        String words = String.valueOf(error.getMessage());
        return new Answer.Refusal(
                code, error instanceof ChangeWatchException ? withoutFullStop(words) : FailureMessages.describe(error));
    }

    static String withoutFullStop(String sentence) {
        return sentence.endsWith(".") ? sentence.substring(0, sentence.length() - 1) : sentence;
    }

    /** What is left for all that is still to be asked. */
    Duration left() {
        return FOR_ALL.minusNanos(ticker.getAsLong() - begin);
    }

    /** What is left for one more question. */
    Duration limit() {
        Duration left = left();
        return left.compareTo(FOR_EACH) < 0 ? left : FOR_EACH;
    }

    /** What a future brings; throws what it fails with. */
    <T> T await(CompletableFuture<T> reply, Duration limit) {
        if (limit.isNegative()) {
            throw new ChangeWatchException("The time for a diagnosis was over.");
        }
        try {
            return reply.get(Math.max(0, limit.toMillis()), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof RuntimeException unchecked
                    ? unchecked
                    : new ChangeWatchException("A command failed in the driver: " + e.getCause(), e.getCause());
        } catch (TimeoutException e) {
            throw new ChangeWatchException("No answer within " + limit.toSeconds() + " s.", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // what is asked from now on ends at once
            throw new ChangeWatchException("The thread was interrupted.", e);
        }
    }

    /** The words of the server about a pipeline: it is the caller's own. */
    static String words(RuntimeException error) {
        String text = error instanceof MongoCommandException command ? command.getErrorMessage() : "";
        return text.length() > 200 ? text.substring(0, 200) + "..." : text;
    }
}
