package io.changewatch.internal.decode;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A walk through one document and those in it, with room for the values of the records that are being read. Made to be used
 * again: it allocates only when a document is deeper, or a record wider, than all before.
 *
 * <p>Not thread-safe.
 */
final class Walk extends Elements {
    private static final int SHALLOW = 4;

    private Frame[] frames = new Frame[SHALLOW];
    private int depth;

    /** The values of one record while it is read: objects and primitives, each in the place of its component. */
    static final class Frame {
        private @Nullable Object[] values = new Object[0];
        private long[] bits = new long[0];

        private void makeRoom(int components) {
            if (values.length < components) {
                values = new Object[components];
                bits = new long[components];
            }
        }

        @Nullable
        Object[] values() {
            return values;
        }

        long[] bits() {
            return bits;
        }
    }

    /** Begins at the first field of the document at {@code offset}. */
    void start(byte[] bytes, int offset, int limit) {
        depth = 0;
        begin(bytes, offset, limit);
    }

    /** Room for a record in the record that is being read. */
    Frame push(int components) {
        if (depth == frames.length) {
            frames = Arrays.copyOf(frames, 2 * depth);
        }
        Frame frame = frames[depth];
        if (frame == null) {
            frame = new Frame();
            frames[depth] = frame;
        }
        frame.makeRoom(components);
        depth++;
        return frame;
    }

    /** The record is read; nothing of it is kept. */
    void pop(int components) {
        depth--;
        Arrays.fill(frames[depth].values, 0, components, null);
    }
}
