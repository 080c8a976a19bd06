package io.changewatch.internal.engine;

import io.changewatch.event.ResumeToken;
import java.util.Optional;
import org.bson.BsonString;
import org.bson.BsonTimestamp;

/**
 * The cluster time in a MongoDB resume token.
 *
 * <p>{@code _data} is a key string in hexadecimal that begins with the type byte of a timestamp, {@code 82}, and its eight
 * bytes (server: {@code ResumeTokenData}). Post-batch tokens come without their time, and {@code operationTime} of the reply
 * may lie after it: a stream from there could miss events. Other servers' tokens have another form; for them the answer
 * is empty.
 */
final class TokenTime {
    private static final String TIMESTAMP = "82";
    private static final int END = 18;

    private TokenTime() {}

    static Optional<BsonTimestamp> of(ResumeToken token) {
        if (!(token.value().get("_data") instanceof BsonString data)
                || data.getValue().length() < END
                || !data.getValue().startsWith(TIMESTAMP)) {
            return Optional.empty();
        }
        try {
            return Optional.of(new BsonTimestamp(Long.parseUnsignedLong(data.getValue(), 2, END, 16)));
        } catch (NumberFormatException e) {
            return Optional.empty();
        }
    }
}
