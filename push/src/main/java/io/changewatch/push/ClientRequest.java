package io.changewatch.push;

import io.changewatch.pipeline.Condition;
import java.security.Principal;
import java.util.Objects;
import java.util.Optional;

/**
 * What one client is to receive.
 *
 * <p>Immutable and thread-safe.
 *
 * @param principal who it is
 * @param transport how its texts are framed
 * @param condition what it asked for; empty for every event it is permitted to see
 * @param after the position to go on after, as the feed sent it; empty to begin now
 */
public record ClientRequest(
        Principal principal, Transport transport, Optional<Condition> condition, Optional<String> after) {

    /** Checks that no part is null. */
    public ClientRequest {
        Objects.requireNonNull(principal, "principal");
        Objects.requireNonNull(transport, "transport");
        Objects.requireNonNull(condition, "condition");
        Objects.requireNonNull(after, "after");
    }

    /** Every event that the principal is permitted to see, from now on. */
    public static ClientRequest of(Principal principal, Transport transport) {
        return new ClientRequest(principal, transport, Optional.empty(), Optional.empty());
    }

    /** Only events that fulfil the condition. */
    public ClientRequest where(Condition wanted) {
        return new ClientRequest(principal, transport, Optional.of(wanted), after);
    }

    /** Everything since a position. */
    public ClientRequest after(String position) {
        return new ClientRequest(principal, transport, condition, Optional.of(position));
    }
}
