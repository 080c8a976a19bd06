package io.changewatch.internal.engine;

import io.changewatch.ConfigurationException;
import io.changewatch.internal.checkpoint.Fence;
import io.changewatch.lease.LeaseLostException;
import io.changewatch.resume.Checkpoint;
import io.changewatch.resume.ResumeTokenStore;

/**
 * Compares the term of a loaded checkpoint with the watcher's own, and puts that into the store before anything is handed out:
 * from then on the store refuses what an earlier holder of the lease still saves.
 *
 * <p>Called on the watcher's thread only.
 */
record TermCheck(String watcher, Fence fence) {

    /** @throws LeaseLostException if another instance is ahead */
    Checkpoint claim(ResumeTokenStore store, Checkpoint loaded) {
        if (fence.term() == 0) {
            refuseWithoutLease(loaded);
            return loaded;
        }
        if (loaded.term() >= fence.term()) {
            throw LostLease.behind(watcher, fence.term(), loaded.term());
        }
        Checkpoint claimed = new Checkpoint(
                loaded.token(), loaded.clusterTime(), loaded.savedAt(), loaded.fingerprint(), fence.term());
        fence.throwIfOver();
        store.save(watcher, claimed);
        return claimed;
    }

    private void refuseWithoutLease(Checkpoint loaded) {
        if (loaded.term() > 0) {
            throw new ConfigurationException(
                    "Watcher '" + watcher + "' cannot start: its checkpoint was saved under a lease, in term "
                            + loaded.term()
                            + ", and this watcher has none, so the store would refuse what it saves. Add"
                            + " onlyOneActive(...), or give it another name(...) and let it startFrom(...) a position.",
                    null);
        }
    }
}
