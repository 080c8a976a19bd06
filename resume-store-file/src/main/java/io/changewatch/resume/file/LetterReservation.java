package io.changewatch.resume.file;

import io.changewatch.resume.StoreLockedException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The right to re-drive one watcher's letters: within this store by a name and a time, against other processes by a lock.
 *
 * <p>Not thread-safe: {@link FileDeadLetterStore} guards it.
 */
final class LetterReservation {
    private @Nullable WatcherLock lock;
    private String holder = "";
    private long untilNanos;

    boolean take(Path folder, String watcher, String by, Duration time) throws IOException {
        long now = System.nanoTime();
        if (lock != null && !holder.equals(by) && untilNanos - now > 0) {
            return false;
        }
        if (lock == null && !lock(folder, watcher)) {
            return false;
        }
        holder = by;
        untilNanos = now + time.toNanos();
        return true;
    }

    private boolean lock(Path folder, String watcher) throws IOException {
        try {
            lock = WatcherLock.acquire(folder, watcher);
            return true;
        } catch (StoreLockedException e) {
            return false;
        }
    }

    void release(String by) throws IOException {
        if (holder.equals(by)) {
            free();
        }
    }

    void free() throws IOException {
        WatcherLock held = lock;
        lock = null;
        holder = "";
        if (held != null) {
            held.close();
        }
    }
}
