package io.changewatch.push;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * The HTTP request that asks for a connection.
 *
 * <p>Its text form shows neither headers nor parameters, as there may be a token among them. Immutable and thread-safe.
 *
 * @param transport what is asked for
 * @param headers by name, in lower case
 * @param parameters of the query, decoded
 */
public record Handshake(Transport transport, Map<String, String> headers, Map<String, List<String>> parameters) {

    private static final String AFTER = "after";

    /** Copies the maps; names of headers become lower case. */
    public Handshake {
        Objects.requireNonNull(transport, "transport");
        Map<String, String> lowerCase = new LinkedHashMap<>();
        headers.forEach((name, value) ->
                lowerCase.put(name.toLowerCase(Locale.ROOT), Objects.requireNonNull(value, "value of a header")));
        headers = Map.copyOf(lowerCase);
        Map<String, List<String>> copies = new LinkedHashMap<>();
        parameters.forEach((name, values) -> copies.put(name, List.copyOf(values)));
        parameters = Map.copyOf(copies);
    }

    /** A header's value, by name in any letter case. */
    public Optional<String> header(String name) {
        return Optional.ofNullable(headers.get(name.toLowerCase(Locale.ROOT)));
    }

    /** The first value of a parameter. */
    public Optional<String> parameter(String name) {
        return parameters.getOrDefault(name, List.of()).stream().findFirst();
    }

    /** The same request without a parameter: one that is not for the feed, such as an access token. */
    public Handshake without(String parameter) {
        Map<String, List<String>> rest = new LinkedHashMap<>(parameters);
        rest.remove(parameter);
        return new Handshake(transport, headers, rest);
    }

    /** The position to go on after: {@code Last-Event-ID}, which a browser sends by itself, before {@code ?after=}. */
    public Optional<String> after() {
        return header("Last-Event-ID")
                .filter(id -> !id.isEmpty())
                .or(() -> parameter(AFTER))
                .filter(position -> !position.isEmpty());
    }

    @Override
    public String toString() {
        return "Handshake[" + transport + "]";
    }
}
