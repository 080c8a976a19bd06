package io.changewatch.push;

import io.changewatch.event.ResumeToken;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A text that is ready to be sent.
 *
 * @param text as the transport wants it
 * @param bytes its size in UTF-8
 * @param position where a client that has received it is, without a tie to the bytes of its batch; null for a text that says
 *     nothing of it
 * @param document which document it is about, where messages are conflated; null if it is about none
 * @param isAboutChange whether it is about a change, not about the feed
 * @param changedAt when the change happened, of a message whose latency counts; null for others
 */
record Message(
        String text,
        int bytes,
        @Nullable ResumeToken position,
        @Nullable String document,
        boolean isAboutChange,
        @Nullable Instant changedAt) {

    /** A message about the feed itself. */
    static Message notice(String text, @Nullable ResumeToken position) {
        return new Message(text, Texts.utf8Length(text), position, null, false, null);
    }

    /** The same message, sent late: its latency says nothing. */
    Message replayed() {
        return new Message(text, bytes, position, document, isAboutChange, null);
    }
}
