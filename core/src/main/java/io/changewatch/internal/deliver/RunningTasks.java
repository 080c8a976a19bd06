package io.changewatch.internal.deliver;

import io.changewatch.internal.deliver.HandlerLimits.Overdue;
import io.changewatch.internal.deliver.HandlerLimits.Overdue.Kind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;

/**
 * The events that are with their handlers, in the order in which they began, and which of those run for too long.
 *
 * <p>Not thread-safe: guarded by the lock of {@link InFlight}.
 */
final class RunningTasks<T> {
    private final HandlerLimits time;
    private final Set<Task<T>> tasks = new LinkedHashSet<>();

    RunningTasks(HandlerLimits time) {
        this.time = time;
    }

    void add(Task<T> task) {
        tasks.add(task);
    }

    /** Returns whether it was there. */
    boolean remove(Task<T> task) {
        return tasks.remove(task);
    }

    boolean contains(Task<T> task) {
        return tasks.contains(task);
    }

    int size() {
        return tasks.size();
    }

    boolean isEmpty() {
        return tasks.isEmpty();
    }

    void clear() {
        tasks.clear();
    }

    /** Since when the one that has been running longest does. */
    OptionalLong busySince() {
        return tasks.stream().mapToLong(task -> task.beganNanos).findFirst();
    }

    /** Those that have become slow, late or stuck. Who is late is interrupted, and who is stuck is again. */
    List<Overdue<T>> overdue(long now) {
        List<Overdue<T>> found = new ArrayList<>();
        for (Task<T> task : tasks) {
            if (task.isTimed) {
                look(task, now - task.beganNanos, found);
            }
        }
        return found;
    }

    private void look(Task<T> task, long ran, List<Overdue<T>> found) {
        if (!task.toldSlow && time.untilSlow(ran) <= 0) {
            task.toldSlow = true;
            found.add(new Overdue<>(task, Duration.ofNanos(ran), Kind.SLOW, null));
        }
        if (!task.timedOut && time.untilTimeout(ran) <= 0) {
            task.timedOut = true;
            interrupt(task);
            found.add(new Overdue<>(task, Duration.ofNanos(ran), Kind.LATE, task.stage));
        }
        if (isGivenUpInVain(task) && time.untilStuck(ran, task.toldStuck) <= 0) {
            task.toldStuck++;
            interrupt(task);
            found.add(new Overdue<>(task, Duration.ofNanos(ran), Kind.STUCK, null));
        }
    }

    private static boolean isGivenUpInVain(Task<?> task) {
        return task.timedOut && task.worker != null;
    }

    private static void interrupt(Task<?> task) {
        if (task.worker != null) {
            task.worker.interrupt();
        }
    }

    /** How long until there is something to find; {@link HandlerLimits#NEVER} if that takes another event. */
    long untilOverdue(long now) {
        return tasks.stream()
                .filter(task -> task.isTimed)
                .mapToLong(task -> untilOverdue(task, now - task.beganNanos))
                .min()
                .orElse(HandlerLimits.NEVER);
    }

    private long untilOverdue(Task<T> task, long ran) {
        long slow = task.toldSlow ? HandlerLimits.NEVER : time.untilSlow(ran);
        long late = task.timedOut ? HandlerLimits.NEVER : time.untilTimeout(ran);
        long stuck = isGivenUpInVain(task) ? time.untilStuck(ran, task.toldStuck) : HandlerLimits.NEVER;
        return Math.min(slow, Math.min(late, stuck));
    }
}
