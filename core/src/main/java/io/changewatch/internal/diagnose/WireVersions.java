package io.changewatch.internal.diagnose;

import java.util.Map;

/**
 * Which release a version of the wire protocol belongs to (server: {@code src/mongo/db/wire_version.h}): a driver knows nothing
 * else of the servers that it does not ask.
 *
 * <p>Stateless and thread-safe.
 */
final class WireVersions {
    private static final Map<Integer, String> RELEASES = Map.ofEntries(
            Map.entry(6, "3.6"),
            Map.entry(7, "4.0"),
            Map.entry(8, "4.2"),
            Map.entry(9, "4.4"),
            Map.entry(13, "5.0"),
            Map.entry(17, "6.0"),
            Map.entry(18, "6.1"),
            Map.entry(19, "6.2"),
            Map.entry(20, "6.3"),
            Map.entry(21, "7.0"),
            Map.entry(22, "7.1"),
            Map.entry(23, "7.2"),
            Map.entry(24, "7.3"),
            Map.entry(25, "8.0"));

    private WireVersions() {}

    static String release(int wireVersion) {
        return RELEASES.getOrDefault(wireVersion, "wire version " + wireVersion);
    }
}
