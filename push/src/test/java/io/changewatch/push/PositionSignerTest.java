package io.changewatch.push;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.changewatch.event.ResumeToken;
import io.changewatch.push.PositionSigner.Reading;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.bson.BsonBinary;
import org.bson.BsonDocument;
import org.bson.BsonString;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

final class PositionSignerTest {
    private static final byte[] KEY = "a key of at least 16 bytes".getBytes(UTF_8);
    private static final byte[] OTHER_KEY = "and another of the same kind".getBytes(UTF_8);
    private static final String DATA = "8265A1B2C3000000072B042C0100296E5A1004D3B07384D113EDEC49EAA6238AD5FF0046645F"
            + "6964006465A1B2C3F00DFACEBEEF1234000A";
    private static final ResumeToken TOKEN = new ResumeToken(new BsonDocument("_data", new BsonString(DATA)));

    private final PositionSigner signer = signer("orders", KEY);

    private static PositionSigner signer(String feed, byte[]... keys) {
        return new PositionSigner(feed, List.of(keys));
    }

    private static byte[] decoded(String text) {
        return Base64.getUrlDecoder().decode(text);
    }

    private static String encoded(byte[] bytes) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    static Stream<ResumeToken> tokens() {
        return Stream.of(
                        "{_data: '" + DATA + "'}",
                        "{_data: ''}",
                        "{_data: '82'}",
                        "{_data: '" + DATA.toLowerCase(Locale.ROOT) + "'}",
                        "{_data: '820'}",
                        "{_data: 'not hexadecimal, ä'}",
                        "{_data: '" + DATA + "', _typeBits: {$binary: {base64: 'gkDA', subType: '00'}}}",
                        "{_typeBits: 1, _data: '" + DATA + "'}",
                        "{_data: {nested: [1, {deeper: '" + DATA + "'}]}}",
                        "{resumeAfter: 7}",
                        "{}")
                .map(ResumeToken::fromJson);
    }

    @Nested
    final class ReadingItsOwn {

        @ParameterizedTest
        @MethodSource("io.changewatch.push.PositionSignerTest#tokens")
        void returnsTheTokenItSigned(ResumeToken token) {
            assertThat(signer.read(signer.sign(token))).isEqualTo(new Reading.Valid(token));
        }

        @ParameterizedTest
        @MethodSource("io.changewatch.push.PositionSignerTest#tokens")
        void returnsATokenThatCameInABatch(ResumeToken token) {
            assertThat(signer.read(signer.sign(Events.inBatch(token)))).isEqualTo(new Reading.Valid(token));
        }

        @Test
        void returnsATokenOfALongKey() {
            ResumeToken token = ResumeToken.fromJson("{_data: '82" + "AB".repeat(13_000) + "'}");

            assertThat(signer.read(signer.sign(token))).isEqualTo(new Reading.Valid(token));
        }

        @Test
        void keepsTheCaseOfEveryDigit() {
            String mixed = "8265a1B2C3";
            Reading read = signer.read(signer.sign(ResumeToken.fromJson("{_data: '" + mixed + "'}")));

            assertThat(read)
                    .isInstanceOfSatisfying(
                            Reading.Valid.class,
                            valid -> assertThat(valid.token()
                                            .value()
                                            .getString("_data")
                                            .getValue())
                                    .isEqualTo(mixed));
        }

        @Test
        void keepsTypeBits() {
            BsonDocument value = new BsonDocument("_data", new BsonString(DATA))
                    .append("_typeBits", new BsonBinary(new byte[] {-126, 64}));

            assertThat(signer.read(signer.sign(new ResumeToken(value))))
                    .isEqualTo(new Reading.Valid(new ResumeToken(value)));
        }

        @Test
        void acceptsWhatAnOlderKeySigned() {
            PositionSigner rotated = signer("orders", OTHER_KEY, KEY);

            assertThat(rotated.read(signer.sign(TOKEN))).isEqualTo(new Reading.Valid(TOKEN));
            assertThat(signer.read(rotated.sign(TOKEN))).isEqualTo(new Reading.Forged());
        }

