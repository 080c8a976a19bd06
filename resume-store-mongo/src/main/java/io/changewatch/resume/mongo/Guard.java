package io.changewatch.resume.mongo;

import com.mongodb.MongoCommandException;
import io.changewatch.ChangeWatchException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.TimeoutException;

/** Turns whatever ends a call of the server into the exception that its caller was promised. */
final class Guard {
    /** The server's codes for what another try does not mend: Unauthorized, AuthenticationFailed. */
    private static final Set<Integer> MISCONFIGURED = Set.of(13, 18);

    private Guard() {}

    /** The round trips of a call. */
    interface Request<V> {
        V run() throws InterruptedException, TimeoutException;
    }

    /** Makes the promised exception. */
    interface Failed {
        ChangeWatchException because(String reason, Exception cause);
    }

    /**
     * Runs {@code request}; what it throws of ours stays as it is.
     *
     * @param timeout that is named when there was no answer in time
     */
    static <V> V call(Duration timeout, Request<V> request, Failed failed) {
        try {
            return request.run();
        } catch (ChangeWatchException e) {
            throw e;
        } catch (TimeoutException e) {
            throw failed.because("no answer within " + timeout, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw failed.because("this thread was interrupted", e);
        } catch (RuntimeException e) { // the driver's own types and whatever its parts throw
            throw failed.because(e.getClass().getSimpleName() + ": " + e.getMessage(), e);
        }
    }

    /** Whether the user may not do what was asked. */
    static boolean isRefused(Exception error) {
        return error instanceof MongoCommandException refusal && MISCONFIGURED.contains(refusal.getErrorCode());
    }
}
