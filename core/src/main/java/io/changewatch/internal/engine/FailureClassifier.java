package io.changewatch.internal.engine;

import com.mongodb.MongoClientException;
import com.mongodb.MongoCommandException;
import com.mongodb.MongoConfigurationException;
import com.mongodb.MongoConnectionPoolClearedException;
import com.mongodb.MongoCursorNotFoundException;
import com.mongodb.MongoException;
import com.mongodb.MongoIncompatibleDriverException;
import com.mongodb.MongoNodeIsRecoveringException;
import com.mongodb.MongoNotPrimaryException;
import com.mongodb.MongoOperationTimeoutException;
import com.mongodb.MongoSecurityException;
import com.mongodb.MongoServerUnavailableException;
import com.mongodb.MongoSocketException;
import com.mongodb.MongoTimeoutException;
import io.changewatch.internal.source.ClientClosedException;
import io.changewatch.internal.source.StalledStreamException;
import java.util.Locale;
import java.util.Set;

/**
 * Decides what an error of the source asks for.
 *
 * <p>Codes as in the server's {@code error_codes.yml}; which of them a change stream may see, and which carry no label
 * though they are worth a retry, was measured against mongod 6.0 and is listed by the change streams specification,
 * "Resumable Error". Stateless and thread-safe.
 */
final class FailureClassifier {
    private static final Set<Integer> TRANSIENT = Set.of(
            6, 7, 8, 43, 50, 63, 89, 91, 112, 133, 150, 175, 189, 216, 234, 237, 262, 290, 9001, 10107, 11600, 11601,
            11602, 13388, 13435, 13436);
    private static final Set<Integer> HISTORY_LOST = Set.of(286, 40576);
    private static final Set<Integer> INVALID_TOKEN = Set.of(260, 40647, 40649, 50795, 50811, 50816);
    /** A malformed token or a malformed stage: which of them, only the server's words tell. */
    private static final Set<Integer> PARSE_ERROR = Set.of(9, 14, 15);

    private static final int OVERFLOW = 15;
    /** From here on codes are of single assertions, "Location12345": before a stream is open, of the parser of its pipeline. */
    static final int LOCATIONS = 15_000;

    private static final Set<Integer> AUTHORIZATION = Set.of(11, 13, 18);
    private static final Set<Integer> MISCONFIGURED =
            Set.of(2, 20, 26, 47, 59, 72, 73, 115, 166, 168, 40324, 40415, 40573, 40602, 40674, 7182802);
    private static final int OVERRUN = 136;
    /** With 7182504 the token is of a stream that does not split, and its event is split now. */
    private static final Set<Integer> TOKEN_NOT_FOUND = Set.of(280, 7182504);
    /** 7182500: a fragment is too large (server: {@code change_stream_split_event_helpers.cpp}). */
    private static final Set<Integer> OVERSIZE = Set.of(10334, 7182500);

    private static final int IMAGE_MISSING = 47;

    private FailureClassifier() {}

    /**
     * What {@code error} asks for.
     *
     * @param opened whether this watcher's stream has ever been open: what is a mistake in the configuration at first is an
     *     outage later, such as a revoked privilege or a name that no longer resolves
     * @param withToken whether the stream was to be opened after a token
     */
    static FailureKind classify(RuntimeException error, boolean opened, boolean withToken) {
        if (error instanceof StalledStreamException) {
            return FailureKind.TRANSIENT;
        }
        if (error instanceof ClientClosedException) {
            return FailureKind.CLIENT_CLOSED;
        }
        if (!(error instanceof MongoException mongo)) {
            return FailureKind.UNKNOWN;
        }
        FailureKind byCode = byCode(mongo.getCode(), opened, withToken && isAboutToken(mongo));
        return byCode == FailureKind.UNKNOWN ? byType(mongo, opened) : byCode;
    }

    /** Whether one event is the reason, which fails each stream it comes through. */
    static boolean isUndeliverable(RuntimeException error) {
        FailureKind kind = classify(error, true, false);
        return kind == FailureKind.OVERSIZE || kind == FailureKind.UNDELIVERABLE;
    }

