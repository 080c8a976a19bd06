package io.changewatch.push;

import io.changewatch.push.FeedOptions.Queues;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/**
 * What waits to be sent to one client, bounded by count and bytes. Guarded by its connection's lock.
 */
final class OutboundQueue {
    private static final Object GAP = new Object();

    private final Queues bounds;
    private final Map<Object, Message> waiting = new LinkedHashMap<>();
    private long bytes;
    private long dropped; // of which no gap was sent yet

    OutboundQueue(Queues bounds) {
        this.bounds = bounds;
    }

    /** Whether the message may wait too. One may always, however large. */
    boolean hasRoomFor(Message message) {
        return waiting.isEmpty()
                || (waiting.size() < bounds.maxMessages() && bytes + message.bytes() <= bounds.maxBytes());
    }

    void add(Message message) {
        put(new Object(), message);
    }

    private void put(Object key, Message message) {
        waiting.put(key, message);
        bytes += message.bytes();
    }

    private @Nullable Message take(Object key) {
        Message taken = waiting.remove(key);
        bytes -= taken == null ? 0 : taken.bytes();
        return taken;
    }

    /** Takes away what waits of the same document; the newer message goes to the end, so that positions stay in order. */
    boolean forgetOlder(Message newer) {
        return newer.document() != null && take(newer.document()) != null;
    }

    /** {@link #add}, to be found by {@link #forgetOlder}. */
    void addReplaceable(Message message) {
        put(message.document() == null ? new Object() : message.document(), message);
    }

    @Nullable
    Message poll() {
        Iterator<Map.Entry<Object, Message>> all = waiting.entrySet().iterator();
        if (!all.hasNext()) {
            return null;
        }
        Map.Entry<Object, Message> oldest = all.next();
        all.remove();
        dropped = oldest.getKey() == GAP ? 0 : dropped;
        bytes -= oldest.getValue().bytes();
        return oldest.getValue();
    }

    /** Drops what is about changes, and keeps what is about the feed; returns how many messages were dropped. */
    int dropEvents() {
        int before = waiting.size();
        waiting.values().removeIf(Message::isAboutChange);
        bytes = waiting.values().stream().mapToLong(Message::bytes).sum();
        int now = before - waiting.size();
        dropped += now;
        return now;
    }

    /** Adds the one message that tells of all that was dropped; returns false if it took the place of one that waited. */
    boolean addGap(LongFunction<Message> gap) {
        Message told = take(GAP);
        put(GAP, gap.apply(dropped));
        return told == null;
    }

    /** Whether there is room for a good deal more. */
    boolean isHalfEmpty() {
        return waiting.size() <= bounds.maxMessages() / 2 && bytes <= bounds.maxBytes() / 2;
    }

    /** Drops everything; returns how many messages that were. */
    int clear() {
        int cleared = waiting.size();
        waiting.clear();
        dropped = 0;
        bytes = 0;
        return cleared;
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
