package io.changewatch.internal.deliver;

import io.changewatch.event.ChangeEvent;
import io.changewatch.event.DocumentEvent;
import io.changewatch.event.ResumeToken;
import io.changewatch.internal.deliver.HandlerLimits.Overdue;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.locks.Lock;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.bson.BsonTimestamp;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Calls the handlers on workers: events of one key in order, those of different keys side by side.
 *
 * <p>Where handlers only begin and a stage tells when they have ended, there is one worker.
 *
 * <p>An event that is no {@link DocumentEvent} is a barrier: all before it are handled first, it is handled alone, and then the next
 * ones come. An event whose handler has failed waits for its next attempt without a worker. Each event is handed over as its
 * {@linkplain ChangeEvent#copy() copy}, because it may outlive its batch, which it would keep whole.
 *
 * <p>Called on the watcher's thread only, except {@link #stop()}, {@link #isHandlingThread()} and {@link #busySince()}.
 */
public final class KeyedDeliverer<T> implements Deliverer<T> {
    private static final Logger LOG = LoggerFactory.getLogger(KeyedDeliverer.class);

    /** The key of events for which the application's function says null. */
    private static final Object NO_KEY = new Object();

    private final Handling<T> handling;
    private final Function<? super DocumentEvent<T>, ?> keyOf;
    private final FailureHandling failures;
    private final FailureHandling.Subject<ChangeEvent<?>> ahead;
    private final Progress progress;
    private final Runnable stop;
    private final LongSupplier nanoTime;
    private final InFlight<T> inFlight;
    private final List<Thread> workers = new ArrayList<>();
    private final Set<Thread> running = ConcurrentHashMap.newKeySet();
    private final int threadCount;
    private final Threads threads;
    private final HandlerLimits time;
    private final ThreadFactory monitors;

    // The watcher's thread only.
    private boolean started;
    private @Nullable Object key;

    /**
     * A deliverer that reports to {@code progress}.
     *
     * @param stop asks the watcher to stop; returns at once
     */
    public KeyedDeliverer(Work<T> work, FailureHandling failures, Progress progress, Runnable stop, Means means) {
        this.handling = work.handling();
        this.keyOf = work.keyOf();
        this.failures = failures;
        this.ahead = failures.ahead(this::awaitHandled);
        this.progress = progress;
        this.stop = stop;
        this.nanoTime = means.nanoTime();
        this.threadCount = work.handling().isAsynchronous() ? 1 : work.limits().concurrency();
        this.threads = means.threads();
        this.time = work.time();
        this.monitors = means.monitors();
        this.inFlight = new InFlight<>(work.limits(), work.time(), progress, means.nanoTime(), means.lock());
    }

    /**
     * What is to be done.
     *
     * @param keyOf what events have in common that are to stay in order; what it throws is a failure of the handler
     */
    public record Work<T>(
            Handling<T> handling, Function<? super DocumentEvent<T>, ?> keyOf, Limits limits, HandlerLimits time) {
        /** Without a limit of time. */
        public Work(Handling<T> handling, Function<? super DocumentEvent<T>, ?> keyOf, Limits limits) {
            this(handling, keyOf, limits, HandlerLimits.NONE);
        }
    }

    /**
     * How much is done at once.
     *
     * @param concurrency how many handlers run
     * @param maxEvents how many events may be handed out, and handled or not, while one before them is not handled
     * @param maxBytes how many bytes the events may have that are handed out and not handled
     */
    public record Limits(int concurrency, int maxEvents, long maxBytes) {}

    /**
     * With what it is done.
     *
     * @param lock used by this deliverer only
     * @param monitors makes the thread that looks for handlers that run for too long
     */
    public record Means(LongSupplier nanoTime, Lock lock, Threads threads, ThreadFactory monitors) {
        /** With a monitor that is like a worker. */
        public Means(LongSupplier nanoTime, Lock lock, Threads threads) {
            this(nanoTime, lock, threads, run -> threads.worker(0, run));
        }
    }

    /** Makes the threads that call handlers. */
    @FunctionalInterface
    public interface Threads {
        /** A thread that is not started; the first is number 1. */
        Thread worker(int number, Runnable work);
    }

    @Override
    public boolean deliver(ChangeEvent<T> event) throws InterruptedException {
        start();
        ChangeEvent<T> own = event.copy();
        if (own instanceof DocumentEvent<T> change) {
            deliverByKey(change);
        } else {
            deliverAlone(own);
        }
        return false; // told of when it is handled
    }

    private void deliverByKey(DocumentEvent<T> event) throws InterruptedException {
        if (failures.runAhead(event, change -> key = keyOf.apply(change), ahead)) {
            inFlight.add(new Task<>(event, key == null ? NO_KEY : key));
        } else {
            passed(event.resumeToken(), event.clusterTime());
        }
    }

    @Override
    public void awaitHandled() throws InterruptedException {
        inFlight.awaitIdle();
    }

    private void deliverAlone(ChangeEvent<T> event) throws InterruptedException {
        inFlight.awaitIdle();
        inFlight.add(new Task<>(event, NO_KEY));
        inFlight.awaitIdle();
    }

    private void start() {
        if (started) {
            return;
        }
        started = true;
        for (int number = 1; number <= threadCount; number++) {
            startWorker(threads.worker(number, this::handleUntilClosed));
        }
        if (time.isAny()) {
            Thread monitor = monitors.newThread(this::watchHandlers);
            workers.add(monitor);
            monitor.start();
        }
    }

    /** One that the machine refuses must not be waited for. */
    private void startWorker(Thread worker) {
        workers.add(worker);
        inFlight.workerBegins();
        try {
            worker.start();
        } catch (Throwable e) {
            inFlight.workerEnds();
            throw e;
        }
    }

    @Override
    public void passed(ResumeToken token, BsonTimestamp clusterTime) {
        inFlight.passed(token, clusterTime);
    }

    @Override
    public void stop() {
        inFlight.stop();
    }

    @Override
    public boolean isHandlingThread() {
        return running.contains(Thread.currentThread());
    }

    @Override
    public OptionalLong busySince() {
        return inFlight.busySince();
    }

    @Override
    public void discard() {
        inFlight.stop();
    }

    /** {@inheritDoc} A handler that is still running then is interrupted and waited for. */
    @Override
    public void drain(Duration deadline) {
        inFlight.close();
        boolean interrupted = !awaitEnd(deadline);
        inFlight.awaitEnd();
        for (Thread worker : workers) {
            interrupted |= !join(worker);
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        inFlight.throwIfFailed();
    }

    /** Returns whether the calling thread was left alone meanwhile. */
    private boolean awaitEnd(Duration deadline) {
        try {
            if (!inFlight.awaitEnd(deadline)) {
                abandon();
            }
            return true;
        } catch (InterruptedException e) {
            abandon();
            return false;
        }
    }

    /** It has nothing more to do. Returns whether the calling thread was left alone meanwhile. */
    private static boolean join(Thread worker) {
        try {
            worker.join();
            return true;
        } catch (InterruptedException e) {
            return false;
        }
    }

    private void abandon() {
        inFlight.abandon();
        workers.forEach(Thread::interrupt);
    }

    @Override
    public void ended(Optional<Throwable> failure) {
        // Handlers are not told; the state and listeners are.
    }

    // The workers.

    private void handleUntilClosed() {
        running.add(Thread.currentThread());
        try {
            for (var next = inFlight.take(); next.isPresent(); next = inFlight.take()) {
                handle(next.get());
            }
        } catch (InterruptedException e) {
            stopUnlessClosing();
        } finally {
            inFlight.workerEnds();
            running.remove(Thread.currentThread());
        }
    }

    /** By the handler itself, if nobody closes the watcher. */
    private void stopUnlessClosing() {
        if (!inFlight.isClosing()) {
            LOG.warn("[{}] A thread of its handlers was interrupted; stopping.", failures.watcher());
            stop.run();
        }
    }

    private void handle(Task<T> task) throws InterruptedException {
        Exception failure = task.takeFailure();
        if (failure != null) {
            retryOrEnd(task, failure);
        } else if (!isPassedOver(task)) {
            begin(task);
        }
    }

    /** Whether the event is kept behind an older one of its document, or nothing is to be handled any more. */
    private boolean isPassedOver(Task<T> task) throws InterruptedException {
        try {
            boolean isHeldBack = failures.isHeldBack(task.event);
            if (isHeldBack) {
                inFlight.finish(task);
            }
            return isHeldBack;
        } catch (InterruptedException e) {
            inFlight.giveUp(task);
            throw e;
        } catch (Throwable e) { // whatever keeps it from being handled must reach the watcher
            fail(task, e);
            return true;
        }
    }

    private void begin(Task<T> task) throws InterruptedException {
        try {
            if (time.isAny()) {
                inFlight.calls(task);
            }
            returned(task, handling.step().begin(task.event, task.handlersDone));
        } catch (InterruptedException e) {
            if (inFlight.returned(task, null)) {
                inFlight.giveUp(task);
                throw e;
            }
            retryOrEnd(task, time.exception());
        } catch (Exception e) {
            retryOrEnd(task, inFlight.returned(task, null) ? e : time.exception());
        } catch (Throwable e) { // whatever the handler throws must reach the watcher, not end this thread in silence
            fail(task, e);
        }
    }

    private void returned(Task<T> task, @Nullable CompletionStage<?> stage) {
        boolean isUnlimited = stage == null && !time.isAny();
        if (!isUnlimited && !inFlight.returned(task, stage)) {
            cancel(stage);
            task.handlersDone.repeat();
            retryOrEnd(task, time.exception());
        } else if (stage == null) {
            ended(task);
        } else {
            CompletionStage<?> unused = stage.whenComplete((value, failure) -> completes(task, stage, failure));
        }
    }

    private void cancel(@Nullable CompletionStage<?> stage) {
        if (stage instanceof CompletableFuture<?> future) {
            try {
                future.cancel(true);
            } catch (
                    RuntimeException e) { // a minimal stage cannot be cancelled, and those that depend on one may throw
                LOG.debug("[{}] A stage that is given up could not be cancelled.", failures.watcher(), e);
            }
        }
    }

    private void ended(Task<T> task) {
        progress.eventEnds(task.event, Duration.ofNanos(nanoTime.getAsLong() - task.firstBeganNanos()));
        inFlight.finish(task);
    }

    /** A listener that is told of the end may close the watcher, which must not wait for the thread that it is on. */
    private void completes(Task<T> task, CompletionStage<?> stage, @Nullable Throwable failure) {
        boolean isNew = running.add(Thread.currentThread());
        try {
            completed(task, stage, failure);
        } finally {
            if (isNew) {
                running.remove(Thread.currentThread());
            }
        }
    }

    /** On whatever thread completes the stage. Too late if the watcher has ended, or its time was up. */
    private void completed(Task<T> task, CompletionStage<?> stage, @Nullable Throwable failure) {
        if (!inFlight.completed(task, stage)) {
            LOG.debug("[{}] An event was handled after it was given up.", failures.watcher());
        } else if (failure == null) {
            ended(task);
        } else if (cause(failure) instanceof Error error) {
            fail(task, error);
        } else {
            answerLater(task, exception(cause(failure)));
        }
    }

    /** By a worker: the answer may be to wait for a store of letters, which the thread that completes a stage must not. */
    private void answerLater(Task<T> task, Exception cause) {
        task.failed(cause);
        inFlight.answerLater(task);
    }

    private static Throwable cause(Throwable failure) {
        return failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
    }

    private static Exception exception(Throwable failure) {
        return failure instanceof Exception exception ? exception : new CompletionException(failure);
    }

    private void retryOrEnd(Task<T> task, Exception cause) {
        try {
            int failed = task.fails(nanoTime.getAsLong());
            Optional<Duration> delay = failures.delayAfter(task.event, failed, task.firstFailureNanos(), cause);
            if (delay.isPresent()) {
                inFlight.delay(task, delay.get());
            } else {
                inFlight.finish(task);
            }
        } catch (InterruptedException e) {
            inFlight.giveUp(task);
            Thread.currentThread().interrupt(); // for the next take()
        } catch (Throwable e) { // the policy gives up, or what it asks of the application throws
            fail(task, e);
        }
    }

    private void fail(Task<T> task, Throwable cause) {
        inFlight.fail(task, cause);
        progress.failed(cause);
    }

    // The monitor.

    private void watchHandlers() {
        running.add(Thread.currentThread());
        try {
            for (var next = inFlight.awaitOverdue(); !next.isEmpty(); next = inFlight.awaitOverdue()) {
                next.forEach(this::tellOrGiveUp);
            }
        } catch (InterruptedException e) {
            LOG.debug("[{}] Nothing more is given up: the watcher is about to end.", failures.watcher());
        } catch (Throwable e) { // nobody would be given up any more
            inFlight.fail(e);
            progress.failed(e);
        } finally {
            running.remove(Thread.currentThread());
        }
    }

    private void tellOrGiveUp(Overdue<T> handler) {
        switch (handler.kind()) {
            case SLOW -> failures.slow(handler.task().event, handler.duration());
            case STUCK -> failures.stuck(handler.task().event, handler.duration());
            case LATE -> giveUpStage(handler);
        }
    }

    /** Without a stage, the worker is interrupted, and answers. */
    private void giveUpStage(Overdue<T> handler) {
        if (handler.stage() != null) {
            answerLater(handler.task(), time.exception());
            cancel(handler.stage());
        }
    }
}
