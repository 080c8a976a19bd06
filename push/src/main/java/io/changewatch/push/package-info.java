/**
 * Hands one change stream on to any number of WebSocket and server-sent-events clients: {@link io.changewatch.push.LiveFeed}.
 *
 * <p>It is built on the public face of the core alone and knows no web framework: an adapter implements
 * {@link io.changewatch.push.FeedClient}.
 */
package io.changewatch.push;
