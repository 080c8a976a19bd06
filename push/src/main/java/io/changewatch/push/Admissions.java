package io.changewatch.push;

import io.changewatch.pipeline.Condition;
import io.changewatch.push.Admission.Admitted;
import io.changewatch.push.Admission.Reason;
import io.changewatch.push.Admission.Refused;
import java.security.Principal;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Decides who comes in, and understands what they ask for.
 *
 * <p>Thread-safe.
 */
final class Admissions {
    private static final Logger LOG = LoggerFactory.getLogger(Admissions.class);
    private static final int MOST_VALUES = 50;
    private static final int LONGEST_VALUE = 256;

    private final String feed;
    private final FeedOptions<?> options;
    private final Set<String> complained = ConcurrentHashMap.newKeySet();

    Admissions(String feed, FeedOptions<?> options) {
        this.feed = feed;
        this.options = options;
    }

    Admission admit(Handshake handshake) {
        Optional<String> origin = handshake.header("Origin"); // none from what is no browser
        if (origin.isPresent()
                && !Origins.mayConnect(origin.get(), handshake.header("Host").orElse(""), options.allowedOrigins())) {
            return new Refused(
                    Reason.ORIGIN,
                    403,
                    CloseCodes.POLICY_VIOLATION,
                    "Pages of '" + Texts.excerpt(origin.get())
                            + "' may not connect. The server's operator can name it in allowedOrigins(..).");
        }
        Authentication authentication = options.authentication();
        if (authentication == null) {
            return parse(Anyone.INSTANCE, handshake);
        }
        Optional<? extends Principal> principal;
        try {
            principal = Objects.requireNonNull(authentication.authenticate(handshake), "authenticate");
        } catch (RuntimeException | Error e) { // the application's
            LOG.warn("[{}] authenticate(...) failed; the request is refused.", feed, e);
            return new Refused(
                    Reason.AUTHENTICATION,
                    500,
                    CloseCodes.INTERNAL_ERROR,
                    "The server could not find out who you are.");
        }
        return principal.isPresent()
                ? parse(principal.get(), handshake)
                : new Refused(
                        Reason.AUTHENTICATION,
                        401,
                        CloseCodes.POLICY_VIOLATION,
                        "Say who you are: credentials are needed.");
    }

    private Admission parse(Principal principal, Handshake handshake) {
        try {
            Condition condition = condition(handshake.parameters());
            return new Admitted(new ClientRequest(
                    principal, handshake.transport(), Optional.ofNullable(condition), handshake.after()));
        } catch (IllegalArgumentException e) {
            return new Refused(Reason.FILTER, 400, CloseCodes.POLICY_VIOLATION, String.valueOf(e.getMessage()));
        }
    }

    private @Nullable Condition condition(Map<String, List<String>> parameters) {
        Condition all = null;
        for (Map.Entry<String, List<String>> parameter : new TreeMap<>(parameters).entrySet()) {
            if (!parameter.getKey().equals("after")) {
                Condition one = condition(parameter.getKey(), parameter.getValue());
                all = all == null ? one : all.and(one);
            }
        }
        return all;
    }

    private Condition condition(String name, List<String> values) {
        FilterField field = options.filters().stream()
                .filter(candidate -> candidate.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("Unknown parameter '" + Texts.excerpt(name)
                        + "'. Allowed are: after" + (options.filters().isEmpty() ? "" : ", ")
                        + FilterField.names(options.filters()) + "."));
        if (values.isEmpty() || values.size() > MOST_VALUES) {
            throw new IllegalArgumentException("Parameter '" + name + "' needs 1 to " + MOST_VALUES
                    + " values; this request has " + values.size() + ".");
        }
        if (values.stream().anyMatch(value -> value.length() > LONGEST_VALUE || value.indexOf('\0') >= 0)) {
            throw new IllegalArgumentException("A value of parameter '" + name + "' is longer than " + LONGEST_VALUE
                    + " characters, or holds the character U+0000.");
        }
        try {
            Condition condition = field.condition(values);
            condition.toBson(); // what has no meaning is refused here, not at the first event
            return condition;
        } catch (RuntimeException e) {
            throw new IllegalArgumentException("Parameter '" + name + "' " + what(name, e) + ".", e);
        }
    }

    private String what(String name, RuntimeException thrown) {
        if (thrown instanceof IllegalArgumentException && thrown.getMessage() != null) {
            return thrown.getMessage();
        }
        if (complained.add(name)) { // clients must not fill the log
            LOG.warn("[{}] The meaning of filter '{}' failed; such requests are refused.", feed, name, thrown);
        }
        return "has a value that does not fit";
    }
}
