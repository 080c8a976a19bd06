package io.changewatch.push;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

final class HandshakeTest {

    private static Handshake handshake(Map<String, String> headers, Map<String, List<String>> parameters) {
        return new Handshake(Transport.SERVER_SENT_EVENTS, headers, parameters);
    }

    @Test
    void keepsWhatNobodyElseChanges() {
        List<String> values = new ArrayList<>(List.of("ann"));
        Handshake handshake = handshake(Map.of(), Map.of("userId", values));
        values.set(0, "bob");

        assertThat(handshake.parameter("userId")).contains("ann");
    }

    @Test
    void takesAnEmptyPositionForNone() {
        assertThat(handshake(Map.of(), Map.of("after", List.of(""))).after()).isEmpty();
        assertThat(handshake(Map.of("Last-Event-ID", ""), Map.of()).after()).isEmpty();
    }

    @Test
    void findsAHeaderInAnyLetterCase() {
        Handshake handshake = handshake(Map.of("X-Request-ID", "17"), Map.of());

        assertThat(handshake.headers()).containsExactly(Map.entry("x-request-id", "17"));
        assertThat(handshake.header("x-request-id")).contains("17");
        assertThat(handshake.header("X-REQUEST-ID")).contains("17");
        assertThat(handshake.header("origin")).isEmpty();
    }

    @Test
    void givesTheFirstValueOfAParameter() {
        Handshake handshake = handshake(Map.of(), Map.of("userId", List.of("ann", "bob"), "empty", List.of()));

        assertThat(handshake.parameter("userId")).contains("ann");
        assertThat(handshake.parameter("empty")).isEmpty();
        assertThat(handshake.parameter("missing")).isEmpty();
        assertThat(handshake.parameter("USERID")).isEmpty();
    }

    @Test
    void keepsMapsThatNobodyElseChanges() {
        Map<String, String> headers = new HashMap<>(Map.of("Host", "shop.example"));
        Map<String, List<String>> parameters = new HashMap<>(Map.of("userId", List.of("ann")));
        Handshake handshake = handshake(headers, parameters);
        headers.clear();
        parameters.clear();

        assertThat(handshake.header("Host")).contains("shop.example");
        assertThat(handshake.parameter("userId")).contains("ann");
        assertThat(handshake.headers()).isUnmodifiable();
        assertThat(handshake.parameters()).isUnmodifiable();
    }

    @Test
    void leavesOutAParameterThatIsNotForTheFeed() {
        Handshake handshake =
                handshake(Map.of("Host", "shop.example"), Map.of("token", List.of("secret"), "userId", List.of("ann")));

        assertThat(handshake.without("token"))
                .isEqualTo(handshake(Map.of("Host", "shop.example"), Map.of("userId", List.of("ann"))));
        assertThat(handshake.without("other")).isEqualTo(handshake);
        assertThat(handshake.parameters()).containsKey("token");
    }

    @Test
    void showsNeitherHeadersNorParameters() {
        assertThat(handshake(Map.of("Authorization", "Bearer secret"), Map.of("token", List.of("secret"))))
                .hasToString("Handshake[SERVER_SENT_EVENTS]");
    }

    @Test
    void needsATransport() {
        assertThatNullPointerException()
                .isThrownBy(() -> new Handshake(null, Map.of(), Map.of()))
                .withMessage("transport");
    }

    @Nested
    final class ThePosition {

        @Test
        void isTheBrowsersBeforeThePages() {
            assertThat(handshake(Map.of("Last-Event-ID", "newer"), Map.of("after", List.of("older")))
                            .after())
                    .contains("newer");
        }

        @Test
        void isThePagesIfTheBrowserHasNone() {
            assertThat(handshake(Map.of(), Map.of("after", List.of("older"))).after())
                    .contains("older");
            assertThat(handshake(Map.of("Last-Event-ID", ""), Map.of("after", List.of("older")))
                            .after())
                    .contains("older");
        }

        @Test
        void isEmptyIfNeitherNamesOne() {
            assertThat(handshake(Map.of(), Map.of()).after()).isEmpty();
            assertThat(handshake(Map.of("Last-Event-ID", ""), Map.of("after", List.of()))
                            .after())
                    .isEmpty();
        }
    }
}
