package io.changewatch.internal.decode;

import io.changewatch.event.ChangeEvent;

/**
 * Decodes events of one watcher.
 *
 * @param <T> the document type
 */
public interface EventDecoder<T> {

    /**
     * Decodes the event that begins at {@code offset}. The event keeps a tie to {@code bytes}.
     *
     * @throws io.changewatch.DecodeException if a field is missing or of a wrong type, or the bytes are not BSON
     */
    ChangeEvent<T> decode(byte[] bytes, int offset);
}
