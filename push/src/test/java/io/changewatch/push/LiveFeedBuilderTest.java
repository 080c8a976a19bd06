package io.changewatch.push;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.changewatch.ChangeWatcher;
import io.changewatch.ConfigurationException;
import io.changewatch.push.FeedOptions.Buffer;
import io.changewatch.push.FeedOptions.Clients;
import io.changewatch.push.FeedOptions.Queues;
import java.security.Principal;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.bson.BsonString;
import org.bson.Document;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

final class LiveFeedBuilderTest {
    private static final Payload<Document> STATUS = Payload.fields("status");
    private static final Principal ANN = () -> "ann";

    private static LiveFeedBuilder<Document> empty() {
        return LiveFeed.over(ChangeWatcher.connect("mongodb://localhost").collection("shop", "orders"));
    }

    private static LiveFeedBuilder<Document> orders() {
        return empty().payload(STATUS).visibleToAll();
    }

    private static byte[] key(String text) {
        return text.getBytes(UTF_8);
    }

    static Stream<Arguments> refusals() {
        return Stream.of(
                refusal(
                        orders().alsoAccept(new byte[16]),
                        "alsoAccept(...) is for keys of earlier; give the present one with positionKey(...)."),
                refusal(
                        empty().visibleToAll(),
                        "payload(...) is missing: name what may leave the process, such as"
                                + " payload(Payload.fields(\"status\"))."),
                refusal(
                        empty().payload(STATUS),
                        "authorize(...) is missing: say who may see which event, or visibleToAll() if everyone may."),
                refusal(
                        orders().filters(FilterField.document("b"), FilterField.number("a"), FilterField.number("b")),
                        "two filters have one name: a, b, b."),
                refusal(
                        orders().positionKey(new byte[15]),
                        "positionKey(...) and alsoAccept(...) need at least 16 random bytes; one has 15."),
                refusal(
                        orders().positionKey(new byte[16]).alsoAccept(new byte[0]),
                        "positionKey(...) and alsoAccept(...) need at least 16 random bytes; one has 0."),
                refusal(orders().maxMessageBytes(1_023), "maxMessageBytes(1023) must be at least 1024."),
                refusal(orders().maxMessageBytes(-1), "maxMessageBytes(-1) must be at least 1024."),
                refusal(orders().bufferBytes(-1), "bufferBytes(-1) must not be negative."),
                refusal(orders().bufferFor(Duration.ofSeconds(-1)), "bufferFor(PT-1S) must be from PT0S to PT8760H."),
                refusal(orders().catchUpCursors(0), "catchUpCursors(0) must be at least 1."),
                refusal(orders().maxClients(0), "maxClients(0) must be at least 1."),
                refusal(orders().maxClientsPerPrincipal(0), "maxClientsPerPrincipal(0) must be at least 1."),
                refusal(orders().maxIncomingBytes(0), "maxIncomingBytes(0) must be at least 1."),
                refusal(orders().maxIncomingPerSecond(0), "maxIncomingPerSecond(0) must be at least 1."),
                refusal(orders().maxQueuedMessages(0), "maxQueuedMessages(0) must be at least 1."),
                refusal(orders().maxQueuedBytes(0), "maxQueuedBytes(0) must be at least 1."),
                refusal(orders().senders(0), "senders(0) must be at least 1."),
                refusal(
                        orders().heartbeatEvery(Duration.ZERO),
                        "heartbeatEvery(PT0S) must be from PT0.001S to PT8760H."),
                refusal(
                        orders().drainWithin(Duration.ofMillis(-1)),
                        "drainWithin(PT-0.001S) must be from PT0.001S to PT8760H."),
                refusal(
                        orders().deadAfter(ChronoUnit.FOREVER.getDuration()),
                        "deadAfter(PT2562047788015215H30M7.999999999S) must be from PT0.001S to PT8760H."),
                refusal(
                        orders().heartbeatEvery(Duration.ofSeconds(45)),
                        "deadAfter(PT45S) must be longer than heartbeatEvery(PT45S), or every client counts as gone"
                                + " before it was asked."));
    }

    private static Arguments refusal(LiveFeedBuilder<Document> builder, String rule) {
        return Arguments.of(builder, "A live feed cannot be started: " + rule);
    }

    @ParameterizedTest(name = "{1}")
    @MethodSource("refusals")
    void refusesWhatIsMissingOrCannotWork(LiveFeedBuilder<Document> builder, String message) {
        assertThatThrownBy(builder::options)
                .isInstanceOf(ConfigurationException.class)
                .hasMessage(message);
        assertThatThrownBy(builder::start)
                .isInstanceOf(ConfigurationException.class)
                .hasMessage(message);
    }

    static Stream<Arguments> nulls() {
        return Stream.of(
                ofNull("payload", builder -> builder.payload(null)),
                ofNull("choice", builder -> builder.payloadFor(null)),
                ofNull("rule", builder -> builder.authorize(null)),
                ofNull("hook", builder -> builder.authenticate(null)),
                ofNull("place", builder -> builder.fetchAt(null)),
                ofNull("age", builder -> builder.bufferFor(null)),
                ofNull("policy", builder -> builder.whenSlow(null)),
                ofNull("interval", builder -> builder.heartbeatEvery(null)),
                ofNull("silence", builder -> builder.deadAfter(null)),
                ofNull("timeout", builder -> builder.drainWithin(null)));
    }

