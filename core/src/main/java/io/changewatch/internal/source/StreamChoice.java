package io.changewatch.internal.source;

import com.mongodb.ReadPreference;
import com.mongodb.connection.ClusterDescription;
import com.mongodb.connection.ClusterType;
import io.changewatch.StreamSource;
import java.util.Optional;

/**
 * Which source reads a stream, and why.
 *
 * @param source {@code COMMANDS} or {@code PUBLISHER}
 * @param reason completes "because ..."
 * @param warning what cannot work with this choice until {@link #REMEDY}; empty where nothing speaks against it
 */
public record StreamChoice(StreamSource source, String reason, Optional<String> warning) {

    public static final String REMEDY = "Use source(AUTO) or source(PUBLISHER), or connect to one mongos.";

    /** Decides for the servers that the driver knows now. */
    public static StreamChoice of(StreamSource asked, ReadPreference preference, ClusterDescription cluster) {
        Optional<String> several = severalServers(cluster);
        if (asked == StreamSource.COMMANDS) {
            return new StreamChoice(asked, "source(COMMANDS) says so", several.map(StreamChoice::warning));
        }
        if (asked == StreamSource.PUBLISHER) {
            return new StreamChoice(asked, "source(PUBLISHER) says so", Optional.empty());
        }
        if (several.isPresent()) {
            return new StreamChoice(StreamSource.PUBLISHER, several.get(), Optional.empty());
        }
        if (!isPrimary(preference)) {
            String reads = "the client's read preference is " + preference.getName();
            return new StreamChoice(StreamSource.PUBLISHER, reads, Optional.empty());
        }
        return new StreamChoice(
                StreamSource.COMMANDS, "all commands go to one server, the primary or a mongos", Optional.empty());
    }

    private static boolean isPrimary(ReadPreference preference) {
        return preference.equals(ReadPreference.primary());
    }

    /** Why two commands may reach two servers; empty where they do not. */
    private static Optional<String> severalServers(ClusterDescription cluster) {
        if (cluster.getType() == ClusterType.LOAD_BALANCED) {
            return Optional.of("a load balancer stands before the servers");
        }
        int routers = cluster.getServerDescriptions().size();
        return cluster.getType() == ClusterType.SHARDED && routers > 1
                ? Optional.of("the client knows " + routers + " mongos")
                : Optional.empty();
    }

    private static String warning(String several) {
        return "source(COMMANDS) does not work reliably here, as " + several
                + ": a getMore may reach a server that does not know its cursor, and the stream is opened again each time.";
    }
}
