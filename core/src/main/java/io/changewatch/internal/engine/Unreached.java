package io.changewatch.internal.engine;

import static io.changewatch.diagnose.Check.CONNECTION;
import static io.changewatch.diagnose.Check.POOL;
import static io.changewatch.diagnose.Check.TOPOLOGY;
import static io.changewatch.diagnose.Severity.PROBLEM;

import com.mongodb.ReadPreference;
import com.mongodb.connection.ClusterDescription;
import com.mongodb.connection.ClusterType;
import com.mongodb.connection.ServerDescription;
import io.changewatch.diagnose.Finding;
import io.changewatch.internal.diagnose.TopologyJudgement;
import io.changewatch.internal.source.ClientClosedException;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Why the first question was not answered. The driver only reports that it waited in vain; what it knows of each server says more.
 *
 * <p>Immutable and thread-safe.
 */
record Unreached(
        RuntimeException error, ClusterDescription servers, ReadPreference preference, FailureMessages messages) {

    List<Finding> findings() {
        if (error instanceof ClientClosedException || Thread.currentThread().isInterrupted()) {
            return List.of(Finding.of(
                    PROBLEM,
                    CONNECTION,
                    "No question was asked: " + Interview.withoutFullStop(FailureMessages.describe(error)) + "."));
        }
        return UnfitServers.obstacle(servers, preference)
                .map(text -> List.of(Finding.of(PROBLEM, TOPOLOGY, text)))
                .or(this::misconfigured)
                .or(this::noPrimary)
                .orElseGet(() -> List.of(silent()));
    }

    private Optional<List<Finding>> misconfigured() {
        return FailureClassifier.classify(error, false, false) == FailureKind.MISCONFIGURED
                ? Optional.of(List.of(Finding.of(
                        PROBLEM,
                        CONNECTION,
                        "No connection: " + FailureMessages.describe(error) + ".",
                        messages.remedy(error))))
                : Optional.empty();
    }

    private Optional<List<Finding>> noPrimary() {
        boolean isWithout = servers.getType() == ClusterType.REPLICA_SET
                && servers.getServerDescriptions().stream().anyMatch(ServerDescription::isOk)
                && servers.getServerDescriptions().stream().noneMatch(ServerDescription::isPrimary);
        return isWithout ? Optional.of(TopologyJudgement.judge(servers, Interview.refusal(error))) : Optional.empty();
    }

    private Finding silent() {
        String limit = Interview.FOR_THE_FIRST.toSeconds() + " s";
        List<ServerDescription> fit = servers.getServerDescriptions().stream()
                .filter(ServerDescription::isPrimary)
                .toList();
        return fit.isEmpty()
                ? Finding.of(
                        PROBLEM,
                        CONNECTION,
                        "No server is reached: " + troubles(servers.getServerDescriptions()) + ".",
                        "Start the server, or correct host and port in the connection string; see that no firewall is between.")
                : Finding.of(
                        PROBLEM,
                        POOL,
                        "The server at " + fit.get(0).getAddress() + " is known, but within " + limit
                                + " there was no connection of the client's pool for a question, or no answer to it ("
                                + FailureMessages.describe(error) + ").",
                        "Each watcher keeps one connection busy: set maxPoolSize to more than the number of watchers on that "
                                + "client. If it is, the server hangs.");
    }

    private static String troubles(List<ServerDescription> unreached) {
        return unreached.stream()
                .map(server -> server.getAddress() + trouble(server.getException()))
                .collect(Collectors.joining("; "));
    }

    private static String trouble(@Nullable Throwable error) {
        return Stream.iterate(error, cause -> cause != null, Throwable::getCause)
                .reduce((earlier, root) -> root)
                .map(root -> " (" + root.getClass().getSimpleName() + ": " + root.getMessage() + ")")
                .orElse(" (it has not answered)");
    }
}
