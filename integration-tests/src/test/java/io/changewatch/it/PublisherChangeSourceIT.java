package io.changewatch.it;

import com.mongodb.reactivestreams.client.MongoClient;
import io.changewatch.internal.source.ChangeSource;
import io.changewatch.internal.source.PublisherChangeSource;
import io.changewatch.internal.source.SourceSettings;

final class PublisherChangeSourceIT extends RealChangeSourceContract {

    @Override
    ChangeSource source(MongoClient client, SourceSettings settings) {
        return new PublisherChangeSource(client, settings);
    }
}
