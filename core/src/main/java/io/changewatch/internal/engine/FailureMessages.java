package io.changewatch.internal.engine;

import com.mongodb.MongoCommandException;
import com.mongodb.MongoException;
import com.mongodb.MongoSecurityException;
import com.mongodb.MongoTimeoutException;
import io.changewatch.ConfigurationException;
import io.changewatch.HistoryLostException;
import io.changewatch.InvalidResumeTokenException;
import io.changewatch.StreamFailedException;
import io.changewatch.UndeliverableEventException;
import io.changewatch.event.Namespace;
import io.changewatch.internal.decode.TooLargeEventException;
import io.changewatch.internal.diagnose.OplogJudgement;
import io.changewatch.internal.diagnose.TopologyJudgement;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import org.bson.BsonTimestamp;

/**
 * Says what failed, with which values, and what to do.
 *
 * <p>The server's own text is quoted only where it cannot contain a command, a document or a token. Immutable and
 * thread-safe.
 *
 * @param watcher the watcher's name
 * @param scope what is watched; empty for the cluster
 * @param store the store's class, for messages; empty without a store
 */
record FailureMessages(String watcher, Optional<Namespace> scope, Optional<String> store) {
    /** Ends what {@code start()} says; a diagnosis leaves it out. */
    static final String POINTER = " diagnose() on the builder tells more.";

    private static final String CORRECT = "Correct the pipeline or the options.";

    /** A message in two halves, as a diagnosis shows it. */
    record Advice(String problem, String remedy) {
        String text() {
            return problem + " " + remedy + POINTER;
        }

        ConfigurationException refusal() {
            return new ConfigurationException(text(), null);
        }
    }

    ConfigurationException misconfigured(RuntimeException error) {
        return new ConfigurationException(
                "Cannot watch " + place() + " (watcher '" + watcher + "'): " + describe(error) + ". "
                        + explanation(error) + remedy(error) + POINTER,
                error);
    }

    HistoryLostException historyLost(
            Optional<BsonTimestamp> position, Optional<BsonTimestamp> oldest, RuntimeException error) {
        String from = position.map(known -> " of " + wallTime(known)).orElse("");
        String until = oldest.map(entry -> ", of " + wallTime(entry) + ",").orElse("");
        return new HistoryLostException(
                "Cannot resume watcher '" + watcher + "': the oplog no longer reaches back to its position" + from
                        + " ("
                        + describe(error)
                        + "). Events between that time and the oplog's oldest entry" + until
                        + " are lost to it. " + OplogJudgement.remedyOfLoss(false) + POINTER,
                error);
    }

    HistoryLostException oldestUnknown(RuntimeException error) {
        return new HistoryLostException(
                "Cannot restart watcher '" + watcher
                        + "' from the oldest entry of the oplog after its history was lost ("
                        + describe(error)
                        + "): that entry cannot be read. Grant the user of the connection the action find on the "
                        + "collection oplog.rs of the database local, or choose "
                        + "whenHistoryLost(HistoryLostPolicy.RESTART_FROM_NOW); a mongos has no oplog.",
                error);
    }

    /** @param watcher the watcher's name, which is the checkpoint's, too */
    static Advice otherScope(String watcher, String madeFor, String mine) {
        return new Advice(
                "The checkpoint '" + watcher + "' was made for " + madeFor + ", but this watcher watches " + mine + ".",
                "Give this watcher another name(...), or delete the checkpoint with store.delete(\"" + watcher
                        + "\").");
    }

    Advice foreignCheckpoint(String checkpointOf, String connectedTo) {
        return new Advice(
                "The checkpoint '" + watcher + "' was made on the replica set " + checkpointOf + ", but this client is "
                        + "connected to " + connectedTo
                        + ". A position of one cluster means nothing in another.",
                "Connect to the first, give this watcher another name(...), or delete the checkpoint with store.delete(\""
                        + watcher
                        + "\").");
    }

    Advice positionInTheFuture(BsonTimestamp position, BsonTimestamp present) {
        return new Advice(
                "Cannot resume watcher '" + watcher + "': its position " + inTheFuture(position, present)
                        + ". The server would wait for that time in silence. The position is damaged, or belongs to another "
                        + "cluster, or this one was restored from a backup.",
                "Delete the checkpoint, or correct startFrom(...).");
    }

    static String inTheFuture(BsonTimestamp position, BsonTimestamp present) {
        return "of " + wallTime(position) + " lies in the future of the cluster, whose time is " + wallTime(present);
    }

    HistoryLostException gapWithoutPlace(RuntimeException error) {
        return new HistoryLostException(
                "Cannot go on with watcher '" + watcher + "' on " + place() + " after its history was lost ("
                        + describe(error)
                        + "): the server does not tell where the new stream begins, so that the gap would have no place among the "
                        + "events. Delete the checkpoint to begin anew.",
                error);
    }

    InvalidResumeTokenException invalidToken(RuntimeException error) {
        return new InvalidResumeTokenException(refusedToken(error).text(), error);
    }

    Advice refusedToken(RuntimeException error) {
        String where = store.map(name -> "the checkpoint '" + watcher + "' in " + name)
                .orElse("the token given to startFrom(...)");
        return new Advice(
                "Cannot resume watcher '" + watcher + "': the server refuses the resume token of " + where + " ("
                        + describe(error) + "). It is damaged or belongs to another stream.",
                "Restore " + where
                        + ", or delete it and choose startFrom(StartPosition.at(...)) with a time before the last handled event.");
    }

