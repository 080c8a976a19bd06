/**
 * The loop, the lifecycle and what is done about failures.
 *
 * <p>The only room that knows the other rooms under {@code internal}; none of them knows it.
 */
package io.changewatch.internal.engine;
