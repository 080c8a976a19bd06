package io.changewatch.push;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.changewatch.ChangeWatcher;
import io.changewatch.pipeline.Condition;
import io.changewatch.push.Admission.Admitted;
import io.changewatch.push.Admission.Reason;
import io.changewatch.push.Admission.Refused;
import java.security.Principal;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.function.UnaryOperator;
import org.bson.BsonDocument;
import org.bson.Document;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class AdmissionsTest {
    private static final Principal ANN = () -> "ann";

    private static Admissions admissions(UnaryOperator<LiveFeedBuilder<Document>> options) {
        LiveFeedBuilder<Document> builder = LiveFeed.over(
                        ChangeWatcher.connect("mongodb://localhost").collection("shop", "orders"))
                .payload(Payload.fields("status"))
                .visibleToAll()
                .positionKey(new byte[16]);
        return new Admissions("orders", options.apply(builder).options());
    }

    private static Handshake from(Map<String, String> headers) {
        return new Handshake(Transport.WEB_SOCKET, headers, Map.of());
    }

    private static Handshake asking(Map<String, List<String>> parameters) {
        return new Handshake(Transport.WEB_SOCKET, Map.of(), parameters);
    }

    private static BsonDocument condition(Admission admission) {
        return ((Admitted) admission).request().condition().orElseThrow().toBson();
    }

    private static Refused badFilter(String message) {
        return new Refused(Reason.FILTER, 400, 1008, message);
    }

    @Nested
    final class ByOrigin {
        private static Refused foreign(String origin) {
            return new Refused(
                    Reason.ORIGIN,
                    403,
                    1008,
                    "Pages of '" + origin
                            + "' may not connect. The server's operator can name it in allowedOrigins(..).");
        }

        private final Admissions closed = admissions(builder -> builder);

        @Test
        void admitsWhoIsNoBrowser() {
            assertThat(closed.admit(from(Map.of("Host", "shop.example")))).isInstanceOf(Admitted.class);
            assertThat(closed.admit(from(Map.of()))).isInstanceOf(Admitted.class);
        }

        @ParameterizedTest
        @CsvSource({
            "https://shop.example, shop.example",
            "http://shop.example, shop.example",
            "https://shop.example:8443, shop.example:8443",
            "https://SHOP.example, shop.EXAMPLE",
            "http://[::1]:8080, [::1]:8080"
        })
        void admitsItsOwnPages(String origin, String host) {
            assertThat(closed.admit(from(Map.of("Origin", origin, "Host", host))))
                    .isInstanceOf(Admitted.class);
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "https://evil.example",
                    "https://shop.example.evil.example",
                    "https://evil.example/shop.example",
                    "https://shop.example@evil.example",
                    "https://evil.example@shop.example",
                    "https://shop.example:8443",
                    "null",
                    "",
                    "https://",
                    "shop.example",
                    "file:///shop.example",
                    "not an address",
                    "\0"
                })
        void refusesThePagesOfOthers(String origin) {
            assertThat(closed.admit(from(Map.of("Origin", origin, "Host", "shop.example"))))
                    .isEqualTo(foreign(origin));
        }

        @ParameterizedTest
        @ValueSource(strings = {"null", "", "https://shop.example", "https://", "file:///"})
        void refusesPagesWhereNoHostIsNamed(String origin) {
            assertThat(closed.admit(from(Map.of("Origin", origin)))).isEqualTo(foreign(origin));
        }

        @Test
        void admitsPagesThatAreAllowed() {
            Admissions open = admissions(builder -> builder.allowedOrigins("https://a.example", "https://b.example"));

            assertThat(open.admit(from(Map.of("Origin", "https://b.example", "Host", "shop.example"))))
                    .isInstanceOf(Admitted.class);
            assertThat(open.admit(from(Map.of("Origin", "https://shop.example", "Host", "shop.example"))))
                    .isInstanceOf(Admitted.class);
            assertThat(open.admit(from(Map.of("Origin", "http://b.example", "Host", "shop.example"))))
                    .isEqualTo(foreign("http://b.example"));
        }

        @ParameterizedTest
        @ValueSource(strings = {"https://evil.example", "null", "not an address", ""})
        void admitsAllPagesIfAnyIsAllowed(String origin) {
            assertThat(admissions(builder -> builder.allowedOrigins("*"))
                            .admit(from(Map.of("Origin", origin, "Host", "shop.example"))))
                    .isInstanceOf(Admitted.class);
        }

        @ParameterizedTest
        @CsvSource({
            "shop.example, https://shop.example",
            "https://shop.example/, https://shop.example",
            "https://Shop.example, https://shop.example",
            "https://shop.example:443, https://shop.example",
            "http://shop.example:8443/x, http://shop.example:8443",
            "not an address, https://shop.example"
        })
        void refusesOriginsThatNoBrowserSends(String origin, String example) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> admissions(builder -> builder.allowedOrigins(origin)))
                    .withMessage("allowedOrigins(\"" + origin
                            + "\") would never match: browsers send scheme, host and a port"
                            + " that is not the scheme's own, in lower case, such as " + example + ".");
        }

        @Test
        void asksNobodyWhoTheyAreBeforeIt() {
            Admissions guarded = admissions(builder -> builder.authenticate(handshake -> {
                throw new AssertionError("asked");
            }));

            assertThat(guarded.admit(from(Map.of("Origin", "https://evil.example", "Host", "shop.example"))))
                    .isEqualTo(foreign("https://evil.example"));
        }
    }

    @Nested
    final class ByAuthentication {

        @Test
        void admitsAnyoneIfNobodyIsAsked() {
            assertThat(admissions(builder -> builder).admit(asking(Map.of())))
                    .isEqualTo(new Admitted(ClientRequest.of(Anyone.INSTANCE, Transport.WEB_SOCKET)));
        }

        @Test
        void refusesWhereTheHookAnswersNull() {
            assertThat(admissions(builder -> builder.authenticate(handshake -> null))
                            .admit(asking(Map.of())))
                    .isEqualTo(new Refused(
                            Reason.AUTHENTICATION, 500, 1011, "The server could not find out who you are."));
        }

        @Test
        void admitsWhoIsKnown() {
            Admissions guarded = admissions(builder ->
                    builder.authenticate(handshake -> handshake.header("Cookie").map(cookie -> ANN)));

            assertThat(guarded.admit(from(Map.of("cookie", "session"))))
                    .isEqualTo(new Admitted(ClientRequest.of(ANN, Transport.WEB_SOCKET)));
        }

        @Test
        void refusesWhoIsNot() {
            assertThat(admissions(builder -> builder.authenticate(handshake -> Optional.empty()))
                            .admit(asking(Map.of())))
                    .isEqualTo(
                            new Refused(Reason.AUTHENTICATION, 401, 1008, "Say who you are: credentials are needed."));
        }

        @Test
        void refusesIfItCannotBeFoundOut() {
            assertThat(admissions(builder -> builder.authenticate(handshake -> {
                                throw new IllegalStateException("no directory");
                            }))
                            .admit(asking(Map.of())))
                    .isEqualTo(new Refused(
                            Reason.AUTHENTICATION, 500, 1011, "The server could not find out who you are."));
        }

        @Test
        void tellsAStrangerNothingOfTheFilters() {
            assertThat(admissions(builder -> builder.authenticate(handshake -> Optional.empty()))
                            .admit(asking(Map.of("unknown", List.of("1")))))
                    .isEqualTo(
                            new Refused(Reason.AUTHENTICATION, 401, 1008, "Say who you are: credentials are needed."));
        }
    }

    @Nested
    final class ByFilter {

        @Test
        void refusesWhatMeansNothingInsteadOfLettingEverythingPass() {
            Admissions guarded = admissions(
                    builder -> builder.filters(FilterField.of("x", values -> null), FilterField.document("a")));
            Refused refused = badFilter("Parameter 'x' has a value that does not fit.");

            assertThat(guarded.admit(asking(Map.of("x", List.of("1"))))).isEqualTo(refused);
            assertThat(guarded.admit(asking(Map.of("a", List.of("1"), "x", List.of("1")))))
                    .isEqualTo(refused);
        }

        private final Admissions filtering = admissions(builder -> builder.filters(
                FilterField.document("userId"),
                FilterField.number("total"),
                FilterField.operation(),
                FilterField.of("broken", values -> {
                    throw new IllegalStateException("secret");
                }),
                FilterField.of("silent", values -> {
                    throw new IllegalArgumentException();
                })));

        @Test
        void wantsEverythingIfNothingIsAsked() {
            assertThat(filtering.admit(asking(Map.of())))
                    .isEqualTo(new Admitted(ClientRequest.of(Anyone.INSTANCE, Transport.WEB_SOCKET)));
        }

        @Test
        void wantsAnyOfTheValuesOfOneParameter() {
            assertThat(condition(filtering.admit(asking(Map.of("userId", List.of("ann", "bob"))))))
                    .isEqualTo(Condition.document("userId").in("ann", "bob").toBson());
        }

        @Test
        void wantsAllParametersFulfilled() {
            Map<String, List<String>> parameters = new LinkedHashMap<>();
            parameters.put("userId", List.of("ann"));
            parameters.put("total", List.of("5"));
            parameters.put("operation", List.of("insert"));

            assertThat(condition(filtering.admit(asking(parameters))))
                    .isEqualTo(FilterField.operation()
                            .condition(List.of("insert"))
                            .and(Condition.document("total").in(5L))
                            .and(Condition.document("userId").in("ann"))
                            .toBson());
        }

        @Test
        void takesThePositionForNoFilter() {
            Map<String, String> headers = Map.of("Last-Event-ID", "newer");
            Map<String, List<String>> parameters = Map.of("after", List.of("older"));

            assertThat(filtering.admit(new Handshake(Transport.SERVER_SENT_EVENTS, headers, parameters)))
                    .isEqualTo(new Admitted(ClientRequest.of(Anyone.INSTANCE, Transport.SERVER_SENT_EVENTS)
                            .after("newer")));
            assertThat(filtering.admit(asking(parameters)))
                    .isEqualTo(new Admitted(ClientRequest.of(Anyone.INSTANCE, Transport.WEB_SOCKET)
                            .after("older")));
        }

        @Test
        void takesAllThatMayBeAsked() {
            assertThat(filtering.admit(asking(Map.of("userId", Collections.nCopies(50, "x".repeat(256))))))
                    .isInstanceOf(Admitted.class);
            assertThat(filtering.admit(asking(Map.of("userId", List.of(""))))).isInstanceOf(Admitted.class);
        }

        @Test
        void refusesAParameterThatIsNoFilter() {
            assertThat(filtering.admit(asking(Map.of("userid", List.of("ann")))))
                    .isEqualTo(badFilter("Unknown parameter 'userid'. Allowed are: after, broken, operation, silent,"
                            + " total, userId."));
            assertThat(admissions(builder -> builder).admit(asking(Map.of("userId", List.of("ann")))))
                    .isEqualTo(badFilter("Unknown parameter 'userId'. Allowed are: after."));
        }

        @Test
        void showsOnlyTheBeginningOfALongName() {
            assertThat(filtering.admit(asking(Map.of("x".repeat(1_000), List.of("1")))))
                    .isEqualTo(badFilter("Unknown parameter '" + "x".repeat(64)
                            + "…'. Allowed are: after, broken, operation, silent, total, userId."));
        }

        @Test
        void refusesTooManyValuesOrNone() {
            assertThat(filtering.admit(asking(Map.of("userId", Collections.nCopies(51, "ann")))))
                    .isEqualTo(badFilter("Parameter 'userId' needs 1 to 50 values; this request has 51."));
            assertThat(filtering.admit(asking(Map.of("userId", List.of()))))
                    .isEqualTo(badFilter("Parameter 'userId' needs 1 to 50 values; this request has 0."));
        }

        @Test
        void refusesAValueThatIsTooLongOrCannotBeStored() {
            Refused refused = badFilter(
                    "A value of parameter 'userId' is longer than 256 characters, or holds the" + " character U+0000.");

            assertThat(filtering.admit(asking(Map.of("userId", List.of("ann", "x".repeat(257))))))
                    .isEqualTo(refused);
            assertThat(filtering.admit(asking(Map.of("userId", List.of("a\0b")))))
                    .isEqualTo(refused);
        }

        @Test
        void refusesAValueThatDoesNotFit() {
            assertThat(filtering.admit(asking(Map.of("total", List.of("five")))))
                    .isEqualTo(badFilter("Parameter 'total' must be a whole number."));
            assertThat(filtering.admit(asking(Map.of("operation", List.of("insert", "drop")))))
                    .isEqualTo(badFilter("Parameter 'operation' must be one of insert, update, replace, delete."));
        }

        @Test
        void saysNothingOfWhyAFilterFailed() {
            assertThat(filtering.admit(asking(Map.of("broken", List.of("1")))))
                    .isEqualTo(badFilter("Parameter 'broken' has a value that does not fit."));
            assertThat(filtering.admit(asking(Map.of("silent", List.of("1")))))
                    .isEqualTo(badFilter("Parameter 'silent' has a value that does not fit."));
        }

        @Test
        void decidesOverAnyQueryWithoutThrowing() {
            Random random = new Random(12);
            for (int i = 0; i < 20_000; i++) {
                assertThat(filtering.admit(anyHandshake(random)))
                        .satisfiesAnyOf(
                                admission -> assertThat(admission).isInstanceOf(Admitted.class),
                                admission -> assertThat(admission)
                                        .isInstanceOfSatisfying(
                                                Refused.class,
                                                refused -> assertThat(refused.message())
                                                        .isNotBlank()));
            }
        }

        private Handshake anyHandshake(Random random) {
            Map<String, List<String>> parameters = new HashMap<>();
            for (int i = random.nextInt(4); i > 0; i--) {
                List<String> values = new ArrayList<>();
                for (int n = random.nextInt(20) == 0 ? 51 : random.nextInt(4); n > 0; n--) {
                    values.add(anyValue(random));
                }
                parameters.put(anyName(random), values);
            }
            Map<String, String> headers =
                    random.nextInt(4) == 0 ? Map.of("Origin", anyText(random, 20), "Host", "shop.example") : Map.of();
            return new Handshake(
                    random.nextBoolean() ? Transport.WEB_SOCKET : Transport.SERVER_SENT_EVENTS, headers, parameters);
        }

        private String anyName(Random random) {
            List<String> known = List.of("userId", "total", "operation", "broken", "silent", "after");
            return random.nextInt(4) == 0 ? anyText(random, 100) : known.get(random.nextInt(known.size()));
        }

        private String anyValue(Random random) {
            return switch (random.nextInt(4)) {
                case 0 -> String.valueOf(random.nextLong());
                case 1 -> random.nextBoolean() ? "insert" : "UPDATE";
                default -> anyText(random, 300);
            };
        }

        /** Of any characters, control characters and half pairs among them. */
        private String anyText(Random random, int mostCharacters) {
            int bound = random.nextBoolean() ? 128 : Character.MAX_VALUE + 1;
            StringBuilder text = new StringBuilder();
            random.ints(random.nextInt(mostCharacters), 0, bound).forEach(character -> text.append((char) character));
            return text.toString();
        }
    }

    @Test
    void upgradesNobodyWhoseOriginOrNameIsRefused() {
        assertThat(Reason.values())
                .filteredOn(reason -> new Refused(reason, 403, 1008, "no").isBeforeUpgrade())
                .containsExactly(Reason.ORIGIN, Reason.AUTHENTICATION);
    }
}
