/**
 * What a change stream says, as types: {@link io.changewatch.event.ChangeEvent} and its records.
 *
 * <p>This room holds values only. It must not know where an event came from, who handles it, or that a server exists.
 */
package io.changewatch.event;