    private static Arguments ofNull(String name, Consumer<LiveFeedBuilder<Document>> option) {
        return Arguments.of(name, option);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("nulls")
    void refusesNull(String name, Consumer<LiveFeedBuilder<Document>> option) {
        assertThatNullPointerException()
                .isThrownBy(() -> option.accept(empty()))
                .withMessage(name);
    }

    @Test
    void refusesNoWatcher() {
        assertThatNullPointerException().isThrownBy(() -> LiveFeed.over(null)).withMessage("watcher");
    }

    @Test
    void hasTheDefaultsItNames() {
        FeedOptions<Document> options = orders().options();

        assertThat(options.authentication()).isNull();
        assertThat(options.allowedOrigins()).isEmpty();
        assertThat(options.filters()).isEmpty();
        assertThat(options.buffer()).isEqualTo(new Buffer(67_108_864, Duration.ofMinutes(5), 4));
        assertThat(options.clients()).isEqualTo(new Clients(10_000, 100, 4_096, 10));
        assertThat(options.queues()).isEqualTo(new Queues(1_000, 4_194_304, SlowClientPolicy.DISCONNECT));
        assertThat(options.heartbeatEvery()).isEqualTo(Duration.ofSeconds(15));
        assertThat(options.deadAfter()).isEqualTo(Duration.ofSeconds(45));
        assertThat(options.drainWithin()).isEqualTo(Duration.ofSeconds(5));
        assertThat(options.maxMessageBytes()).isEqualTo(1_048_576);
        assertThat(options.senders()).isEqualTo(Math.max(2, Runtime.getRuntime().availableProcessors()));
        assertThat(options.authorization().permits(ANN, Events.insert(1))).isTrue();
        assertThat(options.payloadFor().apply(ANN)).isSameAs(STATUS);
    }

    @Test
    void namesADocumentByItsKeyIfNothingElseIsSaid() {
        assertThat(orders().options().fetchAt().apply(Events.insertOf(new BsonString("ü\""), 1)))
                .isEqualTo("{\"_id\": \"ü\\\"\"}");
    }

    @Test
    void takesTheSmallestOfEverything() {
        FeedOptions<Document> options = orders().maxMessageBytes(1_024)
                .bufferBytes(0)
                .bufferFor(Duration.ZERO)
                .catchUpCursors(1)
                .maxClients(1)
                .maxClientsPerPrincipal(2)
                .maxIncomingBytes(3)
                .maxIncomingPerSecond(4)
                .maxQueuedMessages(5)
                .maxQueuedBytes(6)
                .whenSlow(SlowClientPolicy.DROP)
                .heartbeatEvery(Duration.ofMillis(1))
                .deadAfter(Duration.ofMillis(2))
                .drainWithin(Duration.ofMillis(1))
                .senders(1)
                .positionKey(new byte[16])
                .options();

        assertThat(options.maxMessageBytes()).isEqualTo(1_024);
        assertThat(options.buffer()).isEqualTo(new Buffer(0, Duration.ZERO, 1));
        assertThat(options.clients()).isEqualTo(new Clients(1, 2, 3, 4));
        assertThat(options.queues()).isEqualTo(new Queues(5, 6, SlowClientPolicy.DROP));
        assertThat(options.heartbeatEvery()).isEqualTo(Duration.ofMillis(1));
        assertThat(options.deadAfter()).isEqualTo(Duration.ofMillis(2));
        assertThat(options.drainWithin()).isEqualTo(Duration.ofMillis(1));
        assertThat(options.senders()).isEqualTo(1);
    }

    @Test
    void copiesTheKeysItIsGiven() {
        byte[] newer = key("the newer of both keys");
        byte[] older = key("the older of both keys");
        LiveFeedBuilder<Document> builder = orders().positionKey(newer).alsoAccept(older);
        Arrays.fill(newer, (byte) 0);
        Arrays.fill(older, (byte) 0);

        assertThat(builder.options().signingKeys())
                .containsExactly(key("the newer of both keys"), key("the older of both keys"));
    }

    @Test
    void makesAKeyForEachFeedIfNoneIsGiven() {
        byte[] one = orders().options().signingKeys().get(0);
        byte[] other = orders().options().signingKeys().get(0);

        assertThat(one).hasSize(32).isNotEqualTo(other);
    }

    @Test
    void isNotTiedToWhatItHasBuilt() {
        LiveFeedBuilder<Document> builder = orders().allowedOrigins("https://a.example");
        FeedOptions<Document> options = builder.options();
        builder.allowedOrigins("https://b.example")
                .filters(FilterField.operation())
                .alsoAccept(new byte[16]);

        assertThat(options.allowedOrigins()).containsExactly("https://a.example");
        assertThat(options.filters()).isEmpty();
        assertThat(options.signingKeys()).hasSize(1);
    }

    @Test
    void addsWhatIsGivenInTurn() {
        FeedOptions<Document> options = orders().allowedOrigins("https://a.example")
                .allowedOrigins("https://b.example")
                .filters(FilterField.operation())
                .filters(FilterField.document("userId"))
                .authenticate(handshake -> Optional.of(ANN))
                .options();

        assertThat(options.allowedOrigins()).containsExactlyInAnyOrder("https://a.example", "https://b.example");
        assertThat(options.filters()).extracting(FilterField::name).containsExactly("operation", "userId");
        assertThat(options.authentication()).isNotNull();
    }
}
