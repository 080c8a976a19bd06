/**
 * What the server shall send: {@link io.changewatch.pipeline.Pipeline} and {@link io.changewatch.pipeline.Condition}.
 *
 * <p>The same condition becomes a {@code $match} stage for the server and evaluates in process with the server's
 * semantics. This room must not know watchers or streams.
 */
package io.changewatch.pipeline;
