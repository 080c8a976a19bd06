package io.changewatch.push;

import static io.changewatch.push.Events.insert;
import static io.changewatch.push.Transport.SERVER_SENT_EVENTS;
import static io.changewatch.push.Transport.WEB_SOCKET;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.changewatch.event.ChangeEvent;
import io.changewatch.event.DocumentEvent;
import io.changewatch.event.DropDatabase;
import io.changewatch.event.Invalidate;
import io.changewatch.event.Namespace;
import io.changewatch.event.Other;
import io.changewatch.event.ResumeToken;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.bson.BsonDocument;
import org.bson.BsonObjectId;
import org.bson.BsonString;
import org.bson.Document;
import org.bson.types.ObjectId;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

final class EncoderTest {
    private static final PositionSigner SIGNER =
            new PositionSigner("orders", List.of("a key of at least 16 bytes".getBytes(UTF_8)));
    private static final Payload<Document> NOTE = Payload.fields("note");
    private static final ResumeToken AT = Events.highWater(9);
    private static final String POSITION = SIGNER.sign(AT);

    private final Figures figures = new Figures(Clock.systemUTC());

    private Encoder<Document> encoder(int maxBytes) {
        return encoder(maxBytes, event -> "/orders/" + id(event));
    }

    private Encoder<Document> encoder(int maxBytes, Function<DocumentEvent<Document>, String> fetchAt) {
        return new Encoder<>("orders", SIGNER, maxBytes, fetchAt, true, figures);
    }

    private static int id(DocumentEvent<?> event) {
        return event.documentKey().getInt32("_id").getValue();
    }

    private final Encoder<Document> encoder = encoder(1 << 20);

    private static ChangeEvent<Document> noted(int second, String note) {
        return insert(second, new BsonDocument("note", new BsonString(note)));
    }

    private static String position(int second) {
        return SIGNER.sign(Events.token(second));
    }

    /** The message over a WebSocket is this object; as a server-sent event it is this block. */
    private static void assertTexts(Function<Transport, Message> made, String json, String block) {
        assertText(made.apply(WEB_SOCKET), json);
        assertText(made.apply(SERVER_SENT_EVENTS), block);
    }

    private static void assertText(Message message, String text) {
        assertThat(message.text()).isEqualTo(text);
        assertThat(message.bytes()).isEqualTo(text.getBytes(UTF_8).length);
    }

    @Nested
    final class AnEvent {

        private void assertEvent(ChangeEvent<Document> event, Payload<Document> payload, String json) {
            assertTexts(
                    transport -> encoder.event(event, payload, transport),
                    json,
                    "id: " + SIGNER.sign(event.resumeToken()) + "\nevent: event\ndata: " + json + "\n\n");
        }

        @Test
        void ofAnInsertCarriesWhatIsSent() {
            assertEvent(
                    noted(1, "hello"),
                    NOTE,
                    "{\"type\": \"event\", \"position\": \"" + position(1)
                            + "\", \"operation\": \"insert\", \"namespace\": \"shop.orders\", \"id\": 1,"
                            + " \"wallTime\": \"1970-01-01T00:00:01Z\", \"data\": {\"note\": \"hello\"}}");
        }

        @Test
        void ofAnUpdateCarriesWhatIsSent() {
            assertEvent(
                    Events.update(2, BsonDocument.parse("{note: 'new', secret: 1}")),
                    NOTE,
                    "{\"type\": \"event\", \"position\": \"" + position(2)
                            + "\", \"operation\": \"update\", \"namespace\": \"shop.orders\", \"id\": 2,"
                            + " \"wallTime\": \"1970-01-01T00:00:02Z\", \"data\": {\"note\": \"new\"}}");
        }

        @Test
        void ofADeleteCarriesNoData() {
            assertEvent(
                    Events.delete(3),
                    NOTE,
                    "{\"type\": \"event\", \"position\": \"" + position(3)
                            + "\", \"operation\": \"delete\", \"namespace\": \"shop.orders\", \"id\": 3,"
                            + " \"wallTime\": \"1970-01-01T00:00:03Z\"}");
        }

