package io.changewatch.it;

import io.changewatch.testkit.LocalReplicaSet;
import org.bson.Document;

/** Changes what a replica set is configured to do. */
final class ReplicaSetSettings {
    private ReplicaSetSettings() {}

    /** Sets one of the {@code settings} of the configuration, as the server names it. */
    static void set(LocalReplicaSet servers, String name, Object value) {
        Document config = servers.runAdmin(new Document("replSetGetConfig", 1)).get("config", Document.class);
        config.get("settings", Document.class).append(name, value);
        config.append("version", config.getInteger("version") + 1);
        servers.runAdmin(new Document("replSetReconfig", config));
    }
}
