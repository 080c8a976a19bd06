package io.changewatch.pipeline;

import java.util.Comparator;
import java.util.Set;
import java.util.function.ToIntFunction;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Chooses by which keys a condition is found: every event that fulfils the condition has at least one of them.
 *
 * <p>A test of equality names its keys. Of parts joined by or, all keys are needed; if one part has none, only the key of
 * every event is left. Of parts joined by and, one is enough, and it is the one that is best told apart: not by the
 * operation or the namespace, which many events share; then by keys that few other conditions have, so that ten thousand
 * conditions of the form "status is open and userId is x" spread over the users; then by few keys.
 */
final class KeyChoice {

    private static final Set<EventKey> EVERY_EVENT = Set.of(EventKey.OF_EVERY_EVENT);

    private final Comparator<Set<EventKey>> bestFirst;

    /** A choice that depends on {@code crowd}: how many conditions are found by a key already. */
    KeyChoice(ToIntFunction<EventKey> crowd) {
        bestFirst = Comparator.<Set<EventKey>>comparingInt(keys -> most(keys, EventKey::commonness))
                .thenComparingInt(keys -> most(keys, crowd))
                .thenComparingInt(Set::size);
    }

    private static int most(Set<EventKey> keys, ToIntFunction<EventKey> count) {
        return keys.stream().mapToInt(count).max().orElse(0);
    }

    /** The keys; none if no event can fulfil the condition. */
    Set<EventKey> of(Node node) {
        if (node instanceof FieldCondition field) {
            return ofTest(field, field.test());
        }
        if (node instanceof Node.All all) {
            return all.parts().stream().map(this::of).min(bestFirst).orElse(EVERY_EVENT);
        }
        return node instanceof Node.Any any ? union(any.parts().stream().map(this::of)) : EVERY_EVENT;
    }

    private static Set<EventKey> ofTest(FieldCondition field, FieldTest test) {
        if (test instanceof FieldTest.Equal equal && !equal.value().isRegularExpression()) {
            return Set.of(EventKey.of(field.parts(), equal.value()));
        }
        return test instanceof FieldTest.OneOf oneOf
                ? union(oneOf.tests().stream().map(each -> ofTest(field, each)))
                : EVERY_EVENT;
    }

    private static Set<EventKey> union(Stream<Set<EventKey>> parts) {
        Set<EventKey> union = parts.flatMap(Set::stream).collect(Collectors.toUnmodifiableSet());
        return union.contains(EventKey.OF_EVERY_EVENT) ? EVERY_EVENT : union;
    }
}
