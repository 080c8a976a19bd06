package io.changewatch.internal.engine;

import io.changewatch.lease.Lease;

/**
 * What makes a watcher one of many.
 *
 * @param holder names this instance; different for each
 */
public record LeaseSettings(Lease lease, String holder) {}
