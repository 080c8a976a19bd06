package io.changewatch.internal.decode;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.changewatch.event.OperationType;
import java.util.Arrays;

/** Recognises the server's names of operations by their bytes, without a string. Thread-safe. */
final class OperationNames {
    private static final OperationType[] TYPES = Arrays.stream(OperationType.values())
            .filter(type -> OperationType.of(type.value()).isPresent())
            .toArray(OperationType[]::new);
    private static final byte[][] NAMES =
            Arrays.stream(TYPES).map(type -> type.value().getBytes(UTF_8)).toArray(byte[][]::new);

    private OperationNames() {}

    /** The type of the BSON string at {@code offset}; {@link OperationType#OTHER} for an unknown one. */
    static OperationType find(byte[] bytes, int offset) {
        int from = offset + 4;
        int to = from + BsonBytes.int32(bytes, offset) - 1;
        for (int i = 0; i < NAMES.length; i++) {
            if (Arrays.equals(bytes, from, to, NAMES[i], 0, NAMES[i].length)) {
                return TYPES[i];
            }
        }
        return OperationType.OTHER;
    }
}
