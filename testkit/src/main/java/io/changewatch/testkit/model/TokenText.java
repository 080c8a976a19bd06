package io.changewatch.testkit.model;

import com.mongodb.MongoException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.bson.BsonDocument;
import org.bson.BsonString;
import org.bson.BsonTimestamp;

/**
 * Writes and reads resume tokens in the server's form: a key string in hexadecimal of cluster time, version, kind, index in the
 * transaction, mark of an invalidate, collection, event and fragment (server: {@code ResumeTokenData}).
 */
public final class TokenText {
    private static final String TIMESTAMP = "82";
    private static final String ZERO = "29";
    private static final String NUMBER_OF_ONE_BYTE = "2B";
    private static final String NUMBER_OF_TWO_BYTES = "2C";
    private static final String EVENT = "2C0100";
    private static final String FALSE = "6E";
    private static final String TRUE = "6F";
    private static final String NO_COLLECTION = "14";
    private static final String COLLECTION = "5A1004" + "0C4A9E5D8B1F4E2F9D3A7C6B5E4F3A2B";
    private static final String TEXT = "46";
    private static final String END_OF_TEXT = "00";
    private static final String END = "04";
    private static final int TIME_END = 18;
    private static final HexFormat HEX = HexFormat.of().withUpperCase();

    private final String data;
    private int position;

    private TokenText(String data) {
        this.data = data;
    }

    /** A high-water mark, as in a post-batch token. */
    static BsonDocument mark(BsonTimestamp time, int version) {
        return token(start(time, version) + ZERO + ZERO + FALSE + (version == 1 ? "" : NO_COLLECTION) + END);
    }

    /** The token of what happened at {@code place} to the document {@code key}. */
    static BsonDocument event(StreamPlace place, int version, String operation, String key) {
        String name = version == 1 ? key : operation + key;
        String text = HEX.formatHex(name.getBytes(StandardCharsets.UTF_8)) + END_OF_TEXT;
        String fragment = place.fragment() == 0 ? "" : number(place.fragment() - 1); // the server counts from 0
        return token(start(place.time(), version)
                + EVENT
                + number(place.index())
                + (place.isInvalidate() ? TRUE : FALSE)
                + COLLECTION
                + TEXT
                + text
                + fragment
                + END);
    }

    private static String start(BsonTimestamp time, int version) {
        return TIMESTAMP + HEX.toHexDigits(time.getValue()) + number(version);
    }

    /** Whole numbers are written doubled. */
    private static String number(int value) {
        if (value == 0) {
            return ZERO;
        }
        return value < 128
                ? NUMBER_OF_ONE_BYTE + HEX.toHexDigits((byte) (2 * value))
                : NUMBER_OF_TWO_BYTES + HEX.toHexDigits((short) (2 * value));
    }

    private static BsonDocument token(String data) {
        return new BsonDocument("_data", new BsonString(data));
    }

    /**
     * Reads a token.
     *
     * @throws MongoException with code 50811 if it has another form
     */
    public static StreamPlace read(BsonDocument token) {
        try {
            return new TokenText(token.getString("_data").getValue()).read();
        } catch (RuntimeException e) {
            throw ServerErrors.command(50811, "Location50811", "Failed to parse a resume token.");
        }
    }

    /** Version 1, or 2 if the stream that made it splits large events, or began after a token of one that did. */
    static int version(BsonDocument token) {
        String data = token.getString("_data", new BsonString("")).getValue();
        return data.startsWith(NUMBER_OF_ONE_BYTE + "04", TIME_END) ? 2 : 1;
    }

    private StreamPlace read() {
        expect(TIMESTAMP);
        BsonTimestamp time = new BsonTimestamp(Long.parseUnsignedLong(data, position, TIME_END, 16));
        position = TIME_END;
        readNumber();
        boolean isEvent = readNumber() != 0;
        int index = readNumber();
        boolean isInvalidate = readPair().equals(TRUE);
        if (!isEvent) {
            return StreamPlace.before(time);
        }
        expect(COLLECTION + TEXT);
        while (!readPair().equals(END_OF_TEXT)) {
            // the event's name is not needed
        }
        int fragment = data.startsWith(END, position) ? 0 : readNumber() + 1;
        return new StreamPlace(time, true, index, isInvalidate, fragment);
    }

    private void expect(String text) {
        if (!data.startsWith(text, position)) {
            throw new IllegalArgumentException(data);
        }
        position += text.length();
    }

    private String readPair() {
        position += 2;
        return data.substring(position - 2, position);
    }

    private int readNumber() {
        String type = readPair();
        if (type.equals(ZERO)) {
            return 0;
        }
        int digits = type.equals(NUMBER_OF_ONE_BYTE) ? 2 : 4;
        position += digits;
        return Integer.parseInt(data, position - digits, position, 16) / 2;
    }
}
