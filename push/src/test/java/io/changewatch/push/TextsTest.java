package io.changewatch.push;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class TextsTest {

    /** Code points of one to four bytes; never half a pair. */
    private static String anyText(Random random, int codePoints) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < codePoints; i++) {
            text.appendCodePoint(
                    switch (random.nextInt(5)) {
                        case 0, 1 -> random.nextInt(0x80);
                        case 2 -> random.nextInt(0x80, 0x800);
                        case 3 ->
                            random.nextBoolean() ? random.nextInt(0x800, 0xD800) : random.nextInt(0xE000, 0x10000);
                        default -> random.nextInt(0x10000, 0x110000);
                    });
        }
        return text.toString();
    }

    @Nested
    final class TheLength {

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "",
                    "order",
                    "\0",
                    "\u007f",
                    "\u0080",
                    "ä",
                    "\u07ff",
                    "\u0800",
                    "€",
                    "\ud7ff",
                    "\ue000",
                    "\uffff",
                    "🦊",
                    "\udbff\udfff"
                })
        void isThatOfTheBytes(String text) {
            assertThat(Texts.utf8Length(text)).isEqualTo(text.getBytes(UTF_8).length);
        }

        @Test
        void isThatOfTheBytesOfAnyText() {
            Random random = new Random(8);
            for (int i = 0; i < 20_000; i++) {
                String text = anyText(random, random.nextInt(200));
                assertThat(Texts.utf8Length(text)).isEqualTo(text.getBytes(UTF_8).length);
            }
        }
    }

    @Nested
    final class AReason {

        @Test
        void isKeptIfItFits() {
            assertThat(Texts.reason("")).isEmpty();
            assertThat(Texts.reason("x".repeat(123))).isEqualTo("x".repeat(123));
            assertThat(Texts.reason("€".repeat(41))).isEqualTo("€".repeat(41));
        }

        @Test
        void isCutIfItIsOneByteTooLong() {
            assertThat(Texts.reason("x".repeat(124))).isEqualTo("x".repeat(120) + "…");
            assertThat(Texts.reason("x" + "€".repeat(41))).isEqualTo("x" + "€".repeat(39) + "…");
        }

        @Test
        void isCutBeforeAPairThatDoesNotFit() {
            assertThat(Texts.reason("x".repeat(116) + "🦊🦊")).isEqualTo("x".repeat(116) + "🦊…");
            assertThat(Texts.reason("x".repeat(117) + "🦊🦊")).isEqualTo("x".repeat(117) + "…");
            assertThat(Texts.reason("x".repeat(118) + "🦊🦊")).isEqualTo("x".repeat(118) + "…");
            assertThat(Texts.reason("x".repeat(119) + "🦊🦊")).isEqualTo("x".repeat(119) + "…");
            assertThat(Texts.reason("x".repeat(120) + "🦊🦊")).isEqualTo("x".repeat(120) + "…");
        }

        @Test
        void ofAnyTextFitsWholeAndIsAsLongAsItMayBe() {
            Random random = new Random(9);
            for (int i = 0; i < 20_000; i++) {
                check(anyText(random, random.nextInt(250)));
            }
        }

        private void check(String text) {
            String reason = Texts.reason(text);
            byte[] bytes = reason.getBytes(UTF_8);
            assertThat(bytes).hasSizeLessThanOrEqualTo(Texts.LONGEST_REASON);
            assertThat(new String(bytes, UTF_8)).isEqualTo(reason);
            if (!reason.equals(text)) {
                String kept = reason.substring(0, reason.length() - 1);
                assertThat(reason).endsWith("…");
                assertThat(text).startsWith(kept);
                String onePointMore = kept + Character.toString(text.codePointAt(kept.length()));
                assertThat(onePointMore.getBytes(UTF_8)).hasSizeGreaterThan(Texts.LONGEST_REASON - 3);
            }
        }
    }

    @Nested
    final class AnExcerpt {

        @Test
        void isTheTextIfItIsShort() {
            assertThat(Texts.excerpt("x".repeat(64))).isEqualTo("x".repeat(64));
        }

        @Test
        void neverEndsInHalfACharacter() {
            assertThat(Texts.excerpt("x".repeat(63) + "\uD83E\uDD8A\uD83E\uDD8A"))
                    .isEqualTo("x".repeat(63) + "…");
        }

        @Test
        void isTheBeginningOfALongText() {
            assertThat(Texts.excerpt("x".repeat(65))).isEqualTo("x".repeat(64) + "…");
        }
    }
}
