package io.changewatch.internal.engine;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.UUID;

/**
 * Names an instance of a watcher so that people find it: host, process id, and a random part, as a process may hold several.
 *
 * <p>Thread-safe.
 */
public final class HolderName {
    private HolderName() {}

    /** A new name, such as {@code web-3/4711/9f2c01ab}. */
    public static String next() {
        return host() + "/" + ProcessHandle.current().pid() + "/"
                + UUID.randomUUID().toString().substring(0, 8);
    }

    private static String host() {
        String told = System.getenv("HOSTNAME");
        if (told != null && !told.isBlank()) {
            return told;
        }
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException e) {
            return "unknown-host";
        }
    }
}
