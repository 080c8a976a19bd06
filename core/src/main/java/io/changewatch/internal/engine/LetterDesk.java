package io.changewatch.internal.engine;

import io.changewatch.ConfigurationException;
import io.changewatch.DecodeException;
import io.changewatch.HistoryLostException;
import io.changewatch.HistoryLostPolicy;
import io.changewatch.deadletter.CorruptLetterException;
import io.changewatch.deadletter.DeadLetter;
import io.changewatch.deadletter.DeadLetterStore;
import io.changewatch.deadletter.DeadLetters;
import io.changewatch.deadletter.ParkingCause;
import io.changewatch.deadletter.ParkingReason;
import io.changewatch.deadletter.RedriveReport;
import io.changewatch.deadletter.Redriven;
import io.changewatch.deadletter.Redriven.Outcome;
import io.changewatch.event.ChangeEvent;
import io.changewatch.event.Gap;
import io.changewatch.event.OperationType;
import io.changewatch.event.ResumeToken;
import io.changewatch.internal.deliver.FailureHandling;
import io.changewatch.internal.deliver.GivenUpEvents;
import io.changewatch.internal.deliver.SequentialDeliverer;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import org.bson.BsonDocument;
import org.bson.RawBsonDocument;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lists, re-drives and drops the letters of a watcher.
 *
 * <p>Thread-safe.
 */
public final class LetterDesk<T> implements DeadLetters {
    private static final Logger LOG = LoggerFactory.getLogger(LetterDesk.class);
    private static final int PAGE = 100;
    /** Longer than the handlers of one letter take, retries included; how long others wait for a process that died. */
    private static final Duration RESERVATION = Duration.ofMinutes(10);

    private final WatcherSettings<T> settings;
    private final DeadLetterStore store;
    private final Surroundings surroundings;
    private final SafeListener listener;

    /** A desk for the letters in {@code store}, by the settings of the watcher that parks them there. */
    public LetterDesk(WatcherSettings<T> settings, DeadLetterStore store, Surroundings surroundings) {
        this.settings = settings;
        this.store = store;
        this.surroundings = surroundings;
        this.listener = new SafeListener(settings.name(), settings.listeners());
    }

    @Override
    public List<DeadLetter> list() {
        return list("", PAGE);
    }

    @Override
    public List<DeadLetter> list(String after, int limit) {
        Objects.requireNonNull(after, "after");
        if (limit < 1) {
            throw new IllegalArgumentException("list(..., " + limit + "): at least 1 letter has to be asked for.");
        }
        return store.list(settings.name(), after, limit);
    }

    @Override
    public Optional<DeadLetter> find(String id) {
        return isId(id) ? store.find(settings.name(), id) : Optional.empty();
    }

    @Override
    public long count() {
        return store.count(settings.name());
    }

    @Override
    public boolean drop(String id) {
        boolean dropped = isId(id) && store.remove(settings.name(), id);
        if (dropped) {
            LOG.warn("[{}] Dropped the letter {}: its event will not be handled.", settings.name(), id);
        }
        return dropped;
    }

    private static boolean isId(String id) {
        return DeadLetter.isId(Objects.requireNonNull(id, "id"));
    }

    @Override
    public Redriven redrive(String id) throws InterruptedException {
        Objects.requireNonNull(id, "id");
        requireHandlers();
        String holder = UUID.randomUUID().toString();
        if (!reserve(holder)) {
            return without(id, Outcome.BUSY);
        }
        try {
            Optional<DeadLetter> letter = find(id);
            return letter.isPresent() ? redriveUnlessBehind(letter.get()) : without(id, Outcome.ABSENT);
        } finally {
            release(holder);
        }
    }

    @Override
    public RedriveReport redriveAll() throws InterruptedException {
        requireHandlers();
        String holder = UUID.randomUUID().toString();
        RedriveTally tally = new RedriveTally();
        try {
            RedriveReport report = tally.report(redriveAll(holder, tally));
            log(report);
            return report;
        } finally {
            release(holder);
        }
    }

    /** It may be called often, to find nothing. */
    private void log(RedriveReport report) {
        if (report.handled() + report.failed() + report.behind() > 0) {
            LOG.info(
                    "[{}] Letters handled: {}, failed again: {}, still behind those: {}.",
                    settings.name(),
                    report.handled(),
                    report.failed(),
                    report.behind());
        }
    }

    /** Returns whether it came to the end. */
    private boolean redriveAll(String holder, RedriveTally tally) throws InterruptedException {
        String after = "";
        while (reserve(holder)) {
            try {
                List<DeadLetter> page = store.list(settings.name(), after, PAGE);
                if (page.isEmpty()) {
                    return true;
                }
                for (DeadLetter letter : page) {
                    if (!reserve(holder)) {
                        return false;
                    }
                    tally.add(redriveUnlessBehind(letter));
                    after = letter.id();
                }
            } catch (CorruptLetterException e) {
                tally.add(new Redriven(e.id(), Outcome.FAILED, Optional.of(e)));
                after = e.id();
            }
        }
        return false;
    }