        @Test
        void withoutPayloadCarriesNoData() {
            assertEvent(
                    noted(1, "hello"),
                    event -> null,
                    "{\"type\": \"event\", \"position\": \"" + position(1)
                            + "\", \"operation\": \"insert\", \"namespace\": \"shop.orders\", \"id\": 1,"
                            + " \"wallTime\": \"1970-01-01T00:00:01Z\"}");
        }

        @Test
        void namesAnyKindOfKey() {
            assertEvent(
                    Events.insertOf(new BsonObjectId(new ObjectId("65a1b2c3f00dfacebeef1234")), 1),
                    NOTE,
                    "{\"type\": \"event\", \"position\": \"" + position(1)
                            + "\", \"operation\": \"insert\", \"namespace\": \"shop.orders\","
                            + " \"id\": {\"$oid\": \"65a1b2c3f00dfacebeef1234\"},"
                            + " \"wallTime\": \"1970-01-01T00:00:01Z\"}");
            assertEvent(
                    Events.insertOf(BsonDocument.parse("{region: 'ü\"', n: {$numberLong: '7'}}"), 1),
                    NOTE,
                    "{\"type\": \"event\", \"position\": \"" + position(1)
                            + "\", \"operation\": \"insert\", \"namespace\": \"shop.orders\","
                            + " \"id\": {\"region\": \"ü\\\"\", \"n\": 7},"
                            + " \"wallTime\": \"1970-01-01T00:00:01Z\"}");
        }

        @Test
        void withoutDocumentNamesNone() {
            assertEvent(
                    new Invalidate<>(Events.context(4, Events.event(4, "invalidate"))),
                    NOTE,
                    "{\"type\": \"event\", \"position\": \"" + position(4)
                            + "\", \"operation\": \"invalidate\", \"wallTime\": \"1970-01-01T00:00:04Z\"}");
            assertEvent(
                    new DropDatabase<>(Events.context(4, Events.event(4, "dropDatabase")), Namespace.of("shop")),
                    NOTE,
                    "{\"type\": \"event\", \"position\": \"" + position(4)
                            + "\", \"operation\": \"dropDatabase\", \"namespace\": \"shop\","
                            + " \"wallTime\": \"1970-01-01T00:00:04Z\"}");
        }

        @Test
        void ofAKindThatIsNotKnownHasTheServersName() {
            assertEvent(
                    new Other<>(
                            Events.context(4, Events.event(4, "endOfTransaction")),
                            "endOfTransaction",
                            Optional.empty()),
                    NOTE,
                    "{\"type\": \"event\", \"position\": \"" + position(4)
                            + "\", \"operation\": \"endOfTransaction\", \"wallTime\": \"1970-01-01T00:00:04Z\"}");
        }

        @ParameterizedTest
        @EnumSource
        void saysWhereItsClientIsAndWhatItIsAbout(Transport transport) {
            Message message = encoder.event(noted(1, "hello"), NOTE, transport);

            assertThat(message.position()).isEqualTo(Events.token(1));
            assertThat(message.document()).isEqualTo("shop.orders {\"_id\": 1}");
            assertThat(message.changedAt()).isEqualTo(Instant.ofEpochSecond(1));
            assertThat(message.replayed().changedAt()).isNull();
        }

        @Test
        void withoutDocumentIsAboutNone() {
            ChangeEvent<Document> event = new Invalidate<>(Events.context(4, Events.event(4, "invalidate")));

            assertThat(encoder.event(event, NOTE, WEB_SOCKET).document()).isNull();
        }

