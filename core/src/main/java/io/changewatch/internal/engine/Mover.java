package io.changewatch.internal.engine;

import io.changewatch.ConfigurationException;
import io.changewatch.SeekFailedException;
import io.changewatch.internal.checkpoint.Checkpointer;
import io.changewatch.internal.checkpoint.Position;
import io.changewatch.observe.WatcherListener.Sought;
import io.changewatch.resume.Checkpoint;
import java.time.Duration;
import java.util.Optional;
import org.bson.BsonTimestamp;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Moves a watcher to another position, or leaves it where it is.
 *
 * <pre>
 * 1 what is in flight on other threads ends                 else: it stays
 * 2 the server is tried for the new position                else: it stays
 * 3 the position replaces what the store holds, in one step where the store does not go back: it stays;
 *                                                           where it fails: waits until it works
 * 4 the watcher goes on there
 * </pre>
 *
 * A crash before the end of 3 finds the one position or the other.
 *
 * <p>Called on the watcher's thread only, while no stream is open.
 */
final class Mover {
    private static final Logger LOG = LoggerFactory.getLogger(Mover.class);

    private final Shared<?> shared;
    private final Checkpointer checkpointer;
    private final BatchDelivery<?> delivery;
    private final SeekTrial trial;
    private final CheckpointLoader loader;

    Mover(
            Shared<?> shared,
            Checkpointer checkpointer,
            BatchDelivery<?> delivery,
            SeekTrial trial,
            CheckpointLoader loader) {
        this.shared = shared;
        this.checkpointer = checkpointer;
        this.delivery = delivery;
        this.trial = trial;
        this.loader = loader;
    }

    /**
     * Returns when it is done.
     *
     * @throws SeekFailedException if it stays
     * @throws io.changewatch.ConfigurationException if the checkpoint is another stream's; it stays
     */
    void move(Seek seek) throws InterruptedException {
        Optional<BsonTimestamp> from = delivery.place().clusterTime();
        letEndWhatIsInFlight();
        Place wanted = seek.checkpoint == null ? Place.at(seek.start) : placeOf(seek.checkpoint);
        Position position = trial.tryOut(wanted, seek.checkpoint);
        Place place = wanted.position() == null ? Place.after(position) : wanted;
        Optional<RuntimeException> refusal = delivery.moveTo(place, position);
        if (refusal.isPresent()) {
            throw stays("the store refuses (" + refusal.get().getMessage() + ")", refusal.get());
        }
        tell(from, position.clusterTime());
    }

    private Place placeOf(Checkpoint checkpoint) {
        String madeFor = checkpoint.fingerprint().scope();
        String mine = shared.settings().checkpoints().fingerprint().scope();
        if (!madeFor.equals(mine)) {
            throw new ConfigurationException(
                    "Cannot move watcher '" + shared.watcher() + "': the checkpoint that was given is of " + madeFor
                            + ", and this watcher watches " + mine
                            + ". Give one of this watcher's history(). The watcher goes on where it was.",
                    null);
        }
        return loader.place(Optional.of(checkpoint));
    }

    private void letEndWhatIsInFlight() throws InterruptedException {
        Duration patience = shared.settings().closeWithin();
        Optional<Position> handedOut = delivery.place().known();
        if (handedOut.isPresent() && !checkpointer.awaitHandled(handedOut.get(), patience)) {
            shared.lifecycle().throwIfStopRequested();
            throw stays(
                    "events that were handed out are not handled after " + patience
                            + ", and they must not move its checkpoint back later. Try again when they are",
                    null);
        }
    }

    private SeekFailedException stays(String why, @Nullable Throwable cause) {
        return new SeekFailedException(
                "Cannot move watcher '" + shared.watcher() + "': " + why + ". The watcher goes on where it was.",
                cause);
    }

    private void tell(Optional<BsonTimestamp> from, BsonTimestamp to) {
        LOG.info(
                "[{}] Moved from cluster time {} to {}, as asked; events between {}.",
                shared.watcher(),
                from.map(Mover::describe).orElse("(none)"),
                describe(to),
                from.filter(time -> time.compareTo(to) < 0).isPresent() ? "are passed over" : "come again");
        shared.listener().sought(new Sought(shared.watcher(), from, to));
    }

    private static String describe(BsonTimestamp time) {
        return time.getTime() + "/" + time.getInc();
    }
}
