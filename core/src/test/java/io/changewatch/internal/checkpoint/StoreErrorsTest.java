package io.changewatch.internal.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import io.changewatch.resume.StoreException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.slf4j.Marker;
import org.slf4j.event.Level;
import org.slf4j.helpers.LegacyAbstractLogger;
import org.slf4j.helpers.MessageFormatter;

final class StoreErrorsTest {

    @Test
    void logsTheStackOfAnOutageOnceAndItsCauseAtEachAttempt() {
        StoreException cause = new StoreException("Out of order.", null);
        StoreErrors errors = new StoreErrors("orders", "MyStore");
        Lines lines = new Lines();

        errors.logRetry(lines, "save", 1, Duration.ofMillis(100), cause);
        errors.logRetry(lines, "save", 2, Duration.ofMillis(200), cause);

        assertThat(lines.texts)
                .containsExactly(
                        "[orders] Cannot save the checkpoint (attempt 1), trying again in 100 ms. + stack",
                        "[orders] Cannot save the checkpoint (attempt 2), trying again in 200 ms: "
                                + "io.changewatch.resume.StoreException: Out of order.");
    }

    /** Remembers what is logged. */
    private static final class Lines extends LegacyAbstractLogger {
        private static final long serialVersionUID = 1L;

        private final transient List<String> texts = new ArrayList<>();

        @Override
        protected String getFullyQualifiedCallerName() {
            return Lines.class.getName();
        }

        @Override
        protected void handleNormalizedLoggingCall(
                Level level, Marker marker, String pattern, Object[] arguments, Throwable stack) {
            texts.add(MessageFormatter.basicArrayFormat(pattern, arguments) + (stack == null ? "" : " + stack"));
        }

        @Override
        public boolean isTraceEnabled() {
            return true;
        }

        @Override
        public boolean isDebugEnabled() {
            return true;
        }

        @Override
        public boolean isInfoEnabled() {
            return true;
        }

        @Override
        public boolean isWarnEnabled() {
            return true;
        }

        @Override
        public boolean isErrorEnabled() {
            return true;
        }
    }
}
