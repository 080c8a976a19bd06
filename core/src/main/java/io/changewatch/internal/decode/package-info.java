/**
 * Turns the bytes of one event into a {@link io.changewatch.event.ChangeEvent}.
 *
 * <p>This room knows BSON and the shape of change events. It must not know where the bytes came from or what happens to
 * the event.
 */
package io.changewatch.internal.decode;
