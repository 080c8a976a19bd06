package io.changewatch.event;

import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * The kinds of change, by the server's names.
 *
 * <p>Thread-safe.
 */
public enum OperationType {
    /** A document was inserted. */
    INSERT("insert"),
    /** Fields of a document were changed. */
    UPDATE("update"),
    /** A document was replaced. */
    REPLACE("replace"),
    /** A document was deleted. */
    DELETE("delete"),
    /** A collection or view was created; expanded events only. */
    CREATE("create"),
    /** Indexes were created; expanded events only. */
    CREATE_INDEXES("createIndexes"),
    /** Indexes were dropped; expanded events only. */
    DROP_INDEXES("dropIndexes"),
    /** Collection options were modified; expanded events only. */
    MODIFY("modify"),
    /** A collection was dropped. */
    DROP("drop"),
    /** A collection was renamed. */
    RENAME("rename"),
    /** A database was dropped. */
    DROP_DATABASE("dropDatabase"),
    /** A collection was sharded; expanded events only. */
    SHARD_COLLECTION("shardCollection"),
    /** A shard key was refined; expanded events only. */
    REFINE_COLLECTION_SHARD_KEY("refineCollectionShardKey"),
    /** A collection was resharded; expanded events only. */
    RESHARD_COLLECTION("reshardCollection"),
    /** The watched scope is gone. */
    INVALIDATE("invalidate"),
    /** Not a server's operation: events are missing here, see {@link Gap}. */
    GAP("gap"),
    /** An operation this version does not know, see {@link Other}. */
    OTHER("other");

    private static final Map<String, OperationType> BY_VALUE = Arrays.stream(values())
            .filter(type -> type != GAP && type != OTHER)
            .collect(Collectors.toUnmodifiableMap(OperationType::value, Function.identity()));

    private final String value;

    OperationType(String value) {
        this.value = value;
    }

    /** The server's name, as in the field {@code operationType}. */
    public String value() {
        return value;
    }

    /** The type of a server's name; empty if this version does not know it. */
    public static Optional<OperationType> of(String value) {
        return Optional.ofNullable(BY_VALUE.get(value));
    }
}
