package io.changewatch.examples;

import io.changewatch.retry.RetryPolicy;
import java.time.Duration;
import java.util.concurrent.Callable;

/** Uses a retry policy for a call of the application's own. */
public final class RetriedCalls {

    private RetriedCalls() {}

    /** The answer of {@code service}, or its last failure after six attempts. */
    public static String ask(Callable<String> service) throws Exception {
        // @start region="call"
        RetryPolicy policy = RetryPolicy.exponential(Duration.ofMillis(100), Duration.ofSeconds(5))
                .jitter(0.5)
                .maxAttempts(6);
        return policy.call(service);
        // @end
    }
}
