/**
 * Hands events to the application, one by one, and says when each is handled.
 *
 * <p>This room knows handlers and subscribers. It must not know the stream, positions beyond the event's own, or stores.
 */
package io.changewatch.internal.deliver;