        @Test
        void acceptsWhatAnEarlierVersionSigned() {
            assertThat(
                            signer.read(
                                    "9R0pHMdcb2OF5q2Pl4k8KCp5DD7Da41C96lulGhRcIP5RWJUEwc07y4zJJP1TbQ49HYE8gf7iyFQPYeeWaY05qE0yBP92riaab1Mtrj0_JJT"))
                    .isEqualTo(new Reading.Valid(TOKEN));
        }
    }

    @Nested
    final class TheText {

        @Test
        void isTheSameForTheSamePosition() {
            assertThat(signer.sign(TOKEN)).isEqualTo(signer.sign(TOKEN));
            assertThat(signer("orders", KEY, OTHER_KEY).sign(Events.inBatch(TOKEN)))
                    .isEqualTo(signer.sign(TOKEN));
        }

        @Test
        void isMadeOfCharactersThatNeedNoEscapeInAnAddress() {
            assertThat(tokens().map(signer::sign)).allMatch(text -> text.matches("[A-Za-z0-9_-]+"));
        }

        @Test
        void showsNoPieceOfTheToken() {
            for (int second = 1; second <= 200; second++) {
                String data = DATA.replace("65A1B2C3", String.format("%08X", second));
                showsNothing(new ResumeToken(new BsonDocument("_data", new BsonString(data))), data);
                showsNothing(ResumeToken.fromJson("{_data: '" + data + "', _typeBits: 1}"), data);
            }
        }

        private void showsNothing(ResumeToken token, String data) {
            String text = signer.sign(token);
            assertNoPiece(text, data, 8);
            assertNoPiece(text, encoded(data.getBytes(UTF_8)), 8);
            assertNoPiece(text, encoded(HexFormat.of().parseHex(data)), 8);
            assertNoPiece(new String(decoded(text), ISO_8859_1), data, 8);
            // Of 8 bytes: 4 may be equal by chance.
            assertNoPiece(HexFormat.of().withUpperCase().formatHex(decoded(text)), data, 16);
        }

        private void assertNoPiece(String text, String secret, int length) {
            IntStream.rangeClosed(0, secret.length() - length)
                    .forEach(from -> assertThat(text).doesNotContain(secret.substring(from, from + length)));
        }

        @Test
        void showsNothingOfTheFeed() {
            assertThat(new String(decoded(signer.sign(TOKEN)), ISO_8859_1)).doesNotContain("orders");
        }

        @Test
        void isAltogetherAnotherForTheNextPosition() {
            byte[] one = decoded(signer.sign(Events.token(1)));
            byte[] next = decoded(signer.sign(Events.token(2)));

            assertThat(one).hasSameSizeAs(next);
            assertThat(IntStream.range(0, one.length)
                            .filter(i -> one[i] == next[i])
                            .count())
                    .isLessThan(5);
        }

        @Test
        void isAnotherForAnotherFeedOrKey() {
            assertThat(signer.sign(TOKEN))
                    .isNotEqualTo(signer("stock", KEY).sign(TOKEN))
                    .isNotEqualTo(signer("orders", OTHER_KEY).sign(TOKEN));
        }
    }

    @Nested
    final class ReadingWhatItDidNotMake {

        @ParameterizedTest
        @MethodSource("io.changewatch.push.PositionSignerTest#tokens")
        void noticesEachFlippedBit(ResumeToken token) {
            byte[] bytes = decoded(signer.sign(token));
            for (int bit = 0; bit < bytes.length * 8; bit++) {
                bytes[bit / 8] ^= (byte) (1 << bit % 8);
                assertThat(signer.read(encoded(bytes))).isEqualTo(new Reading.Forged());
                bytes[bit / 8] ^= (byte) (1 << bit % 8);
            }
            assertThat(signer.read(encoded(bytes))).isEqualTo(new Reading.Valid(token));
        }

        @Test
        void noticesAMissingEnd() {
            String text = signer.sign(TOKEN);
            IntStream.range(0, text.length())
                    .forEach(length ->
                            assertThat(signer.read(text.substring(0, length))).isEqualTo(new Reading.Forged()));
        }