        @Test
        void isMadeOnceForEachPayloadAndTransport() {
            Encoded<Document> encoded = new Encoded<>(encoder, noted(1, "hello"));
            Payload<Document> other = event -> "1";
            Message first = encoded.message(NOTE, WEB_SOCKET);

            assertThat(encoded.message(NOTE, WEB_SOCKET)).isSameAs(first);
            assertThat(encoded.message(NOTE, SERVER_SENT_EVENTS).text()).startsWith("id: ");
            assertThat(encoded.message(other, WEB_SOCKET).text()).endsWith("\"data\": 1}");
            assertThat(encoded.message(NOTE, WEB_SOCKET)).isSameAs(first);
        }
    }

    @Nested
    final class APayloadOfSeveralLines {

        @Test
        void isSentAsItIsOverAWebSocket() {
            assertThat(encoder.event(insert(1), event -> "{\n  \"n\": 1\r\n}", WEB_SOCKET)
                            .text())
                    .isEqualTo("{\"type\": \"event\", \"position\": \"" + position(1)
                            + "\", \"operation\": \"insert\", \"namespace\": \"shop.orders\", \"id\": 1,"
                            + " \"wallTime\": \"1970-01-01T00:00:01Z\", \"data\": {\n  \"n\": 1\r\n}}");
        }

        @ParameterizedTest
        @CsvSource(
                delimiter = '|',
                value = {"'\n'", "'\r\n'", "'\r'"})
        void isOneEventOfSeveralDataLines(String end) {
            assertThat(encoder.event(insert(1), event -> "{" + end + "  \"n\": 1" + end + "}", SERVER_SENT_EVENTS)
                            .text())
                    .isEqualTo("id: " + position(1) + "\nevent: event\n"
                            + "data: {\"type\": \"event\", \"position\": \"" + position(1)
                            + "\", \"operation\": \"insert\", \"namespace\": \"shop.orders\", \"id\": 1,"
                            + " \"wallTime\": \"1970-01-01T00:00:01Z\", \"data\": {\n"
                            + "data:   \"n\": 1\n"
                            + "data: }}\n\n");
        }

        @Test
        void endsNoEventByAnEmptyLine() {
            String text = encoder.event(insert(1), event -> "[\n\n\r\r\n1\n\n]", SERVER_SENT_EVENTS)
                    .text();
            String body = text.substring(0, text.length() - 2);

            assertThat(text).endsWith("]}\n\n");
            assertThat(body.lines().skip(2)).allMatch(line -> line.startsWith("data: "));
            assertThat(BsonDocument.parse(body.lines()
                                    .skip(2)
                                    .map(line -> line.substring("data: ".length()))
                                    .collect(Collectors.joining("\n")))
                            .getArray("data"))
                    .hasSize(1);
        }

        @Test
        void cannotForgeAnEvent() {
            String text = encoder.event(noted(1, "\n\nevent: closing\ndata: {}\n\n"), NOTE, SERVER_SENT_EVENTS)
                    .text();

            assertThat(text.lines()).hasSize(4).filteredOn(String::isEmpty).hasSize(1);
            assertThat(text).contains("{\"note\": \"\\n\\nevent: closing\\ndata: {}\\n\\n\"}");
        }
    }

    @Nested
    final class AMessageThatIsTooLarge {

        @Test
        void isReplacedByOneThatNamesTheDocument() {
            Message whole = encoder.event(noted(1, "x".repeat(1_000)), NOTE, WEB_SOCKET);
            String json = "{\"type\": \"oversize\", \"position\": \"" + position(1)
                    + "\", \"operation\": \"insert\", \"namespace\": \"shop.orders\", \"id\": 1,"
                    + " \"wallTime\": \"1970-01-01T00:00:01Z\", \"bytes\": " + whole.bytes()
                    + ", \"limit\": 600, \"fetch\": \"/orders/1\"}";

            assertText(encoder(600).event(noted(1, "x".repeat(1_000)), NOTE, WEB_SOCKET), json);
            assertThat(figures.oversize.sum()).isEqualTo(1);
        }

