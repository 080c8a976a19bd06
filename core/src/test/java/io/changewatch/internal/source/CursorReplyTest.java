package io.changewatch.internal.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.changewatch.event.ResumeToken;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.bson.BsonArray;
import org.bson.BsonBinaryReader;
import org.bson.BsonDocument;
import org.bson.BsonDocumentReader;
import org.bson.BsonElement;
import org.bson.BsonInt32;
import org.bson.BsonInt64;
import org.bson.BsonString;
import org.bson.BsonTimestamp;
import org.bson.BsonValue;
import org.bson.RawBsonDocument;
import org.bson.codecs.BsonDocumentCodec;
import org.bson.codecs.DecoderContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class CursorReplyTest {

    @Test
    void readsEveryFieldOfAGetMoreReply() {
        CursorReply reply = CursorReply.read(reply("""
                {"cursor": {"nextBatch": [{"_id": 1}, {"_id": 2}], "postBatchResumeToken": {"_data": "82AB"},
                 "id": {"$numberLong": "77"}, "ns": "shop.$cmd.aggregate"}, "ok": 1.0,
                 "operationTime": {"$timestamp": {"t": 5, "i": 6}}}"""));

        assertThat(reply.cursorId()).isEqualTo(77);
        assertThat(reply.isLast()).isFalse();
        assertThat(reply.namespace()).isEqualTo("shop.$cmd.aggregate");
        assertThat(events(reply)).containsExactly(BsonDocument.parse("{_id: 1}"), BsonDocument.parse("{_id: 2}"));
        assertThat(reply.batch().positionAfter()).isEqualTo(ResumeToken.fromJson("{\"_data\": \"82AB\"}"));
        assertThat(reply.batch().operationTime()).isEqualTo(new BsonTimestamp(5, 6));
    }

    @Test
    void readsTheReplyOfAServerWithoutPostBatchTokens() {
        CursorReply reply = CursorReply.read(reply(
                "{\"cursor\": {\"firstBatch\": [], \"id\": {\"$numberLong\": \"0\"}, \"ns\": \"a.b\"}, \"ok\": 1.0}"));

        assertThat(reply.isLast()).isTrue();
        assertThat(reply.batch().size()).isZero();
        assertThat(reply.batch().positionAfter()).isNull();
        assertThat(reply.batch().operationTime()).isNull();
    }

    @Test
    void readsAnyReplyAServerMaySend() {
        for (int seed = 0; seed < 200; seed++) {
            GeneratedReply generated = new GeneratedReply(new Random(seed));
            CursorReply reply = CursorReply.read(bytes(generated.document));

            assertThat(events(reply)).as("seed %d", seed).isEqualTo(generated.events);
            assertThat(reply.cursorId()).as("seed %d", seed).isEqualTo(generated.cursorId);
            assertThat(reply.batch().positionAfter()).as("seed %d", seed).isEqualTo(new ResumeToken(generated.token));
        }
    }

    @Test
    void aReplyCutAnywhereIsCalledMalformed() {
        byte[] whole = bytes(new GeneratedReply(new Random(7)).document).bytes();
        for (int length = 0; length < whole.length; length++) {
            ServerReply cut = new ServerReply(Arrays.copyOf(whole, length));
            assertThatThrownBy(() -> CursorReply.read(cut))
                    .as("%d bytes", length)
                    .isInstanceOf(MalformedReplyException.class);
        }
    }

    @Test
    void damageNeverLeadsOutOfTheReply() {
        for (int seed = 0; seed < 2_000; seed++) {
            Random random = new Random(seed);
            byte[] whole = bytes(new GeneratedReply(random).document).bytes();
            byte[] damaged = random.nextBoolean() ? shortened(whole, random) : withAnotherByte(whole, random);
            try {
                RawBatch batch = CursorReply.read(new ServerReply(damaged)).batch();
                assertThat(Arrays.stream(batch.offsets()))
                        .as("seed %d", seed)
                        .allMatch(offset -> offset < damaged.length);
            } catch (MalformedReplyException refused) {
                assertThat(refused).as("seed %d", seed).hasMessageStartingWith("Malformed reply: ");
            }
        }
    }

    private static byte[] withAnotherByte(byte[] whole, Random random) {
        whole[random.nextInt(whole.length)] = (byte) random.nextInt();
        return whole;
    }

    /** Cut off, but with a length and an end that fit: only what is inside can tell. */
    private static byte[] shortened(byte[] whole, Random random) {
        byte[] bytes = Arrays.copyOf(whole, 5 + random.nextInt(whole.length - 5));
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putInt(0, bytes.length);
        bytes[bytes.length - 1] = 0;
        return bytes;
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"ok\": 1.0}",
                "{\"cursor\": 1}",
                "{\"cursor\": {\"id\": {\"$numberLong\": \"1\"}, \"ns\": \"a.b\"}}",
                "{\"cursor\": {\"id\": {\"$numberLong\": \"1\"}, \"nextBatch\": []}}",
                "{\"cursor\": {\"nextBatch\": [], \"ns\": \"a.b\"}}"
            })
    void aReplyWithoutACursorIsCalledMalformed(String json) {
        int length = reply(json).bytes().length;
        assertThatThrownBy(() -> CursorReply.read(reply(json)))
                .isInstanceOf(MalformedReplyException.class)
                .hasMessage("Malformed reply: no cursor with an id, a namespace and a batch at byte " + length + " of "
                        + length
                        + ". The server, or what stands between, does not speak MongoDB's protocol as expected.");
    }

    @Test
    void anEventThatIsNoDocumentIsCalledMalformed() {
        assertThatThrownBy(() -> CursorReply.read(reply("{\"cursor\": {\"nextBatch\": [1]}}")))
                .isInstanceOf(MalformedReplyException.class)
                .hasMessageContaining("an event of type INT32 at byte ");
    }

    @Test
    void theCodecTakesTheSameBytesFromEveryReader() {
        BsonDocument document = new GeneratedReply(new Random(3)).document;
        ServerReply.ReplyCodec codec = new ServerReply.ReplyCodec();
        DecoderContext context = DecoderContext.builder().build();

        byte[] fromBinary = codec.decode(
                        new BsonBinaryReader(ByteBuffer.wrap(bytes(document).bytes())), context)
                .bytes();
        byte[] fromDocument =
                codec.decode(new BsonDocumentReader(document), context).bytes();

        assertThat(fromBinary).isEqualTo(bytes(document).bytes());
        assertThat(fromDocument).isEqualTo(bytes(document).bytes());
    }

    private static ServerReply reply(String json) {
        return bytes(BsonDocument.parse(json));
    }

    private static ServerReply bytes(BsonDocument document) {
        RawBsonDocument raw = new RawBsonDocument(document, new BsonDocumentCodec());
        byte[] bytes = new byte[raw.getByteBuffer().remaining()];
        raw.getByteBuffer().get(bytes);
        return new ServerReply(bytes);
    }

    private static List<BsonDocument> events(CursorReply reply) {
        return Arrays.stream(reply.batch().offsets())
                .mapToObj(offset -> event(reply.batch().bytes(), offset))
                .toList();
    }

    private static BsonDocument event(byte[] bytes, int offset) {
        int length = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getInt(offset);
        return new RawBsonDocument(bytes, offset, length).decode(new BsonDocumentCodec());
    }

    /** Fields in any order, among others of every BSON type. */
    private static final class GeneratedReply {
        private static final BsonDocument EVERY_TYPE = BsonDocument.parse("""
                {"a": 1.5, "b": "text", "c": {"x": 1}, "d": [1, {"y": 2}], "e": {"$binary": {"base64": "AQID", "subType": "00"}},
                 "f": {"$undefined": true}, "g": {"$oid": "5f0000000000000000000000"}, "h": true, "i": {"$date": 5},
                 "j": null, "k": {"$regularExpression": {"pattern": "a.b", "options": "i"}},
                 "l": {"$dbPointer": {"$ref": "c", "$id": {"$oid": "5f0000000000000000000000"}}}, "m": {"$code": "f()"},
                 "n": {"$symbol": "s"}, "o": {"$code": "g()", "$scope": {"z": 1}}, "p": 7,
                 "q": {"$timestamp": {"t": 1, "i": 2}}, "r": {"$numberLong": "8"}, "s": {"$numberDecimal": "1.5"},
                 "t": {"$minKey": 1}, "u": {"$maxKey": 1}}""");

        private final Random random;
        private final List<BsonDocument> events;
        private final BsonDocument token;
        private final long cursorId;
        private final BsonDocument document;

        GeneratedReply(Random random) {
            this.random = random;
            this.cursorId = random.nextLong();
            this.token = new BsonDocument("_data", new BsonString("82" + Integer.toHexString(random.nextInt())));
            this.events = IntStream.range(0, random.nextInt(20))
                    .mapToObj(i -> some().append("_id", new BsonInt32(i)))
                    .toList();
            BsonDocument cursor = some().append("id", new BsonInt64(cursorId))
                    .append("ns", new BsonString("größe.orders"))
                    .append(random.nextBoolean() ? "nextBatch" : "firstBatch", new BsonArray(events))
                    .append("postBatchResumeToken", token);
            this.document =
                    shuffled(some().append("cursor", shuffled(cursor)).append("operationTime", new BsonTimestamp(9)));
        }

        private BsonDocument some() {
            BsonDocument some = new BsonDocument();
            EVERY_TYPE.forEach((name, value) -> {
                if (random.nextInt(4) == 0) {
                    some.append(name, value);
                }
            });
            return some;
        }

        private BsonDocument shuffled(BsonDocument document) {
            List<BsonElement> elements = new ArrayList<>();
            document.forEach((String name, BsonValue value) -> elements.add(new BsonElement(name, value)));
            Collections.shuffle(elements, random);
            return new BsonDocument(elements);
        }
    }
}
