package io.changewatch.examples.orders;

import io.changewatch.event.ChangeEvent;
import io.changewatch.event.Delete;
import io.changewatch.event.Insert;
import io.changewatch.event.Replace;
import io.changewatch.event.Update;
import io.changewatch.push.Handshake;
import java.security.Principal;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Who may see which order: each user their own, {@code admin} all. Without users everyone is {@code admin}.
 *
 * <p>Thread-safe.
 */
final class Users {
    private static final String BEARER = "Bearer ";
    private static final User ADMIN = new User("admin");

    private final Map<String, String> byToken;

    Users(Map<String, String> byToken) {
        this.byToken = byToken;
    }

    /** A user by name. */
    record User(String name) implements Principal {
        @Override
        public String getName() {
            return name;
        }

        boolean maySee(@Nullable Order order) {
            return name.equals("admin") || (order != null && order.userId().equals(name));
        }
    }

    /** Who sent this header; empty for nobody known. */
    Optional<User> of(@Nullable String authorization) {
        if (byToken.isEmpty()) {
            return Optional.of(ADMIN);
        }
        return authorization != null && authorization.startsWith(BEARER)
                ? Optional.ofNullable(byToken.get(authorization.substring(BEARER.length())))
                        .map(User::new)
                : Optional.empty();
    }

    Optional<User> of(Handshake handshake) {
        return of(handshake.header("Authorization").orElse(null));
    }

    /** The order as it is after the change decides; of a deleted one, as it was before. */
    static boolean maySee(Principal principal, ChangeEvent<Order> event) {
        return principal instanceof User user && user.maySee(orderOf(event));
    }

    private static @Nullable Order orderOf(ChangeEvent<Order> event) {
        if (event instanceof Insert<Order> insert) {
            return insert.document();
        }
        if (event instanceof Replace<Order> replace) {
            return replace.document();
        }
        if (event instanceof Update<Order> update) {
            return update.document().or(update::documentBefore).orElse(null);
        }
        return event instanceof Delete<Order> delete ? delete.documentBefore().orElse(null) : null;
    }
}
