package io.changewatch.internal.engine;

import com.mongodb.MongoClientSettings;
import com.mongodb.reactivestreams.client.MongoClient;
import com.mongodb.reactivestreams.client.MongoClients;
import io.changewatch.StreamSource;
import io.changewatch.internal.source.ChangeSource;
import io.changewatch.internal.source.ChosenChangeSource;
import io.changewatch.internal.source.CommandOplogWindow;
import io.changewatch.internal.source.OplogWindow;
import io.changewatch.internal.source.SourceSettings;
import io.changewatch.internal.source.StreamChoice;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sources on the application's client, or on one of the watcher's own that is made when it is first needed.
 *
 * <p>Called by one thread at a time.
 */
public final class ClientSourceProvider implements SourceProvider {
    private static final Logger LOG = LoggerFactory.getLogger(ClientSourceProvider.class);
    private static final Duration PATIENCE_WHEN_CLOSING = Duration.ofSeconds(5);

    private final String watcher;
    private final StreamSource asked;
    private final @Nullable MongoClientSettings settings;
    private @Nullable MongoClient client;
    private @Nullable StreamChoice told;
    private final boolean isCounted;
    private final Surroundings surroundings;
    private @Nullable PoolUse use;
    private @Nullable ChosenChangeSource last;

    private ClientSourceProvider(
            String watcher,
            StreamSource asked,
            @Nullable MongoClient client,
            @Nullable MongoClientSettings settings,
            boolean isCounted,
            Surroundings surroundings) {
        this.watcher = watcher;
        this.asked = asked;
        this.client = client;
        this.settings = settings;
        this.isCounted = isCounted;
        this.surroundings = surroundings;
    }

    /** Sources on {@code client}, which stays open; or, if that is null, on a client made from {@code settings}. */
    public static SourceProvider of(
            String watcher,
            StreamSource asked,
            @Nullable MongoClient client,
            @Nullable MongoClientSettings settings,
            Surroundings surroundings) {
        return new ClientSourceProvider(watcher, asked, client, settings, client != null, surroundings);
    }

    /** Sources on {@code client} for somebody who asks a few questions, and is no watcher. */
    static SourceProvider forQuestions(
            String watcher, StreamSource asked, MongoClient client, Surroundings surroundings) {
        return new ClientSourceProvider(watcher, asked, client, null, false, surroundings);
    }

    @Override
    public ChangeSource source(SourceSettings sourceSettings) {
        joinOnce();
        ChosenChangeSource source = new ChosenChangeSource(client(), sourceSettings, asked, this::tell);
        last = source;
        return source;
    }

    private void joinOnce() {
        if (isCounted && use == null) {
            PoolUse joined = PoolUse.of(client());
            joined.join(watcher);
            use = joined;
        }
    }

    /** Once, and again when the choice is another. */
    private void tell(StreamChoice choice) {
        if (choice.equals(told)) {
            return;
        }
        told = choice;
        if (choice.source() == StreamSource.PUBLISHER) {
            LOG.info("[{}] Reads through the driver's publisher, because {}.", watcher, choice.reason());
        } else {
            LOG.debug("[{}] Reads with its own commands, because {}.", watcher, choice.reason());
        }
        choice.warning().ifPresent(warning -> LOG.warn("[{}] {} {}", watcher, warning, StreamChoice.REMEDY));
    }

    /** A client that was closed meanwhile tells nothing. */
    @Override
    public Optional<String> obstacle() {
        try {
            return client == null
                    ? Optional.empty()
                    : UnfitServers.obstacle(
                                    client.getClusterDescription(), ChosenChangeSource.readPreference(client, asked))
                            .map(text -> text + FailureMessages.POINTER);
        } catch (IllegalStateException closed) {
            return Optional.empty();
        }
    }

    @Override
    public Optional<OplogWindow> oplogWindow(SourceSettings sourceSettings) {
        return Optional.of(new CommandOplogWindow(
                client(), ChosenChangeSource.readPreference(client(), asked), sourceSettings.comment()));
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
        if (use != null) {
            use.leave();
            use = null;
        }
        MongoClient own = client;
        if (settings != null && own != null) {
            new Farewell(surroundings, "changewatch-" + watcher + "-close", PATIENCE_WHEN_CLOSING)
                    .say(() -> close(own));
        }
    }

    private void close(MongoClient own) {
        try {
            if (last != null) {
                last.awaitEnd();
            }
        } catch (InterruptedException e) {
            LOG.debug("[{}] Not waiting for the end of its stream.", watcher, e);
        }
        try {
            own.close();
        } catch (RuntimeException e) {
            LOG.warn("[{}] Could not close the client at the end.", watcher, e);
        }
    }
}
