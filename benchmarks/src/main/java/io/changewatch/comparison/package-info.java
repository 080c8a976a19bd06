/**
 * Compares a watcher with what else reads a change stream: the same history, from the same position, each in a JVM of its own.
 *
 * <p>This package knows the public face only.
 */
@NullMarked
package io.changewatch.comparison;

import org.jspecify.annotations.NullMarked;