        @Test
        void isReplacedByABlockThatNamesTheDocument() {
            Message whole = encoder.event(noted(1, "x".repeat(1_000)), NOTE, SERVER_SENT_EVENTS);
            String block = "id: " + position(1) + "\nevent: oversize\ndata: {\"type\": \"oversize\", \"position\": \""
                    + position(1) + "\", \"operation\": \"insert\", \"namespace\": \"shop.orders\", \"id\": 1,"
                    + " \"wallTime\": \"1970-01-01T00:00:01Z\", \"bytes\": " + whole.bytes()
                    + ", \"limit\": 600, \"fetch\": \"/orders/1\"}\n\n";

            assertText(encoder(600).event(noted(1, "x".repeat(1_000)), NOTE, SERVER_SENT_EVENTS), block);
        }

        @Test
        void saysOnlyThatSomethingHappenedIfTheKeyIsTooLargeToo() {
            ChangeEvent<Document> event = Events.insertOf(new BsonString("k".repeat(1_000)), 1);
            Message whole = encoder(1 << 20, place -> "/").event(event, NOTE, WEB_SOCKET);

            assertText(
                    encoder(600, place -> "/").event(event, NOTE, WEB_SOCKET),
                    "{\"type\": \"oversize\", \"position\": \"" + position(1)
                            + "\", \"operation\": \"insert\", \"namespace\": \"shop.orders\","
                            + " \"wallTime\": \"1970-01-01T00:00:01Z\", \"bytes\": " + whole.bytes()
                            + ", \"limit\": 600}");
            assertThat(figures.oversize.sum()).isEqualTo(1);
        }

        @Test
        void saysOnlyThatSomethingHappenedIfThePlaceIsTooLargeToo() {
            Message small =
                    encoder(600, place -> "/" + "p".repeat(600)).event(noted(1, "x".repeat(1_000)), NOTE, WEB_SOCKET);

            assertThat(BsonDocument.parse(small.text()).keySet())
                    .containsExactly("type", "position", "operation", "namespace", "wallTime", "bytes", "limit");
        }

        @Test
        void namesNoPlaceIfTheApplicationFailsToSayOne() {
            Encoder<Document> failing = encoder(600, place -> {
                throw new IllegalStateException("no place");
            });
            Encoder<Document> silent = encoder(600, place -> null);

            for (Encoder<Document> one : List.of(failing, silent)) {
                assertThat(BsonDocument.parse(one.event(noted(1, "x".repeat(1_000)), NOTE, WEB_SOCKET)
                                        .text())
                                .keySet())
                        .containsExactly(
                                "type", "position", "operation", "namespace", "id", "wallTime", "bytes", "limit");
            }
        }

        @Test
        void movesItsClientOnAllTheSame() {
            Message small = encoder(600).event(noted(1, "x".repeat(1_000)), NOTE, WEB_SOCKET);

            assertThat(small.position()).isEqualTo(Events.token(1));
            assertThat(small.document()).isEqualTo("shop.orders {\"_id\": 1}");
            assertThat(small.changedAt()).isEqualTo(Instant.ofEpochSecond(1));
        }

        @ParameterizedTest
        @EnumSource
        void isOneWithAByteOfUtf8TooMany(Transport transport) {
            Payload<Document> foreign = event -> '"' + "ä€🦊".repeat(100) + '"';
            Message whole = encoder.event(insert(1), foreign, transport);

            assertThat(whole.bytes()).isEqualTo(whole.text().getBytes(UTF_8).length);
            assertThat(whole.bytes()).isEqualTo(whole.text().length() + 100 * (1 + 2 + 2));
            assertThat(encoder(whole.bytes()).event(insert(1), foreign, transport))
                    .isEqualTo(whole);
            assertThat(encoder(whole.bytes() - 1)
                            .event(insert(1), foreign, transport)
                            .text())
                    .contains("\"type\": \"oversize\"")
                    .contains("\"bytes\": " + whole.bytes());
        }

        @Test
        void isNotCountedIfItFits() {
            encoder.event(noted(1, "x"), NOTE, WEB_SOCKET);

            assertThat(figures.oversize.sum()).isZero();
        }
    }

