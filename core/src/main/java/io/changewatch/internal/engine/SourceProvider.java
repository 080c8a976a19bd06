package io.changewatch.internal.engine;

import io.changewatch.internal.source.ChangeSource;
import io.changewatch.internal.source.SourceSettings;

/**
 * Makes the source of a watcher, and owns what the source stands on.
 *
 * <p>Called on the watcher's thread only.
 */
public interface SourceProvider extends AutoCloseable {

    /** A source that reads as {@code settings} say. */
    ChangeSource source(SourceSettings settings);

    /** Closes the client, if it is the watcher's own. */
    @Override
    void close();
}
