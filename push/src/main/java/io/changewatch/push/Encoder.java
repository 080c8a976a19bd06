package io.changewatch.push;

import io.changewatch.event.ChangeEvent;
import io.changewatch.event.DocumentEvent;
import io.changewatch.event.ResumeToken;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import org.bson.BsonValue;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes every message that a client receives: one JSON object with a {@code type}, and where it moves the client on, a
 * {@code position}.
 *
 * <p>Thread-safe as far as the application's payloads are.
 */
final class Encoder<T> {
    private static final Logger LOG = LoggerFactory.getLogger(Encoder.class);

    private final String feed;
    private final PositionSigner signer;
    private final int maxBytes;
    private final Function<DocumentEvent<T>, String> fetchAt;
    private final boolean namesDocuments;
    private final Figures figures;

    /** An encoder; {@code namesDocuments} if messages are to be conflated. */
    Encoder(
            String feed,
            PositionSigner signer,
            int maxBytes,
            Function<DocumentEvent<T>, String> fetchAt,
            boolean namesDocuments,
            Figures figures) {
        this.feed = feed;
        this.signer = signer;
        this.maxBytes = maxBytes;
        this.fetchAt = fetchAt;
        this.namesDocuments = namesDocuments;
        this.figures = figures;
    }

    /** The message of an event; a small one in its place, if it would be too large or the payload fails. */
    Message event(ChangeEvent<T> event, Payload<T> payload, Transport transport) {
        String position = signer.sign(event.resumeToken());
        @Nullable String data;
        try {
            data = payload.json(event);
        } catch (RuntimeException | Error e) { // the application's; other clients and the watcher go on
            LOG.warn("[{}] The payload of an event failed; clients are told to fetch the document.", feed, e);
            return instead("unavailable", event, position, transport, fields -> {});
        }
        Message whole = message(whole(event, position, data), "event", position, event, transport);
        if (whole.bytes() <= maxBytes) {
            return whole;
        }
        figures.oversize.increment();
        return instead(
                "oversize",
                event,
                position,
                transport,
                fields -> fields.number("bytes", whole.bytes()).number("limit", maxBytes));
    }

    private String whole(ChangeEvent<T> event, String position, @Nullable String data) {
        String head = object(fields -> {
            fields.text("type", "event").text("position", position);
            describe(event, fields, true);
        });
        return data == null ? head : head.substring(0, head.length() - 1) + ", \"data\": " + data + "}";
    }

    /** A message that names the document; not even that, if its key alone is too large. */
    private Message instead(
            String type, ChangeEvent<T> event, String position, Transport transport, Consumer<JsonObject> more) {
        Message named = message(instead(type, event, position, true, more), type, position, event, transport);
        return named.bytes() <= maxBytes
                ? named
                : message(instead(type, event, position, false, more), type, position, event, transport);
    }

    private String instead(
            String type, ChangeEvent<T> event, String position, boolean withId, Consumer<JsonObject> more) {
        return object(fields -> {
            fields.text("type", type).text("position", position);
            describe(event, fields, withId);
            more.accept(fields);
            if (withId) {
                fetch(event).ifPresent(place -> fields.text("fetch", place));
            }
        });
    }

    private Optional<String> fetch(ChangeEvent<T> event) {
        try {
            return event instanceof DocumentEvent<T> document ? Optional.of(fetchAt.apply(document)) : Optional.empty();
        } catch (RuntimeException | Error e) { // the application's
            LOG.warn("[{}] fetchAt(...) failed; a message names the document only.", feed, e);
            return Optional.empty();
        }
    }

    private static void describe(ChangeEvent<?> event, JsonObject fields, boolean withId) {
        fields.text("operation", operation(event));
        event.namespace().ifPresent(namespace -> fields.text("namespace", namespace.toString()));
        if (withId && event instanceof DocumentEvent<?> document) {
            BsonValue id = document.documentKey().get("_id");
            if (id != null) {
                fields.value("id", id);
            }
        }
        fields.text("wallTime", event.wallTime().toString());
    }

    private static String operation(ChangeEvent<?> event) {
        return event instanceof io.changewatch.event.Other<?> other
                ? other.operationName()
                : event.operationType().value();
    }

    private Message message(String json, String type, String position, ChangeEvent<T> event, Transport transport) {
        String text = framed(type, position, json, transport);
        return new Message(
                text, Texts.utf8Length(text), event.resumeToken().copy(), document(event), true, event.wallTime());
    }

    private @Nullable String document(ChangeEvent<?> event) {
        return namesDocuments && event instanceof DocumentEvent<?> document
                ? document.in() + " " + document.documentKey().toJson()
                : null;
    }

    /** The first message; a resumed client has received everything up to the position. */
    Message ready(ResumeToken at, boolean resumed, Transport transport) {
        return notice("ready", at, transport, fields -> fields.bool("resumed", resumed));
    }

    /** A resumed client has received everything that it missed. */
    Message live(ResumeToken at, Transport transport) {
        return notice("live", at, transport, fields -> {});
    }

    Message heartbeat(ResumeToken at, Instant now, String state, Transport transport) {
        Message message = notice(
                "heartbeat",
                at,
                transport,
                fields -> fields.text("time", now.toString()).text("state", state));
        // A comment keeps proxies open that look at nothing else.
        return transport == Transport.WEB_SOCKET ? message : Message.notice(": heartbeat\n" + message.text(), at);
    }

    /** Events are missing between what the client has and {@code at}. */
    Message gap(ResumeToken at, GapReason reason, long dropped, Transport transport) {
        return notice("gap", at, transport, fields -> {
            fields.text("reason", reason.text()).text("message", reason.message());
            if (dropped > 0) {
                fields.number("dropped", dropped);
            }
        });
    }

    /** The last message before the connection is closed. */
    Message closing(@Nullable ResumeToken at, int code, String why, Transport transport) {
        return notice(
                "closing", at, transport, fields -> fields.number("code", code).text("message", why));
    }

    Message pong(Transport transport) {
        return notice("pong", null, transport, fields -> {});
    }

    Message error(String what, Transport transport) {
        return notice("error", null, transport, fields -> fields.text("message", what));
    }

    private Message notice(String type, @Nullable ResumeToken at, Transport transport, Consumer<JsonObject> rest) {
        String position = at == null ? null : signer.sign(at);
        String json = object(fields -> {
            fields.text("type", type);
            if (position != null) {
                fields.text("position", position);
            }
            rest.accept(fields);
        });
        return Message.notice(framed(type, position, json, transport), at);
    }

    private static String framed(String type, @Nullable String position, String json, Transport transport) {
        if (transport == Transport.WEB_SOCKET) {
            return json;
        }
        StringBuilder block = new StringBuilder();
        if (position != null) {
            block.append("id: ").append(position).append('\n');
        }
        block.append("event: ").append(type).append('\n');
        json.lines().forEach(line -> block.append("data: ").append(line).append('\n'));
        return block.append('\n').toString();
    }

    private static String object(Consumer<JsonObject> content) {
        JsonObject object = new JsonObject();
        content.accept(object);
        return object.end();
    }
}
