/**
 * Keeps track of what is handled and saves it: when the policy says so, off the watcher's thread, never backwards.
 *
 * <p>This room knows stores and policies. It must not know the stream, the events' content or the handlers.
 */
package io.changewatch.internal.checkpoint;
