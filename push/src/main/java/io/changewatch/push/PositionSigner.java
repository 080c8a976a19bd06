package io.changewatch.push;

import io.changewatch.event.ResumeToken;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import javax.crypto.Cipher;
import javax.crypto.Mac;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.bson.BsonBinaryReader;
import org.bson.BsonBinaryWriter;
import org.bson.BsonDocument;
import org.bson.BsonSerializationException;
import org.bson.BsonString;
import org.bson.BsonValue;
import org.bson.ByteBufNIO;
import org.bson.codecs.BsonDocumentCodec;
import org.bson.codecs.DecoderContext;
import org.bson.codecs.EncoderContext;
import org.bson.io.BasicOutputBuffer;
import org.bson.io.ByteBufferBsonInput;

/**
 * Turns resume tokens into texts that a client can keep, but neither read nor make, and back.
 *
 * <p>A resume token contains the key of a document, and a heartbeat may carry one of a document that its client must not see.
 * So the content (the feed's mark, then the token) is signed with HMAC-SHA256, and enciphered with AES in counter mode whose
 * initial value is the signature, as in a synthetic-IV construction: the same position always has the same text, and
 * nothing about the token shows. Thread-safe.
 */
final class PositionSigner {
    private static final String HMAC = "HmacSHA256";
    private static final int SIGNATURE = 16;
    private static final int MARK = 8;
    private static final int LONGEST = 262_144; // a client may send anything; a token of the server is far shorter
    private static final byte HEX = 1;
    private static final byte BSON = 2;

    private final List<Keys> keys; // the first one signs
    private final byte[] mark;

    /**
     * For one feed.
     *
     * @param secrets the key that signs, then older ones that are still accepted
     */
    PositionSigner(String feed, List<byte[]> secrets) {
        this.keys = secrets.stream().map(Keys::of).toList();
        this.mark = Arrays.copyOf(sha256(feed.getBytes(StandardCharsets.UTF_8)), MARK);
    }

    /** What a text turned out to be. */
    sealed interface Reading {
        /** A position of this feed. */
        record Valid(ResumeToken token) implements Reading {}

        /** Signed with one of the keys, but for another feed. */
        record Foreign() implements Reading {}

        /** Damaged, made up, or signed with another key. */
        record Forged() implements Reading {}
    }

    String sign(ResumeToken token) {
        byte[] body = body(token);
        byte[] content =
                ByteBuffer.allocate(MARK + body.length).put(mark).put(body).array();
        byte[] signature = keys.get(0).signature(content);
        byte[] sealed = keys.get(0).apply(Cipher.ENCRYPT_MODE, signature, content);
        return Base64.getUrlEncoder()
                .withoutPadding()
                .encodeToString(ByteBuffer.allocate(SIGNATURE + sealed.length)
                        .put(signature)
                        .put(sealed)
                        .array());
    }

    Reading read(String text) {
        byte[] bytes;
        try {
            bytes = text.length() > LONGEST
                    ? new byte[0]
                    : Base64.getUrlDecoder().decode(text.getBytes(StandardCharsets.ISO_8859_1));
        } catch (IllegalArgumentException e) {
            return new Reading.Forged();
        }
        if (bytes.length <= SIGNATURE + MARK) {
            return new Reading.Forged();
        }
        byte[] signature = Arrays.copyOf(bytes, SIGNATURE);
        byte[] sealed = Arrays.copyOfRange(bytes, SIGNATURE, bytes.length);
        return keys.stream()
                .flatMap(key -> key.open(signature, sealed).stream())
                .findFirst()
                .map(this::reading)
                .orElse(new Reading.Forged());
    }

    private Reading reading(byte[] content) {
        if (!Arrays.equals(content, 0, MARK, mark, 0, MARK)) {
            return new Reading.Foreign();
        }
        return new Reading.Valid(token(ByteBuffer.wrap(content, MARK, content.length - MARK)));
    }