        @Test
        void noticesAMissingBeginning() {
            String text = signer.sign(TOKEN);
            IntStream.rangeClosed(1, text.length())
                    .forEach(from ->
                            assertThat(signer.read(text.substring(from))).isEqualTo(new Reading.Forged()));
        }

        @Test
        void noticesWhatWasAdded() {
            assertThat(signer.read(signer.sign(TOKEN) + "AAAA")).isEqualTo(new Reading.Forged());
            assertThat(signer.read(signer.sign(TOKEN) + signer.sign(TOKEN))).isEqualTo(new Reading.Forged());
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "",
                    " ",
                    "=",
                    "====",
                    "A",
                    "AAAA",
                    "null",
                    "../../etc/passwd",
                    "%00",
                    "\0",
                    "ä",
                    "🦊",
                    "\uD83E"
                })
        void callsGarbageForged(String text) {
            assertThat(signer.read(text)).isEqualTo(new Reading.Forged());
        }

        @Test
        void callsTheTokenItselfForged() {
            assertThat(signer.read(DATA)).isEqualTo(new Reading.Forged());
            assertThat(signer.read(TOKEN.toJson())).isEqualTo(new Reading.Forged());
        }

        @Test
        void callsAnotherKeysForged() {
            assertThat(signer("orders", OTHER_KEY).read(signer.sign(TOKEN))).isEqualTo(new Reading.Forged());
        }

        @Test
        void callsAnotherFeedsForeign() {
            assertThat(signer("stock", KEY).read(signer.sign(TOKEN))).isEqualTo(new Reading.Foreign());
            assertThat(signer("stock", OTHER_KEY, KEY).read(signer.sign(TOKEN))).isEqualTo(new Reading.Foreign());
        }

        @Test
        void callsAnotherFeedsWithAnotherKeyForged() {
            assertThat(signer("stock", OTHER_KEY).read(signer.sign(TOKEN))).isEqualTo(new Reading.Forged());
        }

        @Test
        void looksAtNoTextOfAnAbsurdLength() {
            assertThat(signer.read("A".repeat(16_384))).isEqualTo(new Reading.Forged());
            assertThat(signer.read("A".repeat(16_385))).isEqualTo(new Reading.Forged());
            assertThat(signer.read("A".repeat(10_000_000))).isEqualTo(new Reading.Forged());
        }

        @Test
        void takesAnyTextWithoutThrowing() {
            Random random = new Random(7);
            String own = signer.sign(TOKEN);
            for (int i = 0; i < 20_000; i++) {
                String text = anyText(random, own);
                // A changed text may still mean the same bytes: the last character has bits that count for nothing.
                assertThat(signer.read(text)).isIn(new Reading.Forged(), new Reading.Valid(TOKEN));
            }
        }

        private String anyText(Random random, String own) {
            return switch (random.nextInt(4)) {
                case 0 -> encoded(bytes(random, random.nextInt(300)));
                case 1 -> characters(random, random.nextInt(300), Character.MAX_VALUE + 1);
                case 2 -> characters(random, random.nextInt(300), 128);
                default -> changed(random, own);
            };
        }

        private byte[] bytes(Random random, int length) {
            byte[] bytes = new byte[length];
            random.nextBytes(bytes);
            return bytes;
        }

        private String characters(Random random, int length, int bound) {
            StringBuilder text = new StringBuilder();
            random.ints(length, 0, bound).forEach(character -> text.append((char) character));
            return text.toString();
        }

        private String changed(Random random, String own) {
            StringBuilder text = new StringBuilder(own);
            int at = random.nextInt(own.length());
            switch (random.nextInt(3)) {
                case 0 -> text.setCharAt(at, (char) random.nextInt(256));
                case 1 -> text.insert(at, characters(random, 1 + random.nextInt(4), 128));
                default -> text.delete(at, Math.min(own.length(), at + 1 + random.nextInt(8)));
            }
            return text.toString();
        }
    }
}
