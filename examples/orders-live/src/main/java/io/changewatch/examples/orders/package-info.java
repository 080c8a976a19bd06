/** A running application: orders over HTTP, and their changes live over WebSocket and server-sent events. */
@NullMarked
package io.changewatch.examples.orders;

import org.jspecify.annotations.NullMarked;
