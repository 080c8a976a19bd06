package io.changewatch.push;

import io.changewatch.ChangeWatcher;
import io.changewatch.push.Admission.Admitted;
import io.changewatch.push.Admission.Reason;
import io.changewatch.push.Admission.Refused;
import java.security.Principal;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says who comes in now, and turns away who does not.
 *
 * <p>Thread-safe.
 */
final class Reception<T> {
    private static final Logger LOG = LoggerFactory.getLogger(Reception.class);

    private final FeedContext<T> feed;
    private final ChangeWatcher watcher;
    private final BooleanSupplier isClosing;
    private final Admissions admissions;

    Reception(FeedContext<T> feed, ChangeWatcher watcher, BooleanSupplier isClosing) {
        this.feed = feed;
        this.watcher = watcher;
        this.isClosing = isClosing;
        this.admissions = new Admissions(feed.name(), feed.options());
    }

    /** See {@link LiveFeed#admit}. */
    Admission admit(Handshake handshake) {
        Admission decision = admissions.admit(handshake);
        if (decision instanceof Admitted admitted) {
            Optional<Refused> refusal = unavailable()
                    .or(() -> feed.seats().look(admitted.request().principal()).map(this::full));
            decision = refusal.isPresent() ? refusal.get() : decision;
        }
        if (decision instanceof Refused refused) {
            count(refused);
        }
        return decision;
    }

    /** Takes a seat for a client, unless it has to be turned away. */
    Optional<Refused> takeSeat(Principal principal) {
        Optional<Refused> refusal =
                unavailable().or(() -> feed.seats().take(principal).map(this::full));
        refusal.ifPresent(this::count);
        return refusal;
    }

    private void count(Refused refused) {
        feed.figures().refused(refused.reason());
        LOG.debug("[{}] Refused a client: {}", feed.name(), refused.reason());
    }

    private Optional<Refused> unavailable() {
        if (isClosing.getAsBoolean()) {
            return Optional.of(new Refused(
                    Reason.CLOSING,
                    503,
                    CloseCodes.SERVICE_RESTART,
                    "The service restarts. Come again with your position."));
        }
        if (watcher.state().isTerminal()) {
            return Optional.of(new Refused(
                    Reason.FAILED, 503, CloseCodes.INTERNAL_ERROR, "The feed has failed. Come again later."));
        }
        return feed.hub().isReady()
                ? Optional.empty()
                : Optional.of(new Refused(
                        Reason.NOT_READY,
                        503,
                        CloseCodes.TRY_AGAIN_LATER,
                        "The feed has not reached its database yet. Come again in a moment."));
    }

    private Refused full(Reason reason) {
        FeedOptions.Clients limits = feed.options().clients();
        return reason == Reason.FULL
                ? new Refused(
                        reason,
                        503,
                        CloseCodes.TRY_AGAIN_LATER,
                        "The feed is full (" + limits.max() + " clients). Come again later.")
                : new Refused(
                        reason,
                        429,
                        CloseCodes.POLICY_VIOLATION,
                        "You have as many connections as you may have (" + limits.maxPerPrincipal()
                                + "). Close one first.");
    }

    /** See {@link LiveFeed#refuse}. A client that does not even take this is closed when it would count as dead. */
    void refuse(Refused refused, Transport transport, FeedClient client) {
        Message last = feed.encoder().closing(null, refused.closeCode(), refused.message(), transport);
        Runnable close = () -> close(refused, client);
        try {
            feed.senders().execute(() -> sendLast(client, last, close));
        } catch (RejectedExecutionException e) { // the feed has ended
            sendLast(client, last, close);
        }
    }

    private void sendLast(FeedClient client, Message last, Runnable close) {
        try {
            long limit = feed.options().deadAfter().toNanos();
            CompletableFuture<?> unused = client.send(last.text())
                    .thenRun(() -> {})
                    .toCompletableFuture()
                    .orTimeout(limit, TimeUnit.NANOSECONDS)
                    .whenComplete((sent, failure) -> close.run());
        } catch (RuntimeException | Error e) { // the adapter's
            close.run();
        }
    }

    private void close(Refused refused, FeedClient client) {
        try {
            client.close(refused.closeCode(), Texts.reason(refused.message()));
        } catch (RuntimeException | Error e) { // the adapter's
            LOG.debug("[{}] A refused client could not be closed.", feed.name(), e);
        }
    }
}
