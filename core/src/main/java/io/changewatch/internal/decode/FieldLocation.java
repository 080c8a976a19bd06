package io.changewatch.internal.decode;

import java.util.ArrayList;
import java.util.List;
import org.bson.BsonType;

/**
 * The field of a document where a reader stands.
 *
 * <p>A codec says that it failed, but not in which field. So when one has failed, this walks over the document again and
 * finds the field by the reader's position; as long as nothing fails it costs nothing. A reader that stands on the first
 * byte of a value has not read it; one that stands behind the last byte has, and did not like it. Between two values lie at
 * least the next one's type and name, so the two cannot be confused. Immutable and thread-safe.
 *
 * @param path the names from the document to the field; array elements by their index; empty for the document itself
 * @param type the BSON type of its value
 * @param valueStart where its value begins
 * @param valueEnd where its value ends
 * @param consumed whether the reader had read the value as a whole
 */
record FieldLocation(List<String> path, byte type, int valueStart, int valueEnd, boolean consumed) {

    /** Takes its own copy of the path. */
    FieldLocation {
        path = List.copyOf(path);
    }

    /**
     * The field at {@code position} in the document between {@code start} and {@code end}.
     *
     * @throws MalformedBsonException if the bytes before it are not BSON
     */
    static FieldLocation find(byte[] bytes, int start, int end, int position) {
        FieldLocation document =
                new FieldLocation(List.of(), (byte) BsonType.DOCUMENT.getValue(), start, end, position >= end);
        return document.consumed || position == start ? document : document.descend(bytes, position);
    }

    boolean isDocument() {
        return type == BsonType.DOCUMENT.getValue();
    }

    private FieldLocation descend(byte[] bytes, int position) {
        Elements elements = new Elements(bytes, valueStart, valueEnd, prefix());
        FieldLocation before = this;
        while (elements.next() && elements.elementStart() < position) {
            before = child(elements, position);
            if (position < elements.valueEnd()) {
                boolean inside = position > elements.valueStart() && elements.isContainer();
                return inside ? before.descend(bytes, position) : before;
            }
        }
        return before;
    }

    private FieldLocation child(Elements elements, int position) {
        List<String> names = new ArrayList<>(path);
        names.add(elements.name());
        boolean read = position >= elements.valueEnd() && position > elements.valueStart();
        return new FieldLocation(names, elements.type(), elements.valueStart(), elements.valueEnd(), read);
    }

    private String prefix() {
        return path.isEmpty() ? "" : String.join(".", path) + '.';
    }
}
