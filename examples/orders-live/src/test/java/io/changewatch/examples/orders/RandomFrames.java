package io.changewatch.examples.orders;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * What a client that is broken, or means ill, may send over an open WebSocket.
 *
 * <p>Not thread-safe.
 */
final class RandomFrames {
    private static final int CONTINUATION = 0;
    private static final int TEXT = 1;
    private static final int BINARY = 2;
    private static final int CLOSE = 8;
    private static final int FINAL = 0x80;
    private static final int MASKED = 0x80;

    private final SplittableRandom random;

    RandomFrames(SplittableRandom random) {
        this.random = random;
    }

    /**
     * Something to be sent.
     *
     * @param isOpen whether the server may rightly wait for the rest of it
     */
    record Thing(ByteBuffer bytes, boolean isOpen) {}

    Thing next() {
        return switch (random.nextInt(14)) {
            case 0 -> whole(frame(FINAL | TEXT, text()));
            case 1 -> whole(frame(FINAL | TEXT, bytes(random.nextInt(200)))); // no UTF-8
            case 2 -> whole(frame(FINAL | TEXT, "{\"type\": \"ping\"}".getBytes(StandardCharsets.UTF_8)));
            case 3 -> whole(frame(FINAL | BINARY, bytes(random.nextInt(200))));
            case 4 -> whole(frame(FINAL | control(), bytes(random.nextInt(126))));
            case 5 -> whole(frame(FINAL | control(), bytes(random.nextInt(126, 70_000)))); // too long for one
            case 6 -> whole(frame(FINAL | TEXT, text(), random.nextInt(4_000, 200_000)));
            case 7 -> whole(unmasked());
            case 8 -> whole(fragmented());
            case 9 -> whole(frame(random.nextInt(256) & ~MASKED, bytes(random.nextInt(20)))); // begun, and never ended
            case 10 ->
                whole(frame(FINAL | random.nextInt(128), bytes(random.nextInt(20)))); // reserved bits and opcodes
            case 11 -> unended(endless());
            case 12 -> unended(half());
            default -> unended(bytes(random.nextInt(1, 400)));
        };
    }

    private static Thing whole(byte[] bytes) {
        return new Thing(ByteBuffer.wrap(bytes), false);
    }

    private static Thing unended(byte[] bytes) {
        return new Thing(ByteBuffer.wrap(bytes), true);
    }

    private int control() {
        return CLOSE + random.nextInt(3);
    }

    private byte[] bytes(int count) {
        byte[] bytes = new byte[count];
        random.nextBytes(bytes);
        return bytes;
    }

    private byte[] text() {
        StringBuilder text = new StringBuilder();
        random.ints(random.nextInt(100), 0, 0xD800).forEach(text::appendCodePoint);
        return text.toString().getBytes(StandardCharsets.UTF_8);
    }

    /** The payload over and over, until it has this length. */
    private byte[] frame(int first, byte[] payload, int length) {
        ByteBuffer repeated = ByteBuffer.allocate(length);
        while (repeated.hasRemaining() && payload.length > 0) {
            repeated.put(payload, 0, Math.min(payload.length, repeated.remaining()));
        }
        return frame(first, repeated.array());
    }

    private byte[] frame(int first, byte[] payload) {
        byte[] mask = bytes(4);
        ByteBuffer frame = ByteBuffer.allocate(payload.length + 14).put((byte) first);
        if (payload.length < 126) {
            frame.put((byte) (MASKED | payload.length));
        } else if (payload.length < 65_536) {
            frame.put((byte) (MASKED | 126)).putShort((short) payload.length);
        } else {
            frame.put((byte) (MASKED | 127)).putLong(payload.length);
        }
        frame.put(mask);
        for (int i = 0; i < payload.length; i++) {
            frame.put((byte) (payload[i] ^ mask[i % 4]));
        }
        byte[] bytes = new byte[frame.position()];
        frame.flip().get(bytes);
        return bytes;
    }

    private byte[] unmasked() {
        byte[] payload = bytes(random.nextInt(126));
        return ByteBuffer.allocate(2 + payload.length)
                .put((byte) (FINAL | random.nextInt(16)))
                .put((byte) payload.length)
                .put(payload)
                .array();
    }

    /** A text in parts; with a control frame between them now and then. */
    private byte[] fragmented() {
        ByteArrayOutputStream parts = new ByteArrayOutputStream();
        parts.writeBytes(frame(TEXT, text()));
        int count = random.nextInt(5);
        for (int part = 0; part < count; part++) {
            parts.writeBytes(frame(CONTINUATION, text()));
            if (random.nextInt(3) == 0) {
                parts.writeBytes(frame(FINAL | 9, bytes(random.nextInt(20))));
            }
        }
        parts.writeBytes(frame(FINAL | CONTINUATION, text()));
        return parts.toByteArray();
    }

    /** A head that announces more than anyone could send, or less than nothing. */
    private byte[] endless() {
        return ByteBuffer.allocate(20)
                .put((byte) (FINAL | random.nextInt(16)))
                .put((byte) (MASKED | 127))
                .putLong(random.nextBoolean() ? random.nextLong() : random.nextInt(65_536, Integer.MAX_VALUE))
                .put(bytes(10))
                .array();
    }

    private byte[] half() {
        byte[] whole = frame(FINAL | random.nextInt(16), bytes(random.nextInt(300)));
        return Arrays.copyOf(whole, random.nextInt(1, whole.length));
    }
}
