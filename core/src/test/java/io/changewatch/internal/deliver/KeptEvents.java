package io.changewatch.internal.deliver;

import io.changewatch.event.ChangeEvent;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;

/**
 * Remembers the events that are kept: those that are given up, and those that a test holds back.
 *
 * <p>Thread-safe.
 */
final class KeptEvents implements GivenUpEvents {
    private final List<Integer> kept = new CopyOnWriteArrayList<>();
    private final Set<Integer> heldBack = ConcurrentHashMap.newKeySet();
    private final Set<Integer> slowToTell = ConcurrentHashMap.newKeySet();
    private final Set<Integer> slowToKeep = ConcurrentHashMap.newKeySet();
    private final Set<Integer> waiting = ConcurrentHashMap.newKeySet();
    private final CountDownLatch answer = new CountDownLatch(1);

    /** Keeps this event behind an older one of its document. */
    KeptEvents holdingBack(int event) {
        heldBack.add(event);
        return this;
    }

    /** Does not tell before {@link #answer} whether this event is held back. */
    KeptEvents slowToTell(int event) {
        slowToTell.add(event);
        return this;
    }

    /** Keeps this event when it is given up, but not before {@link #answer}. */
    KeptEvents slowToKeep(int event) {
        slowToKeep.add(event);
        return this;
    }

    void answer() {
        answer.countDown();
    }

    /** Whether somebody waits for an answer about this event. */
    boolean isAskedFor(int event) {
        return waiting.contains(event);
    }

    /** The cluster times of the events, in seconds. */
    List<Integer> times() {
        return kept;
    }

    @Override
    public boolean holdsBack(ChangeEvent<?> event) throws InterruptedException {
        int time = DeliverySetup.timeOf(event);
        awaitAnswer(slowToTell, time);
        if (heldBack.contains(time)) {
            kept.add(time);
        }
        return heldBack.contains(time);
    }

    @Override
    public void giveUp(ChangeEvent<?> event, int attempts, Exception cause) throws InterruptedException {
        int time = DeliverySetup.timeOf(event);
        awaitAnswer(slowToKeep, time);
        kept.add(time);
    }

    private void awaitAnswer(Set<Integer> slow, int time) throws InterruptedException {
        if (slow.contains(time)) {
            waiting.add(time);
            answer.await();
        }
    }
}
