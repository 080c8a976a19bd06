package io.changewatch.comparison;

import org.bson.RawBsonDocument;

/**
 * Takes the events that a consumer reads, in whichever form it has them.
 *
 * <p>One thread begins; one thread receives, which may be another.
 */
interface Receiver {

    /** Called when the consumer is about to ask for its stream. */
    void begin();

    /** Whether all events have come. Asked by the thread that receives. */
    boolean isDone();

    /** An insert whose document was decoded. */
    void received(Order order);

    /** An event that was not decoded at all. */
    void received(RawBsonDocument event);

    /** An event of which only the {@code _id} of its document was looked at. */
    void received(long key);

    /** No more events will come, as the consumer has failed. */
    void fail(Throwable cause);

    /** Waits until all events have come, and throws what went wrong. */
    void await() throws InterruptedException;
}
