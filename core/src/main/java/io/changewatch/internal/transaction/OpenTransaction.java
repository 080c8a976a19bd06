package io.changewatch.internal.transaction;

import com.mongodb.MongoException;
import com.mongodb.MongoTimeoutException;
import com.mongodb.reactivestreams.client.ClientSession;
import io.changewatch.BatchTransaction;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeoutException;
import org.reactivestreams.Publisher;

/**
 * The transaction of one session, as the application sees it.
 *
 * <p>Not thread-safe.
 */
record OpenTransaction(ClientSession session, Duration limit) implements BatchTransaction {

    @Override
    public <R> List<R> await(Publisher<R> operation) throws InterruptedException {
        try {
            return Completion.of(operation, limit);
        } catch (TimeoutException e) {
            MongoException silent = new MongoTimeoutException("An operation was not answered within " + limit + ".");
            silent.addLabel(MongoException.TRANSIENT_TRANSACTION_ERROR_LABEL);
            throw silent;
        }
    }
}
