package io.changewatch.resume;

import java.util.Objects;

/**
 * What a checkpoint was made for: a token of one stream means nothing, or something wrong, in another.
 *
 * <p>Immutable and thread-safe.
 *
 * @param scope what was watched: {@code shop.orders}, {@code shop}, or {@code *} for the whole cluster
 * @param pipeline a hash of the pipeline and of the options that decide which events it sees
 */
public record Fingerprint(String scope, String pipeline) {

    /** Checks that no part is null. */
    public Fingerprint {
        Objects.requireNonNull(scope, "scope");
        Objects.requireNonNull(pipeline, "pipeline");
    }
}
