package io.changewatch.internal.transaction;

import com.mongodb.ClientSessionOptions;
import com.mongodb.MongoException;
import com.mongodb.ReadPreference;
import com.mongodb.TransactionOptions;
import com.mongodb.WriteConcern;
import com.mongodb.reactivestreams.client.ClientSession;
import com.mongodb.reactivestreams.client.MongoClient;
import io.changewatch.BatchTransaction;
import io.changewatch.ConfigurationException;
import io.changewatch.resume.Checkpoint;
import io.changewatch.resume.CorruptCheckpointException;
import io.changewatch.resume.StaleCheckpointException;
import io.changewatch.resume.StoreException;
import io.changewatch.resume.StoreLockedException;
import io.changewatch.resume.TransactionalResumeTokenStore;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The transactions of one watcher, one after the other, all in one session.
 *
 * <pre>
 * begin → save the checkpoint → the application's work → commit ──→ done
 *   ↑         │ is there already ─────────────────────────↗ │ │
 *   │         │                                             │ └ unknown: commit again
 *   └─────────┴── transient: abort, again after a while ────┘
 * </pre>
 *
 * <p>The checkpoint is written first: a watcher that was overtaken learns of it before it has any effect. Where the outcome of a commit
 * stays unknown and the whole is tried again, the checkpoint that is there tells that it was committed; the commit of the transaction
 * that has only read this then waits until a majority has what it read.
 *
 * <p>Used by one thread at a time.
 */
public final class Transactions {
    private static final Logger LOG = LoggerFactory.getLogger(Transactions.class);

    /** As long as a server lets a transaction live, if it is not told otherwise. */
    private static final Duration LIMIT = Duration.ofSeconds(60);

    private static final int NO_SUCH_TRANSACTION = 251;
    /** An election takes one transaction, seldom two. */
    private static final int SUSPICIOUS = 3;

    private static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final TransactionOptions OPTIONS = TransactionOptions.builder()
            .writeConcern(WriteConcern.MAJORITY)
            .readPreference(ReadPreference.primary())
            .build();

    private final String watcher;
    private final MongoClient client;
    private final TransactionalResumeTokenStore store;
    private @Nullable ClientSession session;

    /** No transaction yet; nothing is asked of the server. */
    public Transactions(String watcher, MongoClient client, TransactionalResumeTokenStore store) {
        this.watcher = watcher;
        this.client = client;
        this.store = store;
    }

    /** The application's part of a transaction. */
    @FunctionalInterface
    public interface Work {
        /** Writes what belongs to the transaction; may throw anything. */
        void run(BatchTransaction transaction) throws Exception;
    }

    /** Decides whether and when to try again. */
    @FunctionalInterface
    public interface Retries {
        /**
         * Waits after a failure.
         *
         * @param failures how many there were in a row
         * @return whether to try again
         * @throws InterruptedException if this thread is interrupted
         */
        boolean await(int failures, RuntimeException cause) throws InterruptedException;
    }

    /** See {@link TransactionalResumeTokenStore#takeOver}. */
    public Optional<Checkpoint> takeOver() {
        try {
            return store.takeOver(session(), watcher);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StoreException("Interrupted while a session was started for watcher '" + watcher + "'.", e);
        }
    }

    /**
     * Commits what {@code work} writes, together with the checkpoint.
     *
     * @throws WorkFailedException if {@code work} throws anything but what the driver says to be transient
     * @throws StoreException if {@code checkpoint} is refused, or {@code retries} has given up; then the outcome may be unknown
     * @throws InterruptedException if this thread is interrupted; then the outcome may be unknown
     */
    public void run(Checkpoint checkpoint, Work work, Retries retries)
            throws WorkFailedException, InterruptedException {
        Attempts attempts = new Attempts(retries);
        boolean done;
        do {
            done = isWritten(checkpoint, work, attempts) && isCommitted(attempts);
        } while (!done);
    }

    /** Back to the driver's pool. */
    public void close() {
        ClientSession open = session;
        session = null;
        if (open != null) {
            open.close();
        }
    }

    private ClientSession session() throws InterruptedException {
        ClientSession open = session;
        if (open == null) {
            open = started();
            session = open;
        }
        return open;
    }

    private ClientSession started() throws InterruptedException {
        try {
            ClientSessionOptions options =
                    ClientSessionOptions.builder().causallyConsistent(false).build();
            return Completion.of(client.startSession(options), LIMIT).get(0);
        } catch (TimeoutException e) {
            throw new StoreException(
                    "No session could be started for watcher '" + watcher + "' within " + LIMIT + ".", e);
        }
    }

    /** Returns whether everything is written and may be committed; if not, it is aborted, and to be tried again. */
    private boolean isWritten(Checkpoint checkpoint, Work work, Attempts attempts)
            throws WorkFailedException, InterruptedException {
        boolean written = false;
        try {
            written = write(checkpoint, work, attempts);
        } finally {
            if (!written) {
                abort();
            }
        }
        if (!written) {
            attempts.awaitNext();
        }
        return written;
    }

