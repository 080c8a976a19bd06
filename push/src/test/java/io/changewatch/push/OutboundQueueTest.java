package io.changewatch.push;

import static org.assertj.core.api.Assertions.assertThat;

import io.changewatch.push.FeedOptions.Queues;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

final class OutboundQueueTest {
    private final OutboundQueue queue = new OutboundQueue(new Queues(3, 100, SlowClientPolicy.DISCONNECT));

    private static Message message(String text) {
        return Message.notice(text, null);
    }

    private static Message of(int bytes) {
        return message("x".repeat(bytes));
    }

    private static Message about(@Nullable String document, String text) {
        return new Message(text, text.length(), null, document, true, null);
    }

    private String[] rest() {
        String[] texts = new String[queue.size()];
        for (int i = 0; i < texts.length; i++) {
            texts[i] = queue.poll().text();
        }
        return texts;
    }

    @Nested
    final class WhileEmpty {

        @Test
        void holdsNothing() {
            assertThat(queue.isEmpty()).isTrue();
            assertThat(queue.size()).isZero();
            assertThat(queue.bytes()).isZero();
            assertThat(queue.poll()).isNull();
            assertThat(queue.clear()).isZero();
        }

        @Test
        void hasRoomForOneHoweverLarge() {
            assertThat(queue.hasRoomFor(of(1_000))).isTrue();
        }
    }

    @Nested
    final class WhileFilled {

        @Test
        void givesTheOldestFirst() {
            queue.add(message("a"));
            queue.addReplaceable(message("b"));
            queue.add(message("a"));

            assertThat(rest()).containsExactly("a", "b", "a");
            assertThat(queue.isEmpty()).isTrue();
            assertThat(queue.bytes()).isZero();
        }

        @Test
        void countsBytesOfUtf8() {
            queue.add(message("ä€🦊"));

            assertThat(queue.bytes()).isEqualTo(9);
        }

        @Test
        void hasNoRoomForMoreMessagesThanItMayHold() {
            queue.add(of(1));
            queue.add(of(1));
            assertThat(queue.hasRoomFor(of(1))).isTrue();

            queue.add(of(1));
            assertThat(queue.hasRoomFor(of(1))).isFalse();

            queue.poll();
            assertThat(queue.hasRoomFor(of(1))).isTrue();
        }

        @Test
        void hasNoRoomForMoreBytesThanItMayHold() {
            queue.add(of(40));

            assertThat(queue.hasRoomFor(of(60))).isTrue();
            assertThat(queue.hasRoomFor(of(61))).isFalse();
        }

        @Test
        void hasNoRoomBesideOneThatIsTooLarge() {
            queue.add(of(1_000));
            assertThat(queue.hasRoomFor(of(1))).isFalse();

            queue.poll();
            assertThat(queue.hasRoomFor(of(1_000))).isTrue();
        }

        @Test
        void countsWhatItDrops() {
            queue.add(of(1));
            queue.addReplaceable(about("1", "old"));

            assertThat(queue.clear()).isEqualTo(2);
            assertThat(queue.isEmpty()).isTrue();
            assertThat(queue.bytes()).isZero();
            assertThat(queue.forgetOlder(about("1", "new"))).isFalse();
        }
    }

    @Nested
    final class WhileItConflates {

        @Test
        void forgetsTheOlderMessageOfTheDocument() {
            queue.addReplaceable(about("1", "old"));
            queue.addReplaceable(about("2", "other"));
            assertThat(queue.forgetOlder(about("1", "new"))).isTrue();
            assertThat(queue.bytes()).isEqualTo(5);

            queue.addReplaceable(about("1", "new"));
            assertThat(queue.bytes()).isEqualTo(8);
            assertThat(rest()).containsExactly("other", "new");
        }

        @Test
        void forgetsNothingOfAnotherDocument() {
            queue.addReplaceable(about("1", "old"));

            assertThat(queue.forgetOlder(about("2", "new"))).isFalse();
            assertThat(rest()).containsExactly("old");
        }

        @Test
        void forgetsNoMessageThatIsAboutNoDocument() {
            queue.addReplaceable(about(null, "first"));
            assertThat(queue.forgetOlder(about(null, "second"))).isFalse();

            queue.addReplaceable(about(null, "second"));
            assertThat(rest()).containsExactly("first", "second");
        }

        @Test
        void forgetsNoMessageThatMustBeSent() {
            queue.add(about("1", "old"));

            assertThat(queue.forgetOlder(about("1", "new"))).isFalse();
            assertThat(rest()).containsExactly("old");
        }

        @Test
        void forgetsNothingThatWasTaken() {
            queue.addReplaceable(about("1", "old"));
            queue.poll();

            assertThat(queue.forgetOlder(about("1", "new"))).isFalse();
            assertThat(queue.bytes()).isZero();
        }
    }
}
