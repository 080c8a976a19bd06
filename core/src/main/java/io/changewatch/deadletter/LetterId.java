package io.changewatch.deadletter;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.changewatch.event.Namespace;
import io.changewatch.event.ResumeToken;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Pattern;
import org.bson.BsonDocument;
import org.bson.BsonTimestamp;
import org.bson.BsonValue;
import org.bson.RawBsonDocument;
import org.bson.codecs.BsonDocumentCodec;
import org.jspecify.annotations.Nullable;

/**
 * How letters are named: cluster time, place in it, and a hash, in lower-case hexadecimal.
 *
 * <pre>
 * 6a1f3c9e00000001-2c0100296e-k4b1d…   of a document: the hash is of watcher, namespace and _id, the same for all its letters
 * 6a1f3c9e00000002-2c0100296e-n90ce…   of anything else: the hash is of watcher and token
 * </pre>
 *
 * The text is made of the event alone, so an event that comes again has the same; its order is that of the stream; and its end
 * tells the document. The two versions that a token may have make no difference.
 *
 * <p>Thread-safe.
 */
final class LetterId {
    private static final Pattern FORM = Pattern.compile("[0-9a-f]{16}-[0-9a-f]*-[kn][0-9a-f]{32}");
    private static final int HASH_DIGITS = 32;
    private static final char KEYED = 'k';

    private LetterId() {}

    static boolean isOne(String text) {
        return FORM.matcher(text).matches();
    }

    static String of(String watcher, ResumeToken token, BsonTimestamp clusterTime, Optional<String> key) {
        String place = "%08x%08x-%s-"
                .formatted(
                        clusterTime.getTime(),
                        clusterTime.getInc(),
                        token.placeInTime().toLowerCase(Locale.ROOT));
        return place + key.orElseGet(() -> "n" + hash(watcher, "", token.value()));
    }

    static String key(String watcher, @Nullable Namespace namespace, BsonDocument documentKey) {
        BsonValue id = documentKey.get("_id");
        BsonDocument identity = id == null ? documentKey : new BsonDocument("_id", id);
        return KEYED + hash(watcher, Objects.toString(namespace, ""), identity);
    }

    /** The key at the end of an id; empty if the letter is of no document. */
    static Optional<String> keyIn(String id) {
        String end = id.substring(id.length() - HASH_DIGITS - 1);
        return end.charAt(0) == KEYED ? Optional.of(end) : Optional.empty();
    }

    private static String hash(String watcher, String namespace, BsonDocument identity) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update((watcher + '\0' + namespace + '\0').getBytes(UTF_8));
            digest.update(new RawBsonDocument(identity, new BsonDocumentCodec())
                    .getByteBuffer()
                    .asNIO());
            return HexFormat.of().formatHex(digest.digest()).substring(0, HASH_DIGITS);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java has SHA-256.", e);
        }
    }
}