    private boolean write(Checkpoint checkpoint, Work work, Attempts attempts)
            throws WorkFailedException, InterruptedException {
        try {
            session().startTransaction(OPTIONS);
            if (!store.saveIn(session(), watcher, checkpoint)) {
                LOG.info("[{}] A transaction whose outcome was unknown has been committed.", watcher);
                return true;
            }
        } catch (RuntimeException e) {
            return attempts.failed(unlessFinal(e));
        }
        try {
            work.run(new OpenTransaction(session(), LIMIT));
            return true;
        } catch (InterruptedException e) {
            throw e;
        } catch (Exception e) {
            if (isTransient(e)) {
                return attempts.failed(e);
            }
            throw new WorkFailedException(e);
        }
    }

    private static RuntimeException unlessFinal(RuntimeException failure) {
        boolean isRefusal = failure instanceof StaleCheckpointException
                || failure instanceof StoreLockedException
                || failure instanceof CorruptCheckpointException
                || failure instanceof ConfigurationException;
        if (isRefusal) {
            throw failure;
        }
        return failure;
    }

    private static boolean isTransient(Throwable failure) {
        return hasLabel(failure, MongoException.TRANSIENT_TRANSACTION_ERROR_LABEL);
    }

    /** The application may have wrapped what the driver threw. */
    private static boolean hasLabel(Throwable failure, String label) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof MongoException mongo && mongo.hasErrorLabel(label)) {
                return true;
            }
        }
        return false;
    }

    private static boolean isGone(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof MongoException mongo && mongo.getCode() == NO_SUCH_TRANSACTION) {
                return true;
            }
        }
        return false;
    }

    /** Returns whether it is committed; if not, it was aborted by the server. */
    private boolean isCommitted(Attempts attempts) throws InterruptedException {
        while (true) {
            try {
                List<?> unused = Completion.of(session().commitTransaction(), LIMIT);
                return true;
            } catch (TimeoutException e) {
                attempts.failed(new StoreException("The commit was not answered within " + LIMIT + ".", e));
            } catch (RuntimeException e) {
                attempts.failed(e);
                if (isTransient(e)) {
                    attempts.awaitNext();
                    return false;
                }
                if (!hasLabel(e, MongoException.UNKNOWN_TRANSACTION_COMMIT_RESULT_LABEL)) {
                    throw notCommitted(e);
                }
            }
            attempts.awaitNext();
        }
    }

    private StoreException notCommitted(Exception cause) {
        return new StoreException(
                "Cannot commit a transaction of watcher '" + watcher + "': " + sentence(cause)
                        + " Effects and checkpoint are either both committed or neither; the next start finds out and goes on there.",
                cause);
    }

    private static String sentence(Exception cause) {
        String text = String.valueOf(cause.getMessage());
        return text.endsWith(".") ? text : text + ".";
    }

    /** A session whose transaction cannot be aborted is left to the server, which ends it after its lifetime. */
    private void abort() {
        ClientSession open = session;
        if (open == null || !open.hasActiveTransaction()) {
            return;
        }
        boolean interrupted = Thread.interrupted();
        try {
            List<?> unused = Completion.of(open.abortTransaction(), PATIENCE);
        } catch (RuntimeException | TimeoutException e) {
            LOG.debug("[{}] Could not abort a transaction.", watcher, e);
        } catch (InterruptedException e) {
            interrupted = true;
        }
        if (open.hasActiveTransaction()) {
            close();
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** The failures of one transaction so far. */
    private final class Attempts {
        private final Retries retries;
        private int failures;
        private int gone;
        private @Nullable RuntimeException last;

        private Attempts(Retries retries) {
            this.retries = retries;
        }

        /** Always false. */
        boolean failed(Exception cause) {
            failures++;
            gone = isGone(cause) ? gone + 1 : 0;
            if (gone >= SUSPICIOUS) {
                last = suspicion(cause);
            } else {
                last = cause instanceof RuntimeException exception
                        ? exception
                        : new StoreException("A transaction failed: " + cause, cause);
            }
            return false;
        }

        /** A handler that goes on after an error of the driver is called for ever, and nobody would know why. */
        private StoreException suspicion(Exception cause) {
            return new StoreException(
                    "The server has ended the transaction before its commit, " + gone
                            + " times in a row (error 251 NoSuchTransaction). Does the handler swallow an error of the driver, which"
                            + " ends the transaction, or take longer than transactionLifetimeLimitSeconds? Let through what the"
                            + " driver throws, or choose smaller batches.",
                    cause);
        }

        void awaitNext() throws InterruptedException {
            RuntimeException cause = last;
            if (cause != null && !retries.await(failures, cause)) {
                throw givenUp(cause);
            }
        }

        private StoreException givenUp(RuntimeException cause) {
            return new StoreException(
                    "Cannot commit a transaction of watcher '" + watcher
                            + "': the retry policy gave up (failed attempts: "
                            + failures + "), the last with: " + sentence(cause)
                            + " Effects and checkpoint are either both committed or neither. Mend the server, or choose a"
                            + " retryStore(...) that tries longer.",
                    cause);
        }
    }

    /** The transaction that saved {@code checkpoint} is committed. */
    public void tellCommitted(Checkpoint checkpoint) {
        try {
            store.committed(watcher, checkpoint);
        } catch (RuntimeException e) {
            LOG.warn("[{}] The store could not take note of a checkpoint that is committed.", watcher, e);
        }
    }
}
