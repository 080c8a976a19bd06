package io.changewatch.push;

import io.changewatch.push.FeedOptions.Queues;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What waits to be sent to one client, bounded by count and bytes. Guarded by its connection's lock.
 */
final class OutboundQueue {
    private final Queues bounds;
    private final Map<Object, Message> waiting = new LinkedHashMap<>();
    private long bytes;

    OutboundQueue(Queues bounds) {
        this.bounds = bounds;
    }

    /** Whether the message may wait too. One may always, however large. */
    boolean hasRoomFor(Message message) {
        return waiting.isEmpty()
                || (waiting.size() < bounds.maxMessages() && bytes + message.bytes() <= bounds.maxBytes());
    }

    void add(Message message) {
        waiting.put(new Object(), message);
        bytes += message.bytes();
    }

    /** Takes away what waits of the same document; the newer message goes to the end, so that positions stay in order. */
    boolean forgetOlder(Message newer) {
        Message older = newer.document() == null ? null : waiting.remove(newer.document());
        if (older == null) {
            return false;
        }
        bytes -= older.bytes();
        return true;
    }

    /** {@link #add}, to be found by {@link #forgetOlder}. */
    void addReplaceable(Message message) {
        waiting.put(message.document() == null ? new Object() : message.document(), message);
        bytes += message.bytes();
    }

    @Nullable
    Message poll() {
        Iterator<Message> oldest = waiting.values().iterator();
        if (!oldest.hasNext()) {
            return null;
        }
        Message message = oldest.next();
        oldest.remove();
        bytes -= message.bytes();
        return message;
    }

    /** Drops what is about changes, and keeps what is about the feed; returns how many messages were dropped. */
    int dropEvents() {
        int before = waiting.size();
        waiting.values().removeIf(Message::isAboutChange);
        bytes = waiting.values().stream().mapToLong(Message::bytes).sum();
        return before - waiting.size();
    }

    /** Whether there is room for a good deal more. */
    boolean isHalfEmpty() {
        return waiting.size() <= bounds.maxMessages() / 2 && bytes <= bounds.maxBytes() / 2;
    }

    /** Drops everything; returns how many messages that were. */
    int clear() {
        int dropped = waiting.size();
        waiting.clear();
        bytes = 0;
        return dropped;
    }

    boolean isEmpty() {
        return waiting.isEmpty();
    }

    int size() {
        return waiting.size();
    }

    long bytes() {
        return bytes;
    }
}
