/**
 * The entrance: {@link io.changewatch.ChangeWatcher} and its builder, handlers, start positions, states and exceptions.
 *
 * <p>This room says what an application can ask for and what it is told. It must not know how a stream is read; that
 * lives under {@code internal}, which only the builder reaches into.
 */
package io.changewatch;
