package io.changewatch.internal.transaction;

import static com.mongodb.MongoException.TRANSIENT_TRANSACTION_ERROR_LABEL;
import static com.mongodb.MongoException.UNKNOWN_TRANSACTION_COMMIT_RESULT_LABEL;
import static io.changewatch.internal.transaction.ScriptedSession.labelled;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.mongodb.MongoException;
import com.mongodb.reactivestreams.client.ClientSession;
import io.changewatch.event.ResumeToken;
import io.changewatch.internal.transaction.Transactions.Work;
import io.changewatch.resume.Checkpoint;
import io.changewatch.resume.Fingerprint;
import io.changewatch.resume.StoreException;
import io.changewatch.resume.StoreLockedException;
import io.changewatch.resume.TransactionalResumeTokenStore;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import org.bson.BsonDocument;
import org.bson.BsonString;
import org.bson.BsonTimestamp;
import org.junit.jupiter.api.Test;

final class TransactionsTest {
    private static final Checkpoint CHECKPOINT = new Checkpoint(
            new ResumeToken(new BsonDocument("_data", new BsonString("82"))),
            new BsonTimestamp(5, 1),
            Instant.EPOCH,
            new Fingerprint("shop.orders", "abc"),
            0);

    private final ScriptedSession session = new ScriptedSession();
    private final Store store = new Store();
    private final Transactions transactions = new Transactions("totals", session.client(), store);
    private final List<Throwable> retried = new ArrayList<>();
    private int attemptsLeft = 100;

    private void run(Work work) throws WorkFailedException, InterruptedException {
        transactions.run(
                CHECKPOINT,
                transaction -> {
                    session.calls.add("work");
                    work.run(transaction);
                },
                (failures, cause) -> {
                    retried.add(cause);
                    return --attemptsLeft > 0;
                });
    }

    @Test
    void savesBeforeTheWorkAndCommitsBoth() throws Exception {
        run(transaction -> {});

        assertThat(session.calls).containsExactly("startTransaction", "save", "work", "commitTransaction");
    }

    @Test
    void commitsAgainWhereTheOutcomeIsUnknown() throws Exception {
        session.failsToCommit(labelled(UNKNOWN_TRANSACTION_COMMIT_RESULT_LABEL))
                .failsToCommit(labelled(UNKNOWN_TRANSACTION_COMMIT_RESULT_LABEL));
        run(transaction -> {});

        assertThat(session.calls)
                .containsExactly(
                        "startTransaction",
                        "save",
                        "work",
                        "commitTransaction",
                        "commitTransaction",
                        "commitTransaction");
        assertThat(retried).hasSize(2);
    }

    @Test
    void doesEverythingAgainWhereTheCommitWasAborted() throws Exception {
        session.failsToCommit(labelled(TRANSIENT_TRANSACTION_ERROR_LABEL));
        run(transaction -> {});

        assertThat(session.calls)
                .containsExactly(
                        "startTransaction",
                        "save",
                        "work",
                        "commitTransaction",
                        "startTransaction",
                        "save",
                        "work",
                        "commitTransaction");
    }

    @Test
    void doesNoWorkTwiceWhereTheCheckpointIsThereAlready() throws Exception {
        session.failsToCommit(labelled(TRANSIENT_TRANSACTION_ERROR_LABEL));
        store.answers.add(true);
        store.answers.add(false);
        run(transaction -> {});

        assertThat(session.calls)
                .containsExactly(
                        "startTransaction",
                        "save",
                        "work",
                        "commitTransaction",
                        "startTransaction",
                        "save",
                        "commitTransaction");
    }

    @Test
    void abortsAndDoesEverythingAgainWhereTheWorkMeetsATransientError() throws Exception {
        boolean[] failed = {false};
        run(transaction -> {
            if (!failed[0]) {
                failed[0] = true;
                throw new IllegalStateException("wrapped", labelled(TRANSIENT_TRANSACTION_ERROR_LABEL));
            }
        });

        assertThat(session.calls)
                .containsExactly(
                        "startTransaction",
                        "save",
                        "work",
                        "abortTransaction",
                        "startTransaction",
                        "save",
                        "work",
                        "commitTransaction");
    }

    @Test
    void abortsAndLeavesToTheApplicationWhatItsWorkThrows() {
        IllegalStateException broken = new IllegalStateException("broken");

        assertThatThrownBy(() -> run(transaction -> {
                    throw broken;
                }))
                .isInstanceOfSatisfying(
                        WorkFailedException.class, e -> assertThat(e.thrown()).isSameAs(broken));
        assertThat(session.calls).containsExactly("startTransaction", "save", "work", "abortTransaction");
        assertThat(retried).isEmpty();
    }

