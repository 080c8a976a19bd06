/**
 * Watching the watcher: {@link io.changewatch.observe.WatcherListener} is told what happens, {@link io.changewatch.observe.WatcherStats} sums it up.
 *
 * <p>This room holds values and one interface. It must not know how they come about.
 */
package io.changewatch.observe;
