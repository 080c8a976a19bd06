package io.changewatch.internal.decode;

import java.util.List;

/**
 * Reads a document to an object of the application, by the names of its fields.
 *
 * <p>Immutable and thread-safe, but for guesses.
 */
abstract class DocumentReader implements ValueReader {
    private final FieldName[] names;
    /** A guess for each field which one comes after it, the last for the first one: whichever thread found it out last. */
    private final int[] following;

    /** @param names of the fields that count; others are passed over */
    DocumentReader(List<FieldName> names) {
        this.names = names.toArray(FieldName[]::new);
        this.following = new int[this.names.length + 1];
        for (int i = 0; i < this.names.length; i++) {
            following[i] = i + 1;
        }
    }

    @Override
    public final Object read(Walk at) {
        long outer = at.enter(BsonBytes.DOCUMENT);
        Object value = readFields(at);
        at.leave(outer);
        return value;
    }

    /** Reads to the end of the document whose first field comes next. */
    abstract Object readFields(Walk fields);

    /** How many fields count. */
    final int count() {
        return names.length;
    }

    /**
     * Goes on to the next field that counts.
     *
     * @param last which one it was before; {@link #count()} at the beginning
     * @return which one it is now; -1 at the end
     */
    final int next(Elements fields, int last) {
        int guess = following[last];
        while (fields.next(guess < names.length ? names[guess] : null)) {
            int found = fields.isExpected() ? guess : find(fields, guess);
            if (found >= 0) {
                if (found != guess) {
                    following[last] = found;
                }
                return found;
            }
        }
        return -1;
    }

    private int find(Elements field, int from) {
        for (int i = 0; i < names.length; i++) {
            int index = from + i < names.length ? from + i : from + i - names.length;
            if (field.isNamed(names[index])) {
                return index;
            }
        }
        return -1;
    }
}