    @Nested
    final class APayloadThatFails {
        private final String json = "{\"type\": \"unavailable\", \"position\": \"" + position(1)
                + "\", \"operation\": \"insert\", \"namespace\": \"shop.orders\", \"id\": 1,"
                + " \"wallTime\": \"1970-01-01T00:00:01Z\", \"fetch\": \"/orders/1\"}";

        @Test
        void isReplacedByAMessageThatNamesTheDocument() {
            Payload<Document> failing = event -> {
                throw new IllegalStateException("not today");
            };

            assertTexts(
                    transport -> encoder.event(insert(1), failing, transport),
                    json,
                    "id: " + position(1) + "\nevent: unavailable\ndata: " + json + "\n\n");
        }

        @Test
        void mayFailWithAnError() {
            Payload<Document> failing = event -> {
                throw new StackOverflowError();
            };

            assertText(encoder.event(insert(1), failing, WEB_SOCKET), json);
        }

        @Test
        void keepsToTheLimitEvenThen() {
            Payload<Document> failing = event -> {
                throw new IllegalStateException("not today");
            };
            Message message = encoder(1_024)
                    .event(Events.insertOf(new BsonString("k".repeat(5_000)), 1), failing, SERVER_SENT_EVENTS);

            assertThat(message.bytes()).isLessThan(1_024);
            assertThat(message.text()).contains("\"unavailable\"").doesNotContain("kkk");
        }

        @Test
        void isNotMadeWorseByAPlaceThatFailsToo() {
            Encoder<Document> encoder = encoder(1 << 20, event -> {
                throw new StackOverflowError();
            });
            Payload<Document> failing = event -> {
                throw new IllegalStateException("not today");
            };

            assertThat(encoder.event(insert(1), failing, WEB_SOCKET).text())
                    .contains("\"id\": 1")
                    .doesNotContain("fetch");
        }

        @Test
        void namesNoPlaceOfAnEventWithoutADocument() {
            Payload<Document> failing = event -> {
                throw new IllegalStateException("not today");
            };

            assertText(
                    encoder.event(
                            new Invalidate<>(Events.context(4, Events.event(4, "invalidate"))), failing, WEB_SOCKET),
                    "{\"type\": \"unavailable\", \"position\": \"" + position(4)
                            + "\", \"operation\": \"invalidate\", \"wallTime\": \"1970-01-01T00:00:04Z\"}");
        }
    }

    @Nested
    final class AMessageOfTheFeed {

        @ParameterizedTest
        @CsvSource({"true", "false"})
        void greets(boolean resumed) {
            assertTexts(
                    transport -> encoder.ready(AT, resumed, transport),
                    "{\"type\": \"ready\", \"position\": \"" + POSITION + "\", \"resumed\": " + resumed + "}",
                    "id: " + POSITION + "\nevent: ready\ndata: {\"type\": \"ready\", \"position\": \"" + POSITION
                            + "\", \"resumed\": " + resumed + "}\n\n");
        }

        @Test
        void saysThatEverythingMissedWasSent() {
            assertTexts(
                    transport -> encoder.live(AT, transport),
                    "{\"type\": \"live\", \"position\": \"" + POSITION + "\"}",
                    "id: " + POSITION + "\nevent: live\ndata: {\"type\": \"live\", \"position\": \"" + POSITION
                            + "\"}\n\n");
        }

        @Test
        void beats() {
            Instant now = Instant.parse("2026-05-01T10:00:00Z");

            assertTexts(
                    transport -> encoder.heartbeat(AT, now, "RUNNING", transport),
                    "{\"type\": \"heartbeat\", \"position\": \"" + POSITION
                            + "\", \"time\": \"2026-05-01T10:00:00Z\", \"state\": \"RUNNING\"}",
                    ": heartbeat\nid: " + POSITION
                            + "\nevent: heartbeat\ndata: {\"type\": \"heartbeat\", \"position\": \"" + POSITION
                            + "\", \"time\": \"2026-05-01T10:00:00Z\", \"state\": \"RUNNING\"}\n\n");
        }

