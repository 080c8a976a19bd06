package io.changewatch.testkit.model;

import com.mongodb.MongoCommandException;
import com.mongodb.MongoException;
import com.mongodb.MongoSocketReadException;
import com.mongodb.MongoTimeoutException;
import com.mongodb.ServerAddress;
import java.util.Arrays;
import java.util.List;
import org.bson.BsonArray;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.bson.BsonString;

/** Errors as the driver reports them. */
public final class ServerErrors {
    /** Where the scripted server says it is. */
    public static final ServerAddress ADDRESS = new ServerAddress("scripted.invalid", 27017);

    /** Says that a change stream may be opened again at the same place. */
    public static final String RESUMABLE = "ResumableChangeStreamError";

    /** Says that it may not. */
    public static final String NOT_RESUMABLE = "NonResumableChangeStreamError";

    static final int TOO_LARGE = 10334;

    private ServerErrors() {}

    /** A server's answer that a command failed. */
    public static MongoCommandException command(int code, String name, String message, String... labels) {
        List<BsonString> texts = Arrays.stream(labels).map(BsonString::new).toList();
        BsonDocument answer = new BsonDocument("ok", new BsonInt32(0))
                .append("code", new BsonInt32(code))
                .append("codeName", new BsonString(name))
                .append("errmsg", new BsonString(message))
                .append("errorLabels", new BsonArray(texts));
        return new MongoCommandException(answer, ADDRESS);
    }

    static MongoException historyLost() {
        return command(
                286,
                "ChangeStreamHistoryLost",
                "Resume of change stream was not possible, as the resume point may no longer be in the oplog.",
                NOT_RESUMABLE);
    }

    static MongoException overrun() {
        return command(
                136, "CappedPositionLost", "CollectionScan died due to position in capped collection being deleted.");
    }

    static MongoException tokenNotFound() {
        return command(
                280, "ChangeStreamFatalError", "cannot resume stream; the resume token was not found.", NOT_RESUMABLE);
    }

    static MongoException invalidateToken() {
        return command(
                260,
                "InvalidResumeToken",
                "Attempting to resume a change stream using 'resumeAfter' is not allowed from an invalidate notification.");
    }

    static MongoException tooLarge() {
        return command(
                TOO_LARGE, "BSONObjectTooLarge", "BSONObj size is invalid. Size must be between 0 and 16793600(16MB)");
    }

    /** Also with the stage that splits. */
    static MongoException cannotSplit() {
        return command(
                7182500,
                "Location7182500",
                "Splitting change event failed: fragment number 0 exceeds the maximum size of 16777216 bytes");
    }

    static MongoException isSplitNow() {
        return command(7182504, "Location7182504", "Tokens of version 1 cannot have a fragment number");
    }

    static MongoException imageMissing() {
        return command(
                47,
                "NoMatchingDocument",
                "Change stream was configured to require an image, but the image was not found for event.");
    }

    static MongoException fragmentWithoutSplitting() {
        return command(
                280,
                "ChangeStreamFatalError",
                "To resume from a split event, the $changeStream pipeline must include a $changeStreamSplitLargeEvent stage",
                NOT_RESUMABLE);
    }

    /** There is no such cursor, or no longer. The server gives it no label. */
    public static MongoException noCursor(long id) {
        return command(43, "CursorNotFound", "cursor id " + id + " not found");
    }

    /** The member is no longer, or not yet, the primary. */
    public static MongoException notPrimary() {
        return command(10107, "NotWritablePrimary", "not primary", RESUMABLE);
    }

    /** The connection broke. */
    public static MongoException brokenConnection() {
        return new MongoSocketReadException("Prematurely reached end of stream", ADDRESS);
    }

    /** The driver found no primary in time. */
    public static MongoException noServer() {
        return new MongoTimeoutException(
                "Timed out while waiting for a server that matches ReadPreferenceServerSelector"
                        + "{readPreference=primary}.");
    }
}