    /** MongoDB's tokens are a hexadecimal text, which takes half its length; whatever else there is goes as it is. */
    private static byte[] body(ResumeToken token) {
        if (token.value().size() == 1
                && token.value().get("_data") instanceof BsonString data
                && isHex(data.getValue())) {
            byte[] hex = HexFormat.of().parseHex(data.getValue());
            return ByteBuffer.allocate(1 + hex.length).put(HEX).put(hex).array();
        }
        BasicOutputBuffer buffer = new BasicOutputBuffer();
        buffer.writeByte(BSON);
        try (BsonBinaryWriter writer = new BsonBinaryWriter(buffer)) {
            new BsonDocumentCodec()
                    .encode(writer, plain(token), EncoderContext.builder().build());
        }
        return buffer.toByteArray();
    }

    private static BsonDocument plain(ResumeToken token) {
        BsonDocument plain = new BsonDocument();
        for (String name : token.value().keySet()) {
            BsonValue value = token.value().get(name);
            plain.append(name, value);
        }
        return plain;
    }

    private static boolean isHex(String text) {
        return text.length() % 2 == 0
                && text.chars().allMatch(digit -> (digit >= '0' && digit <= '9') || (digit >= 'A' && digit <= 'F'));
    }

    /** What was signed is what was written. */
    private static ResumeToken token(ByteBuffer body) {
        byte form = body.get();
        byte[] rest = new byte[body.remaining()];
        body.get(rest);
        if (form == HEX) {
            return new ResumeToken(new BsonDocument(
                    "_data", new BsonString(HexFormat.of().withUpperCase().formatHex(rest))));
        }
        try (BsonBinaryReader reader = new BsonBinaryReader(
                new ByteBufferBsonInput(new ByteBufNIO(ByteBuffer.wrap(rest).order(ByteOrder.LITTLE_ENDIAN))))) {
            return new ResumeToken(new BsonDocumentCodec()
                    .decode(reader, DecoderContext.builder().build()));
        } catch (BsonSerializationException e) {
            throw new IllegalStateException("a signed position cannot be read", e);
        }
    }

    private static byte[] sha256(byte[] bytes) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(bytes);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e); // every Java has it
        }
    }

    /** The two keys that come of one secret; their text form shows nothing. */
    private static final class Keys {
        private final Mac signing; // a copy of it signs: that is quicker than to make one
        private final SecretKeySpec sealing;
        private final ThreadLocal<Cipher> ciphers = ThreadLocal.withInitial(Keys::cipher);

        private Keys(Mac signing, SecretKeySpec sealing) {
            this.signing = signing;
            this.sealing = sealing;
        }

        static Keys of(byte[] secret) {
            Mac root = hmac(secret);
            byte[] sealing = Arrays.copyOf(root.doFinal("seal".getBytes(StandardCharsets.UTF_8)), 16);
            byte[] signing = root.doFinal("sign".getBytes(StandardCharsets.UTF_8));
            return new Keys(hmac(signing), new SecretKeySpec(sealing, "AES"));
        }

        byte[] signature(byte[] content) {
            try {
                return Arrays.copyOf(((Mac) signing.clone()).doFinal(content), SIGNATURE);
            } catch (CloneNotSupportedException e) {
                throw new IllegalStateException(e); // every Java's can be copied
            }
        }

        /** The content, if this key signed it. */
        Optional<byte[]> open(byte[] signature, byte[] sealed) {
            byte[] content = apply(Cipher.DECRYPT_MODE, signature, sealed);
            return MessageDigest.isEqual(signature(content), signature) ? Optional.of(content) : Optional.empty();
        }

        byte[] apply(int mode, byte[] signature, byte[] content) {
            try {
                Cipher cipher = ciphers.get();
                cipher.init(mode, sealing, new IvParameterSpec(signature));
                return cipher.doFinal(content);
            } catch (GeneralSecurityException e) {
                throw new IllegalStateException(e); // key and content are of the right form
            }
        }

        private static Mac hmac(byte[] key) {
            try {
                Mac mac = Mac.getInstance(HMAC);
                mac.init(new SecretKeySpec(key, HMAC));
                return mac;
            } catch (GeneralSecurityException e) {
                throw new IllegalStateException(e); // every Java has it
            }
        }

        private static Cipher cipher() {
            try {
                return Cipher.getInstance("AES/CTR/NoPadding");
            } catch (GeneralSecurityException e) {
                throw new IllegalStateException(e); // every Java has it
            }
        }
    }
}
