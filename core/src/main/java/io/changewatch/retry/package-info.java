/**
 * How long to wait before the next attempt: {@link io.changewatch.retry.RetryPolicy}, usable for an application's own purposes too.
 *
 * <p>This room computes delays and waits for them. It must not know what is retried.
 */
package io.changewatch.retry;
