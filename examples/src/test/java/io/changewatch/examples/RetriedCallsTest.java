package io.changewatch.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.junit.jupiter.api.Test;

final class RetriedCallsTest {

    @Test
    void asksAgainUntilTheServiceAnswers() throws Exception {
        Deque<String> answers = new ArrayDeque<>(List.of("busy", "ready"));

        String answer = RetriedCalls.ask(() -> {
            String next = answers.remove();
            if (next.equals("busy")) {
                throw new IOException(next);
            }
            return next;
        });

        assertThat(answer).isEqualTo("ready");
    }
}
