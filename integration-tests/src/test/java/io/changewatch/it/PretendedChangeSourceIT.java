package io.changewatch.it;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.mongodb.MongoCommandException;
import com.mongodb.client.model.Collation;
import com.mongodb.reactivestreams.client.MongoClient;
import io.changewatch.StartPosition;
import io.changewatch.internal.source.ChangeSource;
import io.changewatch.internal.source.CommandChangeSource;
import io.changewatch.internal.source.SourceSettings;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The scripted replica set keeps the contract that a real server keeps, and refuses what it does not know. */
final class PretendedChangeSourceIT extends ChangeSourceContract {

    @Override
    ServerUnderTest startServer() {
        return new PretendedServer();
    }

    @Override
    ChangeSource source(MongoClient client, SourceSettings settings) {
        return new CommandChangeSource(client, settings);
    }

    @Test
    void refusesCollations() {
        SourceSettings settings = settings(Optional.of(scope()))
                .collation(Collation.builder().locale("en").build())
                .build();

        assertThatThrownBy(() -> open(settings, StartPosition.now()))
                .isInstanceOf(MongoCommandException.class)
                .hasMessageContaining("The scripted replica set does not know collations. Test this pipeline against a "
                        + "real server: see LocalReplicaSet.");
    }

    @Test
    void refusesExpandedEvents() {
        SourceSettings settings =
                settings(Optional.of(scope())).showExpandedEvents(true).build();

        assertThatThrownBy(() -> open(settings, StartPosition.now()))
                .isInstanceOf(MongoCommandException.class)
                .hasMessageContaining("The scripted replica set does not know expanded events.");
    }
}
