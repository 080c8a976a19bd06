package io.changewatch.comparison;

/**
 * One way to read a change stream. What does not belong to a stream, such as a client, is made once, when it is opened.
 *
 * <p>Used by one thread.
 */
interface Consumer extends AutoCloseable {

    /** Reads the task's history from its start, hands each event to the receiver until that has all, and stops. */
    void read(Receiver receiver) throws Exception;

    @Override
    void close();
}
