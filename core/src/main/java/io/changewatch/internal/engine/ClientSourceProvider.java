package io.changewatch.internal.engine;

import com.mongodb.MongoClientSettings;
import com.mongodb.reactivestreams.client.MongoClient;
import com.mongodb.reactivestreams.client.MongoClients;
import io.changewatch.internal.source.ChangeSource;
import io.changewatch.internal.source.CommandChangeSource;
import io.changewatch.internal.source.CommandOplogWindow;
import io.changewatch.internal.source.OplogWindow;
import io.changewatch.internal.source.SourceSettings;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Sources on the application's client, or on one of the watcher's own that is made when it is first needed.
 *
 * <p>Called on the watcher's thread only.
 */
public final class ClientSourceProvider implements SourceProvider {
    private final @Nullable MongoClientSettings settings;
    private @Nullable MongoClient client;

    private ClientSourceProvider(@Nullable MongoClient client, @Nullable MongoClientSettings settings) {
        this.client = client;
        this.settings = settings;
    }

    /** Sources on {@code client}, which stays open; or, if that is null, on a client made from {@code settings}. */
    public static SourceProvider of(@Nullable MongoClient client, @Nullable MongoClientSettings settings) {
        return new ClientSourceProvider(client, settings);
    }

    @Override
    public ChangeSource source(SourceSettings sourceSettings) {
        return new CommandChangeSource(client(), sourceSettings);
    }

    /** A client that was closed meanwhile tells nothing. */
    @Override
    public Optional<String> obstacle() {
        try {
            return client == null
                    ? Optional.empty()
                    : UnfitServers.obstacle(client.getClusterDescription()).map(text -> text + FailureMessages.POINTER);
        } catch (IllegalStateException closed) {
            return Optional.empty();
        }
    }

    @Override
    public Optional<OplogWindow> oplogWindow(SourceSettings sourceSettings) {
        return Optional.of(new CommandOplogWindow(client(), sourceSettings.comment()));
    }

    private MongoClient client() {
        MongoClient present = client;
        if (present == null) {
            present = MongoClients.create(Objects.requireNonNull(settings));
            client = present;
        }
        return present;
    }

    @Override
    public void close() {
        if (settings != null && client != null) {
            client.close();
        }
    }
}
