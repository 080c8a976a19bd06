package io.changewatch.resume.mongo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.changewatch.resume.StoreException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class PartitionsTest {
    private static final int COUNT = 6;

    private final ScriptedMembership membership = new ScriptedMembership();
    private final QueuedWork closing = new QueuedWork();
    private final Map<Integer, PretendedWatcher> built = new HashMap<>();
    private final Partitions partitions =
            new Partitions("orders", COUNT, membership, partition -> build(partition), closing);

    private PretendedWatcher build(int partition) {
        PretendedWatcher watcher = new PretendedWatcher("orders-" + partition + "-of-" + COUNT);
        built.put(partition, watcher);
        return watcher;
    }

    @Test
    void areAllStartedWhereThereIsNobodyElse() {
        partitions.balance();

        assertThat(partitions.active()).containsExactly(0, 1, 2, 3, 4, 5);
    }

    @Test
    void areStartedOnce() {
        partitions.balance();
        Map<Integer, PretendedWatcher> first = Map.copyOf(built);

        partitions.balance();

        assertThat(built).isEqualTo(first);
    }

    /** A start may wait for long, and who closes would have to. */
    @Test
    void areNotStartedWhenTheyAreToEnd() {
        AtomicReference<Partitions> self = new AtomicReference<>();
        Partitions ending = new Partitions(
                "orders",
                COUNT,
                membership,
                partition -> {
                    self.get().stop(Duration.ofSeconds(1));
                    return build(partition);
                },
                closing);
        self.set(ending);
        ending.balance();

        assertThat(ending.active()).isEmpty();
    }

    @Test
    void areGivenBackToWhoJoins() {
        partitions.balance();

        membership.members = Set.of("a", "b");
        partitions.balance();
        closing.runAll();

        assertThat(partitions.active())
                .isEqualTo(Shares.of("a", Set.of("a", "b"), COUNT))
                .hasSize(3);
        assertThat(built.values()).filteredOn(watcher -> !watcher.isRunning()).hasSize(3);
    }

    @Test
    void areTakenFromWhoIsGone() {
        membership.members = Set.of("a", "b");
        partitions.balance();

        membership.members = Set.of("a");
        partitions.balance();

        assertThat(partitions.active()).hasSize(COUNT);
    }

    /** Two watchers of one name in one process would refuse each other. */
    @Test
    void areNotStartedAgainBeforeTheirWatcherHasEnded() {
        partitions.balance();
        membership.members = Set.of("a", "b");
        partitions.balance();
        Map<Integer, PretendedWatcher> before = Map.copyOf(built);

        membership.members = Set.of("a");
        partitions.balance();
        assertThat(built).as("those that end").isEqualTo(before);

        closing.runAll();
        partitions.balance();
        assertThat(partitions.active()).hasSize(COUNT);
    }

    @Test
    void areKeptWhileTheMembersAreNotKnown() {
        partitions.balance();

        membership.isOut = true;
        partitions.balance();

        assertThat(partitions.active()).hasSize(COUNT);
    }

    @Test
    void tellWhyOneFailed() {
        partitions.balance();
        IllegalStateException reason = new IllegalStateException("poison");

        built.get(3).fails(reason);

        assertThat(partitions.failure()).contains(reason);
        assertThat(partitions.active()).doesNotContain(3);
    }

    @Test
    void passOnWhatAStartThrows() {
        Partitions broken = new Partitions(
                "orders",
                COUNT,
                membership,
                partition -> {
                    throw new IllegalStateException("no");
                },
                closing);

        assertThatThrownBy(broken::balance).hasMessage("no");
    }

    @Test
    void areAllClosedAndLeft() {
        partitions.balance();
        closing.isAtOnce = true;

        assertThat(partitions.close(Duration.ofSeconds(1))).isTrue();

        assertThat(built.values()).noneMatch(PretendedWatcher::isRunning);
        assertThat(membership.hasLeft).isTrue();
    }

    private static final class ScriptedMembership implements Membership {
        private Set<String> members = Set.of("a");
        private boolean isOut;
        private boolean hasLeft;

        @Override
        public String self() {
            return "a";
        }

        @Override
        public Set<String> beat() {
            if (isOut) {
                throw new StoreException("The server is away.", null);
            }
            return new TreeSet<>(members);
        }

        @Override
        public void leave() {
            hasLeft = true;
        }
    }

    /** Work that waits until the test has it done. */
    private static final class QueuedWork implements Executor {
        private final Deque<Runnable> queue = new ArrayDeque<>();
        private boolean isAtOnce;

        private void runAll() {
            for (Runnable next = next(); next != null; next = next()) {
                next.run();
            }
        }

        private @Nullable Runnable next() {
            return queue.poll();
        }

        @Override
        public void execute(Runnable work) {
            if (isAtOnce) {
                work.run();
            } else {
                queue.add(work);
            }
        }
    }
}
