package io.changewatch.internal.engine;

import io.changewatch.internal.source.ChangeSource;
import io.changewatch.internal.source.OplogWindow;
import io.changewatch.internal.source.SourceSettings;
import java.util.Optional;

/**
 * Makes the source of a watcher, and owns what the source stands on.
 *
 * <p>Called on the watcher's thread only.
 */
public interface SourceProvider extends AutoCloseable {

    /** A source that reads as {@code settings} say. */
    ChangeSource source(SourceSettings settings);

    /** What keeps the driver from every server that it has reached, with the remedy; empty where none was, or one fits. */
    default Optional<String> obstacle() {
        return Optional.empty();
    }

    /** A look at the server's oplog on the same client; empty where there is none to look at. Called after {@link #source}. */
    default Optional<OplogWindow> oplogWindow(SourceSettings settings) {
        return Optional.empty();
    }

    /** Closes the client, if it is the watcher's own. */
    @Override
    void close();
}
