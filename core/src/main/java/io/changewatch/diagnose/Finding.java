package io.changewatch.diagnose;

import java.util.Objects;
import java.util.Optional;

/**
 * One thing that was looked at.
 *
 * <p>Immutable and thread-safe.
 *
 * @param check what it is about
 * @param found what was found, with its values, in whole sentences
 * @param remedy what to do about it; empty where there is nothing to do
 */
public record Finding(Severity severity, Check check, String found, Optional<String> remedy) {

    /** Checks that no part is null. */
    public Finding {
        Objects.requireNonNull(severity, "severity");
        Objects.requireNonNull(check, "check");
        Objects.requireNonNull(found, "found");
        Objects.requireNonNull(remedy, "remedy");
    }

    /** A finding with something to do. */
    public static Finding of(Severity severity, Check check, String found, String remedy) {
        return new Finding(severity, check, found, Optional.of(remedy));
    }

    /** A finding with nothing to do. */
    public static Finding of(Severity severity, Check check, String found) {
        return new Finding(severity, check, found, Optional.empty());
    }
}
