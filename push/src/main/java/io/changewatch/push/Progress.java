package io.changewatch.push;

import io.changewatch.event.ResumeToken;

/**
 * How far the feed has handed out: every event up to this position was offered to every client that wants it.
 *
 * @param sequence of the last event
 * @param position at or behind that event; the stream may have moved on without one
 */
record Progress(long sequence, ResumeToken position) {}
