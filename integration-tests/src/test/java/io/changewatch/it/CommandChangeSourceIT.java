package io.changewatch.it;

import com.mongodb.reactivestreams.client.MongoClient;
import io.changewatch.internal.source.ChangeSource;
import io.changewatch.internal.source.CommandChangeSource;
import io.changewatch.internal.source.SourceSettings;

final class CommandChangeSourceIT extends RealChangeSourceContract {

    @Override
    ChangeSource source(MongoClient client, SourceSettings settings) {
        return new CommandChangeSource(client, settings);
    }
}
