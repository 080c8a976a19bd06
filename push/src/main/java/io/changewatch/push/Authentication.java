package io.changewatch.push;

import java.security.Principal;
import java.util.Optional;

/**
 * Finds out who asks, before the connection is upgraded.
 *
 * <p>Called on the server's thread; must be thread-safe. If it throws, the request is refused with 500.
 */
@FunctionalInterface
public interface Authentication {

    /** Who it is; empty to refuse the request with 401. */
    Optional<? extends Principal> authenticate(Handshake handshake);
}