    /** As measured against mongod 6.0, for a text that is no token, and for one that ends too early or is of another kind. */
    private static boolean isAboutToken(MongoException error) {
        String words = error instanceof MongoCommandException command
                ? command.getErrorMessage().toLowerCase(Locale.ROOT)
                : "";
        return error.getCode() == OVERFLOW || words.contains("resume token") || words.contains("keystring");
    }

    private static FailureKind byCode(int code, boolean opened, boolean isAboutToken) {
        if (code == OVERRUN) {
            return FailureKind.OVERRUN;
        }
        if (HISTORY_LOST.contains(code)) {
            return FailureKind.HISTORY_LOST;
        }
        if (TOKEN_NOT_FOUND.contains(code)) {
            return FailureKind.TOKEN_NOT_FOUND;
        }
        if (OVERSIZE.contains(code)) {
            return FailureKind.OVERSIZE;
        }
        if (code == IMAGE_MISSING && opened) {
            return FailureKind.UNDELIVERABLE;
        }
        if (INVALID_TOKEN.contains(code) || (isAboutToken && isRefusal(code))) {
            return FailureKind.INVALID_TOKEN;
        }
        if (AUTHORIZATION.contains(code)) {
            return opened ? FailureKind.TRANSIENT : FailureKind.MISCONFIGURED;
        }
        if (MISCONFIGURED.contains(code) || PARSE_ERROR.contains(code)) {
            return FailureKind.MISCONFIGURED;
        }
        return TRANSIENT.contains(code) ? FailureKind.TRANSIENT : FailureKind.UNKNOWN;
    }

    private static boolean isRefusal(int code) {
        return PARSE_ERROR.contains(code) || (code >= LOCATIONS && !MISCONFIGURED.contains(code));
    }

    private static FailureKind byType(MongoException error, boolean opened) {
        if (error instanceof MongoSecurityException && isCausedByOutage(error)) {
            return FailureKind.TRANSIENT;
        }
        if (error instanceof MongoSecurityException || isUnknownHost(error)) {
            return opened ? FailureKind.TRANSIENT : FailureKind.MISCONFIGURED;
        }
        if (UntrustedCertificate.isCauseOf(error)) {
            return opened ? FailureKind.TRANSIENT : FailureKind.MISCONFIGURED;
        }
        if (error instanceof MongoIncompatibleDriverException) {
            return FailureKind.MISCONFIGURED;
        }
        if (error instanceof MongoConfigurationException) {
            return opened ? FailureKind.TRANSIENT : FailureKind.MISCONFIGURED;
        }
        if (isOutage(error)) {
            return FailureKind.TRANSIENT;
        }
        return error.getCode() >= LOCATIONS && !opened ? FailureKind.MISCONFIGURED : FailureKind.UNKNOWN;
    }

    /** The driver reports every failure during the authentication as one of it, also a broken connection. */
    private static boolean isCausedByOutage(MongoException error) {
        return error.getCause() instanceof MongoException cause
                && (TRANSIENT.contains(cause.getCode()) || isOutage(cause));
    }

    private static boolean isOutage(MongoException error) {
        return error.hasErrorLabel("ResumableChangeStreamError")
                || error.hasErrorLabel(MongoException.TRANSIENT_TRANSACTION_ERROR_LABEL)
                || error instanceof MongoSocketException
                || error instanceof MongoTimeoutException
                || error instanceof MongoServerUnavailableException
                || error instanceof MongoConnectionPoolClearedException
                || error instanceof MongoNotPrimaryException
                || error instanceof MongoNodeIsRecoveringException
                || error instanceof MongoCursorNotFoundException
                || error instanceof MongoOperationTimeoutException
                || (error instanceof MongoClientException && error.getCause() instanceof MongoSocketException);
    }

    /** Server selection reports the trouble of each host in its message only. */
    private static boolean isUnknownHost(MongoException error) {
        return error instanceof MongoTimeoutException
                && error.getMessage() != null
                && error.getMessage().contains("UnknownHostException");
    }
}
