package io.changewatch.examples.demo;

/**
 * One write to an order, by the writer's or the watcher's account.
 *
 * @param operation {@code insert}, {@code update}, {@code replace} or {@code delete}
 * @param order the order's id
 * @param version the order's version after it; 0 for a delete
 */
record Change(String operation, long order, int version) {}
