package io.changewatch.resume;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.changewatch.event.ResumeToken;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Random;
import org.bson.BsonBinary;
import org.bson.BsonDocument;
import org.bson.BsonDouble;
import org.bson.BsonInt32;
import org.bson.BsonInt64;
import org.bson.BsonNull;
import org.bson.BsonString;
import org.bson.BsonTimestamp;
import org.bson.RawBsonDocument;
import org.bson.codecs.BsonDocumentCodec;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class CheckpointTest {

    private static final int SAMPLES = 500;
    private static final Checkpoint SOME = new Checkpoint(
            token("8263A1"),
            new BsonTimestamp(1_700_000_000, 7),
            Instant.parse("2026-05-01T10:00:00.123Z"),
            new Fingerprint("shop.orders", "a1b2"),
            3);

    @Test
    void aClusterThatIsKnownIsKeptAndOneThatIsNotLeavesNoTrace() {
        Checkpoint known = new Checkpoint(
                SOME.token(),
                SOME.clusterTime(),
                SOME.savedAt(),
                SOME.fingerprint().on("rs0/66f1"),
                0);

        assertThat(Checkpoint.fromJson(known.toJson())).isEqualTo(known);
        assertThat(known.toJson()).contains("\"cluster\": \"rs0/66f1\"");
        assertThat(SOME.toJson()).doesNotContain("cluster\":");
    }

    @Test
    void aClusterThatWasExchangedIsNoticed() {
        Checkpoint known = new Checkpoint(
                SOME.token(),
                SOME.clusterTime(),
                SOME.savedAt(),
                SOME.fingerprint().on("rs0/66f1"),
                0);

        assertThatThrownBy(() -> Checkpoint.fromJson(known.toJson().replace("rs0/66f1", "rs1/66f1")))
                .isInstanceOf(CorruptCheckpointException.class);
    }

    @Test
    void hasAFormatThatOtherVersionsRead() {
        assertThat(SOME.toJson())
                .isEqualTo("{\"version\": {\"$numberInt\": \"1\"}, \"token\": {\"_data\": \"8263A1\"},"
                        + " \"clusterTime\": {\"$timestamp\": {\"t\": 1700000000, \"i\": 7}},"
                        + " \"savedAt\": {\"$date\": {\"$numberLong\": \"1777629600123\"}},"
                        + " \"fingerprint\": {\"scope\": \"shop.orders\", \"pipeline\": \"a1b2\"},"
                        + " \"term\": {\"$numberLong\": \"3\"}, \"checksum\": {\"$numberLong\": \"465004838\"}}");
    }

    @Test
    void comesBackAsItWas() {
        Random random = new Random(42);
        for (int i = 0; i < SAMPLES; i++) {
            Checkpoint checkpoint = randomCheckpoint(random);

            assertThat(Checkpoint.fromJson(checkpoint.toJson())).isEqualTo(checkpoint);
            assertThat(Checkpoint.fromBson(checkpoint.toBson())).isEqualTo(checkpoint);
            assertThat(Checkpoint.fromBson(new RawBsonDocument(checkpoint.toBson(), new BsonDocumentCodec())))
                    .isEqualTo(checkpoint);
        }
    }

    @Test
    void ignoresFieldsAroundIt() {
        BsonDocument stored = new BsonDocument("_id", new BsonString("order-indexer"));
        stored.putAll(SOME.toBson());
        stored.append("note", BsonNull.VALUE);

        assertThat(Checkpoint.fromBson(stored)).isEqualTo(SOME);
    }

    @Test
    void isOneLine() {
        Checkpoint checkpoint = new Checkpoint(
                token("82\n63"), SOME.clusterTime(), SOME.savedAt(), new Fingerprint("a\r\nb", "\u2028"), 0);

        assertThat(checkpoint.toJson()).doesNotContain("\n", "\r");
        assertThat(Checkpoint.fromJson(checkpoint.toJson())).isEqualTo(checkpoint);
    }

    @Test
    void keepsMillisecondsAndNoMore() {
        Checkpoint checkpoint = new Checkpoint(
                SOME.token(), SOME.clusterTime(), SOME.savedAt().plusNanos(999_999), SOME.fingerprint(), SOME.term());

        assertThat(checkpoint).isEqualTo(SOME);
    }

    @Test
    void sharesNothingThatMayChange() {
        SOME.toBson().getDocument("token").put("_data", new BsonString("changed"));

        assertThat(SOME.token()).isEqualTo(token("8263A1"));
    }

    @Test
    void freesTheTokenFromTheBytesOfItsBatch() {
        BsonDocument raw = new RawBsonDocument(token("8263A1").value(), new BsonDocumentCodec());
        Checkpoint checkpoint = new Checkpoint(
                new ResumeToken(raw), SOME.clusterTime(), SOME.savedAt(), SOME.fingerprint(), SOME.term());

        assertThat(checkpoint.token().value()).isNotInstanceOf(RawBsonDocument.class);
        assertThat(checkpoint).isEqualTo(SOME);
    }

    @Test
    void refusesMissingPartsAndNegativeTerms() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> withTerm(SOME, -1))
                .withMessage("A checkpoint's term is 0 or more, not -1.");
        assertThatNullPointerException()
                .isThrownBy(() -> new Checkpoint(null, SOME.clusterTime(), SOME.savedAt(), SOME.fingerprint(), 0))
                .withMessage("token");
        assertThatNullPointerException()
                .isThrownBy(() -> new Checkpoint(SOME.token(), null, SOME.savedAt(), SOME.fingerprint(), 0))
                .withMessage("clusterTime");
        assertThatNullPointerException()
                .isThrownBy(() -> new Checkpoint(SOME.token(), SOME.clusterTime(), null, SOME.fingerprint(), 0))
                .withMessage("savedAt");
        assertThatNullPointerException()
                .isThrownBy(() -> new Checkpoint(SOME.token(), SOME.clusterTime(), SOME.savedAt(), null, 0))
                .withMessage("fingerprint");
    }

    @Nested
    class WhenDamaged {

        @Test
        void isNeverReadAsAnotherCheckpoint() {
            byte[] written = SOME.toJson().getBytes(StandardCharsets.UTF_8);
            for (int bit = 0; bit < written.length * 8; bit++) {
                byte[] flipped = written.clone();
                flipped[bit / 8] ^= (byte) (1 << (bit % 8));
                readsTheSameOrFails(new String(flipped, StandardCharsets.UTF_8));
            }
        }

        @Test
        void isRefusedAtEveryLength() {
            String written = SOME.toJson();
            for (int length = 0; length < written.length(); length++) {
                String cut = written.substring(0, length);
                assertThatThrownBy(() -> Checkpoint.fromJson(cut)).isInstanceOf(CorruptCheckpointException.class);
            }
        }

        @Test
        void isRefusedWithAnyPartMissingOrOfAnotherType() {
            for (String part : SOME.toBson().keySet()) {
                BsonDocument missing = SOME.toBson();
                missing.remove(part);
                BsonDocument ofAnotherType = SOME.toBson().append(part, new BsonDouble(1));

                assertThatThrownBy(() -> Checkpoint.fromBson(missing)).isInstanceOf(CorruptCheckpointException.class);
                assertThatThrownBy(() -> Checkpoint.fromBson(ofAnotherType))
                        .isInstanceOf(CorruptCheckpointException.class);
            }
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "",
                    "null",
                    "[]",
                    "hello",
                    "\0\0\0\0",
                    "{\"savedAt\": {\"$date\": \"today\"}}",
                    "{\"term\": {\"$numberLong\": \"many\"}}",
                    "{\"token\": {\"$binary\": {\"base64\": \"?\", \"subType\": \"99\"}}}",
                    "{\"token\": {\"$uuid\": \"1\"}}"
                })
        void isRefusedAsNoJson(String json) {
            assertThatThrownBy(() -> Checkpoint.fromJson(json))
                    .isInstanceOf(CorruptCheckpointException.class)
                    .hasMessage("The checkpoint is damaged or was not written by ChangeWatch: it is not JSON.")
                    .hasCauseInstanceOf(RuntimeException.class);
        }

        @Test
        void saysWhatIsWrong() {
            refuses(
                    SOME.toBson().append("term", new BsonInt64(4)),
                    "The checkpoint is damaged: its checksum does not fit its content.");
            refuses(
                    new BsonDocument("_id", new BsonString("order-indexer")),
                    "The checkpoint is damaged or was not written by ChangeWatch: Document does not contain key version.");
            refuses(
                    SOME.toBson().append("version", new BsonInt32(2)),
                    "The checkpoint has format version 2; this ChangeWatch reads version 1."
                            + " Use the version of ChangeWatch that wrote it, or a newer one.");
        }

        private void refuses(BsonDocument document, String message) {
            assertThatThrownBy(() -> Checkpoint.fromBson(document))
                    .isInstanceOf(CorruptCheckpointException.class)
                    .hasMessage(message);
        }

        private void readsTheSameOrFails(String json) {
            Checkpoint read;
            try {
                read = Checkpoint.fromJson(json);
            } catch (CorruptCheckpointException expected) {
                return;
            }
            assertThat(read).as(json).isEqualTo(SOME);
        }
    }

    @Nested
    class Order {

        @Test
        void isThatOfTermThenClusterTimeThenToken() {
            assertOlder(at(1, 900, "B"), at(2, 100, "A"));
            assertOlder(at(1, 100, "B"), at(1, 200, "A"));
            assertOlder(at(1, 100, "A"), at(1, 100, "B"));
            assertOlder(at(1, 100, "A"), at(1, 100, "AA"));
        }

        @Test
        void takesClusterTimeAsUnsigned() {
            Checkpoint before2038 = withTime(SOME, new BsonTimestamp(Integer.MAX_VALUE, 1));
            Checkpoint after2038 = withTime(SOME, new BsonTimestamp(Integer.MIN_VALUE, 1));

            assertOlder(before2038, after2038);
        }

        @Test
        void letsEqualPositionsReplaceEachOther() {
            Checkpoint later = new Checkpoint(
                    SOME.token(), SOME.clusterTime(), SOME.savedAt().plusSeconds(9), SOME.fingerprint(), SOME.term());

            assertThat(SOME.isOlderThan(later)).isFalse();
            assertThat(later.isOlderThan(SOME)).isFalse();
        }

        @Test
        void letsTokensWithoutAnOrderReplaceEachOther() {
            Checkpoint foreign = new Checkpoint(
                    new ResumeToken(new BsonDocument("_data", new BsonBinary(new byte[] {1}))),
                    SOME.clusterTime(),
                    SOME.savedAt(),
                    SOME.fingerprint(),
                    SOME.term());

            assertThat(SOME.isOlderThan(foreign)).isFalse();
            assertThat(foreign.isOlderThan(SOME)).isFalse();
        }

        @Test
        void isStrictAndTotalForMongoDbTokens() {
            Random random = new Random(43);
            for (int i = 0; i < SAMPLES * 10; i++) {
                Checkpoint a = near(random);
                Checkpoint b = near(random);
                Checkpoint c = near(random);
                boolean same = a.term() == b.term()
                        && a.clusterTime().equals(b.clusterTime())
                        && a.token().equals(b.token());

                assertThat(a.isOlderThan(a)).isFalse();
                assertThat(a.isOlderThan(b) && b.isOlderThan(a)).isFalse();
                assertThat(a.isOlderThan(b) || b.isOlderThan(a)).isEqualTo(!same);
                if (a.isOlderThan(b) && b.isOlderThan(c)) {
                    assertThat(a.isOlderThan(c)).isTrue();
                }
            }
        }

        private void assertOlder(Checkpoint older, Checkpoint newer) {
            assertThat(older.isOlderThan(newer)).isTrue();
            assertThat(newer.isOlderThan(older)).isFalse();
        }

        private Checkpoint near(Random random) {
            return at(random.nextInt(2), random.nextInt(2), random.nextBoolean() ? "A" : "B");
        }

        private Checkpoint at(long term, int seconds, String data) {
            return new Checkpoint(token(data), new BsonTimestamp(seconds, 1), SOME.savedAt(), SOME.fingerprint(), term);
        }
    }

    @Test
    void isRefusedAsStaleWithBothPositions() {
        Checkpoint newer = withTerm(withTime(SOME, new BsonTimestamp(1_700_000_009, 1)), 4);

        assertThat(StaleCheckpointException.refusing("order-indexer", "shop.checkpoints", SOME, newer))
                .hasMessage("Refused an older checkpoint of watcher 'order-indexer' in shop.checkpoints: cluster time"
                        + " 1700000000.7 of term 3 was to replace cluster time 1700000009.1 of term 4. Another watcher of"
                        + " this name is ahead; stop one of them or give it another name. To go back on purpose, delete"
                        + " the checkpoint first.");
    }

    private static Checkpoint randomCheckpoint(Random random) {
        BsonDocument value = new BsonDocument("_data", new BsonString(randomText(random)));
        if (random.nextBoolean()) {
            value.append("_typeBits", new BsonBinary(new byte[] {(byte) random.nextInt(), 0, 1}));
        }
        if (random.nextInt(10) == 0) {
            value = new BsonDocument("other", new BsonDouble(random.nextGaussian())).append("n", BsonNull.VALUE);
        }
        return new Checkpoint(
                new ResumeToken(value),
                new BsonTimestamp(random.nextInt(), random.nextInt()),
                Instant.ofEpochMilli(random.nextLong() >> random.nextInt(20)),
                new Fingerprint(randomText(random), randomText(random)),
                random.nextLong() & Long.MAX_VALUE);
    }

    private static String randomText(Random random) {
        String alphabet = "0189ABCFaf._$\"\\/\n\t\u0000\u00e9\u4e2d\u2028'{}:, ";
        StringBuilder text = new StringBuilder();
        for (int i = random.nextInt(40); i > 0; i--) {
            text.append(alphabet.charAt(random.nextInt(alphabet.length())));
        }
        return text.append("\uD83D\uDE00").toString();
    }

    private static Checkpoint withTerm(Checkpoint checkpoint, long term) {
        return new Checkpoint(
                checkpoint.token(), checkpoint.clusterTime(), checkpoint.savedAt(), checkpoint.fingerprint(), term);
    }

    private static Checkpoint withTime(Checkpoint checkpoint, BsonTimestamp time) {
        return new Checkpoint(
                checkpoint.token(), time, checkpoint.savedAt(), checkpoint.fingerprint(), checkpoint.term());
    }

    private static ResumeToken token(String data) {
        return new ResumeToken(new BsonDocument("_data", new BsonString(data)));
    }
}
