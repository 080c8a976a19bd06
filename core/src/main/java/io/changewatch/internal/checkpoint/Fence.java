package io.changewatch.internal.checkpoint;

/**
 * Keeps who has lost its lease from saving.
 *
 * <p>Thread-safe.
 */
public interface Fence {
    /** Without a lease. */
    Fence NONE = new Fence() {
        @Override
        public long term() {
            return 0;
        }

        @Override
        public void throwIfOver() {
            // It never is.
        }
    };

    /** The term of the lease; 0 without one. */
    long term();

    /** Throws if the lease is lost, or its time over: what happens from now on is another one's to do. */
    void throwIfOver();
}
