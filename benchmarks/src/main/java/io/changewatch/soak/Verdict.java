package io.changewatch.soak;

import io.changewatch.soak.HandledLog.Life;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Whether a log keeps the promises: every change once at first sight and in its writer's order, and again only at the beginning
 * of a life after a kill, as one run that ends where the life before had come to.
 *
 * <p>Immutable and thread-safe.
 */
record Verdict(
        long written, long handled, int lives, int killed, long repeated, int longestReplay, List<String> violations) {
    private static final int MOST_VIOLATIONS = 20;

    static Verdict of(List<Life> lives, List<Integer> written) {
        return new Judge().judge(lives, written);
    }

    /** Whether every change was handled; says nothing of the order. */
    static boolean isComplete(List<Life> lives, List<Integer> written) {
        Set<String> seen = new HashSet<>();
        lives.forEach(life -> seen.addAll(life.handled()));
        return seen.size() >= written.stream().mapToInt(Integer::intValue).sum();
    }

    boolean isGreen() {
        return violations.isEmpty();
    }

    private static final class Judge {
        private final List<String> order = new ArrayList<>();
        private final Map<String, Integer> places = new HashMap<>();
        private final Map<String, Integer> newest = new HashMap<>();
        private final List<String> violations = new ArrayList<>();
        private long repeated;
        private int longestReplay;
        private int killed;

        private Verdict judge(List<Life> lives, List<Integer> written) {
            boolean mayRepeat = false;
            for (int i = 0; i < lives.size(); i++) {
                judge(i, lives.get(i).handled(), mayRepeat);
                mayRepeat = !lives.get(i).closed();
                killed += mayRepeat ? 1 : 0;
            }
            for (int writer = 0; writer < written.size(); writer++) {
                requireAll(writer, written.get(writer));
            }
            long sum = written.stream().mapToLong(Integer::longValue).sum();
            return new Verdict(
                    sum, order.size(), lives.size(), killed, repeated, longestReplay, List.copyOf(violations));
        }

        private void judge(int life, List<String> handled, boolean mayRepeat) {
            int replayed = mayRepeat ? replayOf(life, handled) : 0;
            repeated += replayed;
            longestReplay = Math.max(longestReplay, replayed);
            for (String event : handled.subList(replayed, handled.size())) {
                first(life, event);
            }
        }

        /** How many events at the beginning of a life were seen before. */
        private int replayOf(int life, List<String> handled) {
            Integer begin = handled.isEmpty() ? null : places.get(handled.get(0));
            if (begin == null) {
                return 0;
            }
            int known = order.size() - begin;
            if (known > SoakWatcher.MOST_REPEATED) {
                violate("life " + life + " repeats " + known + " events");
            }
            int length = Math.min(known, handled.size());
            if (!order.subList(begin, begin + length).equals(handled.subList(0, length))) {
                violate("life " + life + " repeats events in another order, beginning with " + handled.get(0));
            }
            return length;
        }

        private void first(int life, String event) {
            if (places.putIfAbsent(event, order.size()) != null) {
                violate("life " + life + " handles " + event + " again");
                return;
            }
            order.add(event);
            String[] parts = event.split(" ", 2);
            if (parts[0].equals("unexpected")) {
                violate("life " + life + ": " + event);
                return;
            }
            int number = Integer.parseInt(parts[1]);
            int before = newest.getOrDefault(parts[0], 0);
            if (number != before + 1) {
                violate("life " + life + ": change " + number + " of writer " + parts[0] + " comes after " + before);
            }
            newest.put(parts[0], number);
        }

        private void requireAll(int writer, int written) {
            int last = newest.getOrDefault(Integer.toString(writer), 0);
            if (last < written) {
                violate("writer " + writer + " has written " + written + " changes, the last one handled is " + last);
            }
        }

        private void violate(String violation) {
            if (violations.size() < MOST_VIOLATIONS) {
                violations.add(violation);
            }
        }
    }
}
