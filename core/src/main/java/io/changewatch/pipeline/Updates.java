package io.changewatch.pipeline;

import java.util.Set;
import org.bson.BsonDocument;
import org.bson.BsonString;

/** What the questions about updates share. */
final class Updates {

    private static final String UPDATE = "update";

    private Updates() {}

    static boolean isUpdate(BsonDocument event) {
        return new BsonString(UPDATE).equals(event.get("operationType"));
    }

    /** New values by dotted path; a dot is part of the name. */
    static BsonDocument updatedFields(BsonDocument event) {
        BsonDocument nothing = new BsonDocument();
        return event.getDocument("updateDescription", nothing).getDocument("updatedFields", nothing);
    }

    static BsonDocument onlyUpdates() {
        return new BsonDocument("operationType", new BsonString(UPDATE));
    }

    static Outcome outcome(String operation) {
        return operation.equals(UPDATE) ? Outcome.unknown(Set.of()) : Outcome.of(false);
    }
}
