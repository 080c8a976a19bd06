package io.changewatch.internal.engine;

import io.changewatch.event.Namespace;
import io.changewatch.internal.source.SourceSettings;
import io.changewatch.resume.Fingerprint;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.bson.BsonArray;
import org.bson.BsonBoolean;
import org.bson.BsonDocument;
import org.bson.BsonNull;
import org.bson.BsonString;
import org.bson.json.JsonMode;
import org.bson.json.JsonWriterSettings;

/** What makes two streams the same for a resume token: scope, pipeline, and the options that change which events it sees. */
public final class Fingerprints {
    private static final JsonWriterSettings CANONICAL =
            JsonWriterSettings.builder().outputMode(JsonMode.EXTENDED).build();

    private Fingerprints() {}

    /** The fingerprint of a stream. */
    public static Fingerprint of(SourceSettings source) {
        BsonDocument options = new BsonDocument("pipeline", new BsonArray(source.pipeline()))
                .append("fullDocument", new BsonString(source.fullDocument().getValue()))
                .append(
                        "fullDocumentBeforeChange",
                        new BsonString(source.fullDocumentBeforeChange().getValue()))
                .append("showExpandedEvents", BsonBoolean.valueOf(source.showExpandedEvents()))
                .append(
                        "collation",
                        source.collation().isPresent()
                                ? source.collation().get().asDocument()
                                : BsonNull.VALUE);
        return new Fingerprint(scope(source), hash(options.toJson(CANONICAL)));
    }

    private static String scope(SourceSettings source) {
        return source.scope().map(Namespace::toString).orElse("*");
    }

    private static String hash(String text) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest, 0, 8);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java platform has SHA-256.", e);
        }
    }
}
