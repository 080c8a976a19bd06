package io.changewatch.internal.diagnose;

import com.mongodb.client.model.changestream.FullDocument;
import com.mongodb.client.model.changestream.FullDocumentBeforeChange;
import io.changewatch.event.Namespace;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.bson.BsonDocument;

/** What watchers ask for, and answers, as tests write them. */
final class Streams {
    static final Optional<Namespace> ORDERS = Optional.of(Namespace.of("shop", "orders"));

    private Streams() {}

    static Asked plain() {
        return of(ORDERS);
    }

    static Asked of(Optional<Namespace> scope) {
        return new Asked(scope, List.of(), FullDocument.DEFAULT, FullDocumentBeforeChange.DEFAULT, false);
    }

    static Asked expanded() {
        return new Asked(ORDERS, List.of(), FullDocument.DEFAULT, FullDocumentBeforeChange.DEFAULT, true);
    }

    static Asked before(FullDocumentBeforeChange before) {
        return new Asked(ORDERS, List.of(), FullDocument.DEFAULT, before, false);
    }

    static Asked filtered(FullDocument after, String... stages) {
        List<BsonDocument> pipeline = Stream.of(stages).map(BsonDocument::parse).toList();
        return new Asked(ORDERS, pipeline, after, FullDocumentBeforeChange.DEFAULT, false);
    }

    static Answer reply(String json) {
        return new Answer.Reply(BsonDocument.parse(json));
    }

    static Answer unauthorized() {
        return new Answer.Refusal(13, "error 13 Unauthorized");
    }
}
