package io.changewatch.testkit.simulation;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.locks.LockSupport;

/**
 * Threads that are used again and again: the start of one costs more than most of what it does. Whoever has the baton calls
 * this; each worker has its own.
 */
final class Carriers {
    private final Deque<Carrier> idle = new ArrayDeque<>();

    /** A thread that runs {@code work} when it is unparked and {@code mayRun}. */
    Carrier take() {
        Carrier free = idle.poll();
        if (free != null) {
            return free;
        }
        Carrier made = new Carrier();
        made.setDaemon(true);
        made.start();
        return made;
    }

    void giveBack(Carrier carrier) {
        idle.push(carrier);
    }

    /** Runs one piece of work after the other. */
    static final class Carrier extends Thread {
        private volatile Runnable work;

        private Carrier() {
            super("simulation-carrier");
        }

        void assign(Runnable next) {
            work = next;
        }

        @Override
        public void run() {
            while (true) {
                Runnable next = work;
                if (next == null) {
                    LockSupport.park(this);
                    continue;
                }
                work = null;
                next.run();
                Thread.interrupted(); // what the work left behind
            }
        }
    }
}
