package io.changewatch.internal.engine;

import io.changewatch.lease.LeaseLostException;
import org.jspecify.annotations.Nullable;

/** Why this instance has the lease no more, in words. */
final class LostLease {
    private LostLease() {}

    /** The holder's own time is over. {@code trouble} is why it could not be renewed; null where nobody came to do it. */
    static LeaseLostException expired(String watcher, long term, @Nullable Throwable trouble) {
        return new LeaseLostException(
                "Watcher '" + watcher + "' has not renewed its lease of term " + term + " in time"
                        + (trouble == null ? "" : ", the last attempt failed with: " + trouble.getMessage())
                        + ". It hands out nothing more and asks for the lease again.",
                0,
                trouble);
    }

    /** Somebody else has it. */
    static LeaseLostException taken(String watcher, long term) {
        return new LeaseLostException(
                "Watcher '" + watcher + "' has its lease of term " + term
                        + " no more: another instance has taken it, or it was deleted.",
                0,
                null);
    }

    /** The store knows of a newer holder, or has one. */
    static LeaseLostException refusedByStore(String watcher, long term, Throwable refusal) {
        return new LeaseLostException(
                "The store refuses watcher '" + watcher + "' in term " + term + " of its lease: "
                        + refusal.getMessage(),
                0,
                refusal);
    }

    /** The checkpoint has this term or a higher one. */
    static LeaseLostException behind(String watcher, long term, long higherTerm) {
        return new LeaseLostException(
                "Watcher '" + watcher + "' has its lease in term " + term
                        + ", but its checkpoint was saved in term " + higherTerm
                        + ": another instance is ahead, or the lease was deleted. It asks for a higher term.",
                higherTerm,
                null);
    }
}
