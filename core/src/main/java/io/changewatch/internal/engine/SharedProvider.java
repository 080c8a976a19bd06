package io.changewatch.internal.engine;

import io.changewatch.internal.source.ChangeSource;
import io.changewatch.internal.source.OplogWindow;
import io.changewatch.internal.source.SourceSettings;
import java.util.Optional;

/** A provider that outlives who uses it: somebody else closes it. */
record SharedProvider(SourceProvider provider) implements SourceProvider {

    @Override
    public ChangeSource source(SourceSettings settings) {
        return provider.source(settings);
    }

    @Override
    public Optional<String> obstacle() {
        return provider.obstacle();
    }

    @Override
    public Optional<OplogWindow> oplogWindow(SourceSettings settings) {
        return provider.oplogWindow(settings);
    }

    @Override
    public void close() {
        // Not this one's to do.
    }
}
