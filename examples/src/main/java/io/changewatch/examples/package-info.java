/**
 * Small programs that run, one for each thing an application does with a watcher.
 *
 * <p>Every one takes a connection string as its first argument, or from the environment variable
 * {@code CHANGEWATCH_URI}, and else uses a replica set on this machine. What the README and the Javadoc show stands here,
 * between {@code @start} and {@code @end}; {@code ExamplesIT} runs it.
 */
@NullMarked
package io.changewatch.examples;

import org.jspecify.annotations.NullMarked;