    /** @param byTimeToo whether the position is one of this watcher, which was looked for by its cluster time as well */
    ConfigurationException tokenNotFound(boolean byTimeToo, RuntimeException error) {
        String sought = byTimeToo
                ? "its position, neither by token nor by cluster time"
                : "the position given to startFrom(...)";
        return new ConfigurationException(
                "Cannot resume watcher '" + watcher + "' on " + place() + ": the server does not find " + sought + " ("
                        + describe(error)
                        + "). Most often a stage of the pipeline removes or changes _id, the resume token, or the token "
                        + "belongs to another stream. Keep _id as it is, and resume the stream that the token comes from."
                        + POINTER,
                error);
    }

    /** @param event which event it is; empty where that could not be found out */
    UndeliverableEventException undeliverable(Optional<Culprit> event, RuntimeException error) {
        UndeliverableCause cause = UndeliverableCause.of(error);
        String message = "Cannot read on with watcher '" + watcher + "' on " + place() + ": "
                + event.map(Culprit::describe).orElse("an event") + " " + cause.problem() + " (" + describe(error) + ")"
                + (event.isPresent() ? ". " : ", and the search for it found nothing. ") + cause.remedy()
                + (event.isPresent()
                        ? ", or choose whenUndeliverable(UndeliverablePolicy.SKIP) to go on without such events."
                        : ".");
        return cause.exception(message, event, error);
    }

    StreamFailedException clientClosed(RuntimeException error) {
        return new StreamFailedException(
                "Watcher '" + watcher
                        + "' stopped: its MongoClient was closed while it was running. Close watchers before "
                        + "their client.",
                error);
    }

    StreamFailedException unknown(Duration tried, RuntimeException error) {
        return new StreamFailedException(
                "Watcher '" + watcher + "' on " + place() + " stopped: " + describe(error)
                        + " is none that ChangeWatch knows, and "
                        + "it has come back for " + tried
                        + ". Its cause has the server's words. Start the watcher again when that is mended.",
                error);
    }

    StreamFailedException givenUp(int failures, RuntimeException error) {
        return new StreamFailedException(
                "Watcher '" + watcher + "' on " + place() + " stopped: the retry policy gave up (failed attempts: "
                        + failures + "), the last with: " + describe(error)
                        + ". Choose a retry(...) that tries longer, or start the watcher again when the server is back.",
                error);
    }

    String place() {
        return scope.map(Namespace::toString).orElse("the cluster");
    }

    /** The kind of error, and its text where that is harmless. */
    static String describe(Throwable error) {
        if (error instanceof MongoCommandException command) {
            return "error " + command.getErrorCode() + " " + command.getErrorCodeName();
        }
        if (error instanceof MongoException mongo && mongo.getCode() > 0) {
            return "error " + mongo.getCode();
        }
        if (error instanceof TooLargeEventException) {
            return Objects.requireNonNull(error.getMessage());
        }
        return error.getClass().getSimpleName() + ": " + error.getMessage();
    }

    private String explanation(RuntimeException error) {
        return remedy(error).equals(CORRECT)
                ? "The server refuses the stream as it is configured; the cause has its words. "
                : "";
    }

    /** What to do about an error that is a mistake in the configuration. */
    String remedy(RuntimeException error) {
        if (error instanceof MongoException mongo && UntrustedCertificate.isCauseOf(mongo)) {
            return untrustedCertificate();
        }
        if (error instanceof MongoSecurityException) {
            return badCredentials();
        }
        if (error instanceof MongoTimeoutException) {
            return "No host of the connection string can be resolved. Correct the host name, or the machine's DNS.";
        }
        return error instanceof MongoException mongo ? remedy(mongo.getCode()) : "See the cause.";
    }

    private String remedy(int code) {
        return switch (code) {
            case 13 -> "Grant the user of the connection the actions changeStream and find on " + resource() + ".";
            case 11, 18 -> badCredentials();
            case 40573 ->
                "The server is not part of a replica set, and only those have change streams. "
                        + TopologyJudgement.STANDALONE_REMEDY;
            case 73 ->
                "Collections of admin, config and local, and system collections, cannot be watched. Watch another "
                        + "namespace, or the whole cluster.";
            case 166 -> place() + " is a view, and views have no change stream. Watch the collection below it.";
            case 47 ->
                "The pre- or post-image of a change does not exist. Switch images on with collMod "
                        + "changeStreamPreAndPostImages, keep them longer, or choose WHEN_AVAILABLE instead of REQUIRED.";
            case 20, 40324 ->
                "A stage of the pipeline is not allowed in a change stream. Allowed are $match, $project, "
                        + "$addFields, $set, $unset, $replaceRoot, $replaceWith and $redact.";
            case 40415, 72, 115, 59 ->
                "The server does not know an option of this watcher. Leave the option out, or use a newer " + "server.";
            default -> CORRECT;
        };
    }

    private String resource() {
        return scope.map(place -> place.collection().isPresent()
                        ? place.toString()
                        : "every collection of database " + place.database() + " (resource {db: \"" + place.database()
                                + "\", collection: \"\"})")
                .orElse("every collection of every database (resource {db: \"\", collection: \"\"})");
    }

    private static String badCredentials() {
        return "The user name, the password or the authentication database is wrong. Correct the credentials in the connection "
                + "string; check authSource.";
    }

    private static String untrustedCertificate() {
        return "The client does not accept the server's certificate: it has expired, it is signed by an authority that the "
                + "client does not trust, or it is made out to another host; the words above tell which. Renew it, give the "
                + "client an SSLContext that trusts the authority, or connect by a host name of the certificate.";
    }

    private static Instant wallTime(BsonTimestamp clusterTime) {
        return Instant.ofEpochSecond(Integer.toUnsignedLong(clusterTime.getTime()));
    }
}
