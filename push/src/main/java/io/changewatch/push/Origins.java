package io.changewatch.push;

import java.net.URI;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** Origins of pages, as browsers write them (RFC 6454). */
final class Origins {
    private static final Map<String, Integer> PORTS = Map.of("http", 80, "https", 443);

    private Origins() {}

    /**
     * The origin, if a browser could send it.
     *
     * @throws IllegalArgumentException if not, with what it should be
     */
    static String checked(String origin) {
        if (origin.equals("*")) {
            return origin;
        }
        String written = written(origin);
        if (!written.equals(origin)) {
            throw new IllegalArgumentException(
                    "allowedOrigins(\"" + origin + "\") would never match: browsers send scheme, host"
                            + " and a port that is not the scheme's own, in lower case, such as "
                            + (written.isEmpty() ? "https://shop.example" : written) + ".");
        }
        return origin;
    }

    private static String written(String origin) {
        try {
            URI uri = URI.create(origin.toLowerCase(Locale.ROOT));
            if (uri.getScheme() == null || uri.getHost() == null) {
                return "";
            }
            boolean isUsual = uri.getPort() < 0 || uri.getPort() == PORTS.getOrDefault(uri.getScheme(), -1);
            return uri.getScheme() + "://" + uri.getHost() + (isUsual ? "" : ":" + uri.getPort());
        } catch (IllegalArgumentException e) {
            return "";
        }
    }

    /** Whether a page of this origin may connect to this host. */
    static boolean mayConnect(String origin, String host, Set<String> allowed) {
        return allowed.contains("*") || allowed.contains(origin) || isOf(origin, host);
    }

    private static boolean isOf(String origin, String host) {
        try {
            return host.equalsIgnoreCase(URI.create(origin).getRawAuthority());
        } catch (IllegalArgumentException e) {
            return false;
        }
    }
}
