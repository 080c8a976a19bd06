package io.changewatch.internal.decode;

import io.changewatch.StreamFailedException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import org.bson.BsonDocument;
import org.bson.BsonNull;
import org.bson.BsonValue;
import org.bson.RawBsonDocument;
import org.bson.codecs.BsonDocumentCodec;
import org.jspecify.annotations.Nullable;

/**
 * Puts together events that {@code $changeStreamSplitLargeEvent} has split.
 *
 * <p>Each fragment is an event of its own with some of the top-level fields, a resume token and
 * {@code splitEvent: {fragment: 2, of: 3}}. The whole event has the fields of all of them and the token of the last: a
 * stream opened after an earlier one would deliver the rest of the fragments only. Fragments stay where they are, in
 * the bytes of their batches, until the last one has come; then they are copied once. Of an event that exceeds the bound no
 * fragment is kept, but what tells which one it is; the rest of it is read, so that the position behind it is known.
 *
 * <p>Not thread-safe.
 */
public final class FragmentAssembler {
    /** The default bound on an event's size: three documents of 16 MB and what surrounds them. */
    public static final int DEFAULT_MAX_BYTES = 64 * 1024 * 1024;

    private static final List<String> ENVELOPE = List.of("operationType", "clusterTime", "ns", "documentKey");

    private final int maxBytes;
    private final List<RawBsonDocument> fragments = new ArrayList<>();
    private @Nullable BsonDocument dropped;
    private int received;
    private int of;
    private int size;

    /** An assembler for events of {@link #DEFAULT_MAX_BYTES} at most. */
    public FragmentAssembler() {
        this(DEFAULT_MAX_BYTES);
    }

    /**
     * An assembler for events of {@code maxBytes} at most.
     *
     * @throws IllegalArgumentException if {@code maxBytes} is below 1
     */
    public FragmentAssembler(int maxBytes) {
        if (maxBytes < 1) {
            throw new IllegalArgumentException("maxBytes is " + maxBytes + ", but has to be at least 1.");
        }
        this.maxBytes = maxBytes;
    }

    /**
     * Takes the event that begins at {@code offset}. Keeps a tie to {@code bytes} until the event is complete.
     *
     * @return the whole event: a slice of {@code bytes} if it was never split, a new document after the last fragment, empty
     *     before that
     * @throws TooLargeEventException if this is the last fragment of an event that exceeds the bound
     * @throws StreamFailedException if this is not the fragment that has to come next; what was there is dropped
     * @throws io.changewatch.DecodeException if the bytes are not BSON
     */
    public Optional<RawBsonDocument> accept(byte[] bytes, int offset) {
        Envelope event = scan(bytes, offset);
        if (!event.has(EnvelopeField.SPLIT_EVENT)) {
            expectNone();
            return Optional.of(event.raw());
        }
        Split split = splitOf(event);
        expect(split);
        keep(event.raw());
        return split.isLast() ? Optional.of(complete(event.raw())) : Optional.empty();
    }

    /** Whether fragments wait for the rest of their event: then no position may be saved. */
    public boolean isWaiting() {
        return received > 0;
    }

    /** Drops what is there: after a reconnect the fragments come again from the first. */
    public void reset() {
        fragments.clear();
        dropped = null;
        received = 0;
        size = 0;
    }

    private static Envelope scan(byte[] bytes, int offset) {
        try {
            return Envelope.scan(bytes, offset);
        } catch (MalformedBsonException e) {
            throw DecodeFailures.unreadable(bytes, offset, e);
        }
    }

    private static Split splitOf(Envelope event) {
        try {
            return Split.read(event.in(EnvelopeField.SPLIT_EVENT));
        } catch (FieldFailure e) {
            throw DecodeFailures.in(event, e);
        } catch (MalformedBsonException e) {
            throw DecodeFailures.malformed(event, e);
        }
    }

    private void expectNone() {
        if (isWaiting()) {
            throw outOfSequence("an event that is not split");
        }
    }

    private void expect(Split split) {
        boolean next = split.fragment == received + 1 && split.fragment <= split.of;
        if (!next || (isWaiting() && split.of != of)) {
            throw outOfSequence("fragment " + split.fragment + " of " + split.of);
        }
        of = split.of;
    }

    private StreamFailedException outOfSequence(String found) {
        String expected = isWaiting() ? "fragment " + (received + 1) + " of " + of : "the first fragment of an event";
        reset();
        return new StreamFailedException(
                "Cannot put together a split event: expected %s, but received %s. Start the watcher again from its checkpoint; if it happens again, the pipeline changes or removes splitEvent, and must not."
                        .formatted(expected, found),
                null);
    }

    private void keep(RawBsonDocument fragment) {
        received++;
        if (dropped != null || fragment.getByteLength() > maxBytes - size) {
            drop(fragment);
            return;
        }
        fragments.add(fragment);
        size += fragment.getByteLength();
    }

    private void drop(RawBsonDocument fragment) {
        if (dropped == null) {
            dropped = new BsonDocument();
            fragments.forEach(this::remember);
            fragments.clear();
        }
        remember(fragment);
    }

    private void remember(RawBsonDocument fragment) {
        for (String name : ENVELOPE) {
            BsonValue value = fragment.get(name);
            if (dropped != null && value != null) {
                dropped.append(name, copyOf(value));
            }
        }
    }

    /** Without a tie to the bytes of the batch. */
    private static BsonValue copyOf(BsonValue value) {
        return value instanceof RawBsonDocument raw ? raw.decode(new BsonDocumentCodec()) : value;
    }

    private RawBsonDocument complete(RawBsonDocument last) {
        if (dropped == null) {
            return whole();
        }
        BsonDocument envelope = new BsonDocument("_id", copyOf(last.get("_id", BsonNull.VALUE)));
        envelope.putAll(dropped);
        reset();
        throw new TooLargeEventException(envelope, maxBytes);
    }

    private RawBsonDocument whole() {
        ByteBuffer target =
                ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN).position(4);
        copy(fragments.get(fragments.size() - 1), target, field -> field == EnvelopeField.ID);
        for (RawBsonDocument fragment : fragments) {
            copy(fragment, target, field -> field != EnvelopeField.ID && field != EnvelopeField.SPLIT_EVENT);
        }
        target.put((byte) 0).putInt(0, target.position());
        reset();
        return new RawBsonDocument(target.array(), 0, target.position());
    }

    private static void copy(RawBsonDocument fragment, ByteBuffer target, Predicate<@Nullable EnvelopeField> isWanted) {
        byte[] bytes = fragment.getBackingArray();
        Elements elements = new Elements(bytes, fragment.getByteOffset(), bytes.length, "");
        while (elements.next()) {
            if (isWanted.test(EnvelopeField.of(bytes, elements.nameStart(), elements.valueStart() - 1))) {
                target.put(bytes, elements.elementStart(), elements.valueEnd() - elements.elementStart());
            }
        }
    }

    private record Split(int fragment, int of) {
        private static final FieldName FRAGMENT = FieldName.of("fragment");
        private static final FieldName OF = FieldName.of("of");

        static Split read(Elements parts) {
            int fragment = 0;
            int of = 0;
            while (parts.next()) {
                if (parts.isNamed(FRAGMENT)) {
                    fragment = parts.int32();
                } else if (parts.isNamed(OF)) {
                    of = parts.int32();
                }
            }
            return new Split(fragment, of);
        }

        boolean isLast() {
            return fragment == of;
        }
    }
}
