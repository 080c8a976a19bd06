package io.changewatch.internal.decode;

import static io.changewatch.internal.decode.EnvelopeField.DOCUMENT_KEY;
import static io.changewatch.internal.decode.EnvelopeField.NAMESPACE;
import static io.changewatch.internal.decode.EnvelopeField.OPERATION_TYPE;

import io.changewatch.DecodeException;
import io.changewatch.event.Namespace;
import java.util.Optional;
import java.util.function.Supplier;
import org.bson.BsonDocument;
import org.bson.BsonType;

/** Tells the application which event could not be decoded, and what to do. Thread-safe. */
final class DecodeFailures {
    private static final String DAMAGED = "Look for what damages bytes between the server and the application";
    private static final String OR_SKIP =
            ", or choose parkIn(...) to keep such events for later, or whenHandlerFails(HandlerFailurePolicy.skip()) to leave them out.";

    private DecodeFailures() {}

    /** For bytes that are no BSON document: of the event is known what lies before the damage. It can be skipped if that is a position. */
    static DecodeException unreadable(byte[] bytes, int offset, MalformedBsonException e) {
        BsonDocument part = ReadablePart.of(bytes, offset);
        String message = "Cannot decode an event: its bytes are not valid BSON: " + e.reason() + ". " + DAMAGED
                + (ReadablePart.isPosition(part) ? OR_SKIP : ", and start the watcher again.");
        return new DecodeException(message, Optional.empty(), Optional.empty(), "", part, e);
    }

    /** For a part of the envelope that is no BSON document. */
    static DecodeException malformed(Envelope event, MalformedBsonException e) {
        String problem = "field %s is not valid BSON: %s".formatted(e.path(), e.reason());
        return in(event, new FieldFailure(e.path(), problem, DAMAGED, e));
    }

    static DecodeException in(Envelope event, FieldFailure failure) {
        Optional<Namespace> namespace = ifReadable(() -> new NamespaceReader().read(event, NAMESPACE));
        String message = "Cannot decode " + describe(event, namespace) + ": " + failure.problem() + ". "
                + failure.remedy() + OR_SKIP;
        return new DecodeException(
                message,
                namespace,
                ifReadable(() -> event.document(DOCUMENT_KEY)),
                failure.field(),
                event.raw(),
                failure.getCause());
    }

    private static String describe(Envelope event, Optional<Namespace> namespace) {
        String what = ifReadable(() -> BsonBytes.string(event.bytes(), event.valueOf(OPERATION_TYPE, BsonType.STRING)))
                .map(operation -> "the " + operation)
                .orElse("an event");
        return namespace.map(name -> what + " in " + name).orElse(what);
    }

    /** What else is wrong with an event must not hide its first failure. */
    private static <V> Optional<V> ifReadable(Supplier<V> part) {
        try {
            return Optional.of(part.get());
        } catch (FieldFailure | MalformedBsonException e) {
            return Optional.empty();
        }
    }
}