        @ParameterizedTest
        @CsvSource(
                delimiter = '|',
                value = {
                    "HISTORY_LOST | history-lost | The server no longer holds the events since your position."
                            + " Load the current state; events go on from here.",
                    "POSITION_INVALID | position-invalid | Your position was not made by this feed, or it was changed."
                            + " Load the current state; events go on from here.",
                    "POSITION_FOREIGN | position-foreign | Your position belongs to another feed."
                            + " Load the current state; events go on from here.",
                    "SLOW | slow | You were too slow, and messages were dropped."
                            + " Load the current state; events go on from here.",
                    "STREAM | stream-gap | Events were lost before they reached the feed."
                            + " Load the current state; events go on from here."
                })
        void tellsOfAGap(GapReason reason, String text, String message) {
            String json = "{\"type\": \"gap\", \"position\": \"" + POSITION + "\", \"reason\": \"" + text
                    + "\", \"message\": \"" + message + "\"}";

            assertTexts(
                    transport -> encoder.gap(AT, reason, 0, transport),
                    json,
                    "id: " + POSITION + "\nevent: gap\ndata: " + json + "\n\n");
        }

        @Test
        void tellsHowManyMessagesWereDropped() {
            assertText(
                    encoder.gap(AT, GapReason.SLOW, 17, WEB_SOCKET),
                    "{\"type\": \"gap\", \"position\": \"" + POSITION + "\", \"reason\": \"slow\", \"message\":"
                            + " \"You were too slow, and messages were dropped. Load the current state; events go on from"
                            + " here.\", \"dropped\": 17}");
        }

        @Test
        void saysGoodbye() {
            String json = "{\"type\": \"closing\", \"position\": \"" + POSITION
                    + "\", \"code\": 1012, \"message\": \"The service restarts.\"}";

            assertTexts(
                    transport -> encoder.closing(AT, CloseCodes.SERVICE_RESTART, "The service restarts.", transport),
                    json,
                    "id: " + POSITION + "\nevent: closing\ndata: " + json + "\n\n");
        }

        @Test
        void turnsAwayWithoutAPosition() {
            String json = "{\"type\": \"closing\", \"code\": 1008, \"message\": \"Unknown parameter \\\"ä\\n\\\".\"}";

            assertTexts(
                    transport ->
                            encoder.closing(null, CloseCodes.POLICY_VIOLATION, "Unknown parameter \"ä\n\".", transport),
                    json,
                    "event: closing\ndata: " + json + "\n\n");
        }

        @Test
        void answers() {
            assertTexts(encoder::pong, "{\"type\": \"pong\"}", "event: pong\ndata: {\"type\": \"pong\"}\n\n");
        }

        @Test
        void tellsOfAnError() {
            assertTexts(
                    transport -> encoder.error("Say ping.", transport),
                    "{\"type\": \"error\", \"message\": \"Say ping.\"}",
                    "event: error\ndata: {\"type\": \"error\", \"message\": \"Say ping.\"}\n\n");
        }

        @ParameterizedTest
        @EnumSource
        void saysWhereItsClientIsAndIsAboutNoDocument(Transport transport) {
            List<Message> moving = List.of(
                    encoder.ready(AT, true, transport),
                    encoder.live(AT, transport),
                    encoder.heartbeat(AT, Instant.EPOCH, "RUNNING", transport),
                    encoder.gap(AT, GapReason.SLOW, 1, transport),
                    encoder.closing(AT, 1012, "why", transport));

            assertThat(moving).allSatisfy(message -> {
                assertThat(message.position()).isEqualTo(AT);
                assertThat(message.document()).isNull();
                assertThat(message.changedAt()).isNull();
            });
            assertThat(encoder.pong(transport).position()).isNull();
            assertThat(encoder.error("what", transport).position()).isNull();
        }
    }
}
