package io.changewatch.testkit.simulation;

import io.changewatch.event.ChangeEvent;
import io.changewatch.event.DocumentEvent;
import io.changewatch.testkit.model.StreamPlace;
import java.util.Collection;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What was handed out in one life, from the oldest event on that is not handled: who is with a handler, and who has been.
 *
 * <p>What its methods return as text is the rule that is broken, if one is.
 */
final class OpenEvents {
    private enum Stage {
        WAITING,
        RUNNING,
        /** A handler has failed. */
        FAILED,
        HANDLED
    }

    /** One event; without a key, it goes alone. */
    private static final class Open {
        private final StreamPlace place;
        private final Optional<Object> key;
        private Stage stage = Stage.WAITING;
        /** Not where it is skipped because its key cannot be told. */
        private boolean began;

        Open(StreamPlace place, Optional<Object> key) {
            this.place = place;
            this.key = key;
        }

        /** Whether both may not be handled side by side. */
        boolean excludes(Open other) {
            return key.isEmpty() || key.equals(other.key) || other.key.isEmpty();
        }
    }

    private final Delivery delivery;
    private final NavigableMap<StreamPlace, Open> events = new TreeMap<>();

    OpenEvents(Delivery delivery) {
        this.delivery = delivery;
    }

    void handedOut(StreamPlace place, ChangeEvent<?> event) {
        events.put(place, new Open(place, key(event)));
    }

    /** It comes again. */
    void letGo(StreamPlace place) {
        events.remove(place);
    }

    private static Optional<Object> key(ChangeEvent<?> event) {
        return event instanceof DocumentEvent<?> change
                ? Optional.of(List.of(change.in(), change.documentKey()))
                : Optional.empty();
    }

    /** One event, or a batch. */
    Optional<String> begins(List<StreamPlace> batch) {
        if (running() >= delivery.concurrency()) {
            return Optional.of("a handler gets " + batch + " beside " + running() + " others");
        }
        return batch.stream().flatMap(place -> begins(place, batch).stream()).findFirst();
    }

    private Optional<String> begins(StreamPlace place, List<StreamPlace> batch) {
        Open event = events.get(place);
        if (event == null || event.stage == Stage.HANDLED) {
            return Optional.of(place + " is handled twice");
        }
        if (event.stage == Stage.RUNNING) {
            return Optional.of(place + " is with two handlers at once");
        }
        event.stage = Stage.RUNNING;
        event.began = true;
        return outOfOrder(event, batch).or(() -> tooFarAhead(place)).or(() -> notAlone(event, batch));
    }

    private Optional<String> outOfOrder(Open event, List<StreamPlace> batch) {
        List<StreamPlace> before = batch.subList(0, batch.indexOf(event.place));
        return events.headMap(event.place).values().stream()
                .filter(older -> older.stage != Stage.HANDLED && !before.contains(older.place))
                .filter(older -> !delivery.isByKey() || event.excludes(older))
                .map(older -> "the handler gets " + event.place + " before " + older.place + " is handled")
                .findFirst();
    }

    private static Optional<String> notAlone(Open event, List<StreamPlace> batch) {
        return event.key.isEmpty() && batch.size() > 1
                ? Optional.of(event.place + " is no document's, and in a batch with others")
                : Optional.empty();
    }

    private Optional<String> tooFarAhead(StreamPlace place) {
        long rank = 1
                + events.headMap(place).values().stream()
                        .filter(older -> older.began || older.stage != Stage.HANDLED)
                        .count();
        return rank > delivery.most()
                ? Optional.of("the handler gets " + place + ", the " + rank + "th from the oldest that is not handled")
                : Optional.empty();
    }

    long running() {
        return count(Stage.RUNNING);
    }

    private long count(Stage stage) {
        return events.values().stream().filter(event -> event.stage == stage).count();
    }

    void failed(StreamPlace place) {
        events.get(place).stage = Stage.FAILED;
    }

    /** Handled, or skipped. */
    Optional<String> handled(StreamPlace place) {
        Open event = events.get(place);
        if (event == null || event.stage == Stage.HANDLED) {
            return Optional.of(place + " is handled twice");
        }
        event.stage = Stage.HANDLED;
        return Optional.empty();
    }

    /** Forgets what is handled before the oldest that is not; returns the last of that. */
    Optional<StreamPlace> settle() {
        StreamPlace last = null;
        while (!events.isEmpty() && events.firstEntry().getValue().stage == Stage.HANDLED) {
            last = events.pollFirstEntry().getKey();
        }
        return Optional.ofNullable(last);
    }

    boolean isAnyUndone() {
        return events.size() > count(Stage.HANDLED);
    }

    /** What was handled comes again only because of an older one that no handler has handled. */
    Optional<String> left() {
        Collection<Open> all = events.values();
        boolean repeats = all.stream().anyMatch(event -> event.stage == Stage.HANDLED && event.began);
        return repeats && events.firstEntry().getValue().stage == Stage.WAITING
                ? Optional.of("ended without " + events.firstKey() + ", though a later one was handled")
                : Optional.empty();
    }
}