    private boolean reserve(String holder) {
        return store.reserve(settings.name(), holder, RESERVATION);
    }

    /** Also for a thread that is interrupted, for which the others would wait otherwise. */
    private void release(String holder) {
        boolean wasInterrupted = Thread.interrupted();
        try {
            store.release(settings.name(), holder);
        } catch (RuntimeException e) { // what was re-driven is, whether or not others have to wait now
            LOG.warn("[{}] Could not give back the right to re-drive; it ends by itself.", settings.name(), e);
        } finally {
            if (wasInterrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private void requireHandlers() {
        if (settings.handlers().handlers().isEmpty()) {
            throw new ConfigurationException(
                    "Letters of watcher '" + settings.name()
                            + "' cannot be re-driven: the builder has no handler. Add onEvent(...), onInsert(...) or another"
                            + " to the builder of deadLetters(); beside onBatch(...), onTransaction(...), onEventAsync(...),"
                            + " onEventReactive(...) or onDelivery(...), which cannot be called with one letter, take another builder"
                            + " with the same name(...) and parkIn(...).",
                    null);
        }
    }

    private static Redriven without(String id, Outcome outcome) {
        return new Redriven(id, outcome, Optional.empty());
    }

    private Redriven redriveUnlessBehind(DeadLetter letter) throws InterruptedException {
        Optional<String> oldest = letter.key().isPresent()
                ? store.oldestOf(settings.name(), letter.key().get())
                : find(letter.id()).map(DeadLetter::id);
        if (oldest.isEmpty()) {
            return without(letter.id(), Outcome.ABSENT); // dropped since it was listed
        }
        if (!oldest.get().equals(letter.id())) {
            return without(letter.id(), Outcome.BEHIND);
        }
        return redrive(letter);
    }

    private Redriven redrive(DeadLetter letter) throws InterruptedException {
        ChangeEvent<T> event;
        try {
            event = event(letter.event());
        } catch (DecodeException e) {
            return failed(letter, ParkingReason.UNDECODABLE, 1, e);
        }
        LastFailure last = new LastFailure();
        FailureHandling failures = new FailureHandling(
                settings.name(),
                settings.recovery().whenHandlerFails(),
                listener,
                surroundings,
                surroundings.random(),
                delay -> surroundings.await(new CountDownLatch(1), delay),
                last,
                null);
        boolean isHandled =
                new SequentialDeliverer<>(settings.handlers(), failures, (token, time, events) -> {}).deliver(event);
        Exception cause = last.cause;
        return isHandled || cause == null
                ? handled(letter)
                : failed(letter, ParkingReason.FAILED, last.attempts, cause);
    }

    private Redriven handled(DeadLetter letter) {
        store.remove(settings.name(), letter.id());
        LOG.debug(
                "[{}] Handled the letter {} ({}).",
                settings.name(),
                letter.id(),
                letter.namespace().map(Object::toString).orElse("no namespace"));
        return without(letter.id(), Outcome.HANDLED);
    }

    private Redriven failed(DeadLetter letter, ParkingReason reason, int attempts, Exception cause) {
        store.replace(letter.failedAgain(attempts, reason, ParkingCause.of(cause), surroundings.instant()));
        LOG.warn(
                "[{}] The letter {} failed again, with {}. It stays.",
                settings.name(),
                letter.id(),
                cause.getClass().getName());
        LOG.debug("[{}] The letter {} failed again.", settings.name(), letter.id(), cause);
        return new Redriven(letter.id(), Outcome.FAILED, Optional.of(cause));
    }

    private ChangeEvent<T> event(RawBsonDocument raw) {
        boolean isGap = raw.isString("operationType")
                && raw.getString("operationType").getValue().equals(OperationType.GAP.value());
        return isGap ? gap(raw) : settings.decoder().decode(raw.getBackingArray(), raw.getByteOffset());
    }

    /** A gap is made by the library, so the decoder of the server's events does not know it. */
    private static <T> Gap<T> gap(BsonDocument raw) {
        return Gap.of(
                new ResumeToken(raw.getDocument("_id")),
                raw.getTimestamp("from"),
                raw.getTimestamp("to"),
                HistoryLostPolicy.valueOf(raw.getString("policy").getValue()),
                new HistoryLostException(raw.getString("cause").getValue(), null));
    }

    /** What the last attempt threw. Used by one thread. */
    private static final class LastFailure implements GivenUpEvents {
        private int attempts;
        private @Nullable Exception cause;

        @Override
        public boolean holdsBack(ChangeEvent<?> event) {
            return false;
        }

        @Override
        public void giveUp(ChangeEvent<?> event, int made, Exception thrown) {
            attempts = made;
            cause = thrown;
        }
    }
}
