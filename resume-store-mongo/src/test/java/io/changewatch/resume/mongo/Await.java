package io.changewatch.resume.mongo;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
import org.reactivestreams.Publisher;

/** Blocks on the driver in tests. */
final class Await {

    private static final Duration LIMIT = Duration.ofSeconds(30);

    private Await() {}

    static <T> T first(Publisher<T> publisher) {
        return done(publisher).orElseThrow();
    }

    static <T> Optional<T> done(Publisher<T> publisher) {
        try {
            return Answer.of(publisher, System.nanoTime() + LIMIT.toNanos());
        } catch (InterruptedException | TimeoutException e) {
            throw new IllegalStateException("No answer within " + LIMIT, e);
        }
    }
}
