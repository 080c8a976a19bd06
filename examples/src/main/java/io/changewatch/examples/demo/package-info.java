/**
 * The main job, shown and checked: orders are written, watched in another process that is killed half way, and accounted for.
 *
 * <p>{@link io.changewatch.examples.demo.OrdersDemo} is what {@code scripts/demo} runs.
 */
@org.jspecify.annotations.NullMarked
package io.changewatch.examples.demo;
