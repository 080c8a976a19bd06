package io.changewatch.push;

import java.time.Duration;

/**
 * How long messages took from the change, by the server's wall clock, until the transport had taken them; replayed ones are
 * left out. The clocks of two machines are compared. Percentiles are exact to about 6 %.
 *
 * <p>Immutable and thread-safe.
 *
 * @param count how many messages
 * @param mean zero if there is none
 * @param median half of them took no longer
 * @param p99 99 of 100 took no longer
 * @param max the longest
 */
public record Latency(long count, Duration mean, Duration median, Duration p99, Duration max) {}
