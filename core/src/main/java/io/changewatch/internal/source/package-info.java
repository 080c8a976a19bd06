/**
 * Reads a change stream: opens it at a position and yields batches of bytes with the position after each.
 *
 * <p>This room knows the server and the driver. It must not know what an event means, who handles it or where positions
 * are kept; it never retries, its errors rise to the engine.
 */
package io.changewatch.internal.source;
