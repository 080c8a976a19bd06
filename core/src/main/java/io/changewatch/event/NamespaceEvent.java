package io.changewatch.event;

import java.util.Optional;

/**
 * A collection, an index or a database changed, not a document.
 *
 * <p>{@link Drop}, {@link Rename} and {@link DropDatabase} are always sent; the others need {@code showExpandedEvents()}
 * and a server of version 6.0 or newer.
 *
 * <p>Immutable and thread-safe.
 *
 * @param <T> the type documents are decoded to
 */
public sealed interface NamespaceEvent<T> extends ChangeEvent<T>
        permits Create,
                CreateIndexes,
                DropIndexes,
                Modify,
                Drop,
                Rename,
                DropDatabase,
                ShardCollection,
                RefineCollectionShardKey,
                ReshardCollection {

    /** The collection, or for {@link DropDatabase} the database, that changed. */
    Namespace in();

    @Override
    default Optional<Namespace> namespace() {
        return Optional.of(in());
    }
}