    @Test
    void triesAgainWhereTheStoreFails() throws Exception {
        store.failures.add(new StoreException("down", null));
        run(transaction -> {});

        assertThat(session.calls)
                .containsExactly(
                        "startTransaction",
                        "save",
                        "abortTransaction",
                        "startTransaction",
                        "save",
                        "work",
                        "commitTransaction");
    }

    @Test
    void abortsForGoodWhereAnotherWatcherHasTakenOver() {
        StoreLockedException locked = new StoreLockedException("taken over", null);
        store.failures.add(locked);

        assertThatThrownBy(() -> run(transaction -> {})).isSameAs(locked);
        assertThat(session.calls).containsExactly("startTransaction", "save", "abortTransaction");
    }

    @Test
    void saysWhatIsKnownWhenThePolicyGivesUp() {
        attemptsLeft = 2;
        MongoException unknown = labelled(UNKNOWN_TRANSACTION_COMMIT_RESULT_LABEL);
        session.failsToCommit(unknown).failsToCommit(unknown);

        assertThatThrownBy(() -> run(transaction -> {}))
                .isInstanceOf(StoreException.class)
                .hasCause(unknown)
                .hasMessage(
                        "Cannot commit a transaction of watcher 'totals': the retry policy gave up (failed attempts: 2), the "
                                + "last with: UnknownTransactionCommitResult. Effects and checkpoint are either both committed or "
                                + "neither. Mend the server, or choose a retryStore(...) that tries longer.");
    }

    @Test
    void endsWithAnErrorOfACommitThatMayNotBeTriedAgain() {
        MongoException refused = new MongoException(13, "not authorized");
        session.failsToCommit(refused);

        assertThatThrownBy(() -> run(transaction -> {}))
                .isInstanceOf(StoreException.class)
                .hasCause(refused)
                .hasMessage(
                        "Cannot commit a transaction of watcher 'totals': not authorized. Effects and checkpoint are either both"
                                + " committed or neither; the next start finds out and goes on there.");
    }

    @Test
    void asksForASwallowedErrorWhereTheTransactionIsGoneAgainAndAgain() throws Exception {
        for (int failures = 0; failures < 3; failures++) {
            session.failsToCommit(labelled(TRANSIENT_TRANSACTION_ERROR_LABEL));
        }
        run(transaction -> {});

        assertThat(retried).hasSize(3);
        assertThat(retried.subList(0, 2)).allMatch(MongoException.class::isInstance);
        assertThat(retried.get(2))
                .isInstanceOf(StoreException.class)
                .hasCauseInstanceOf(MongoException.class)
                .hasMessage(
                        "The server has ended the transaction before its commit, 3 times in a row (error 251 NoSuchTransaction). Does"
                                + " the handler swallow an error of the driver, which ends the transaction, or take longer than"
                                + " transactionLifetimeLimitSeconds? Let through what the driver throws, or choose smaller batches.");
    }

    @Test
    void abortsWhereTheWorkThrowsAnError() {
        AssertionError error = new AssertionError("a bug");

        assertThatThrownBy(() -> run(transaction -> {
                    throw error;
                }))
                .isSameAs(error);
        assertThat(session.calls).endsWith("abortTransaction");
    }

    @Test
    void abortsAndStaysInterruptedWhereTheWorkIs() {
        assertThatThrownBy(() -> run(transaction -> {
                    throw new InterruptedException();
                }))
                .isInstanceOf(InterruptedException.class);
        assertThat(session.calls).endsWith("abortTransaction");
    }

    private final class Store implements TransactionalResumeTokenStore {
        private final Queue<Boolean> answers = new ArrayDeque<>();
        private final Queue<RuntimeException> failures = new ArrayDeque<>();

        @Override
        public Optional<Checkpoint> takeOver(ClientSession given, String watcher) {
            return Optional.empty();
        }

        @Override
        public boolean saveIn(ClientSession given, String watcher, Checkpoint checkpoint) {
            session.calls.add("save");
            RuntimeException failure = failures.poll();
            if (failure != null) {
                throw failure;
            }
            Boolean answer = answers.poll();
            return answer == null || answer;
        }

        @Override
        public Optional<Checkpoint> load(String watcher) {
            return Optional.empty();
        }

        @Override
        public void save(String watcher, Checkpoint checkpoint) {}

        @Override
        public void delete(String watcher) {}
    }
}
