package io.changewatch.internal.diagnose;

import static io.changewatch.diagnose.Check.IMAGES;
import static io.changewatch.diagnose.Severity.NOTE;
import static io.changewatch.diagnose.Severity.OK;
import static io.changewatch.diagnose.Severity.PROBLEM;
import static io.changewatch.diagnose.Severity.WARNING;

import io.changewatch.diagnose.Finding;
import io.changewatch.diagnose.Severity;
import io.changewatch.event.Namespace;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bson.BsonArray;
import org.bson.BsonBoolean;
import org.bson.BsonDocument;
import org.bson.BsonNumber;
import org.bson.BsonString;
import org.bson.BsonValue;

/**
 * Whether the collections keep the images that the options ask for, and for long enough.
 *
 * <p>Immutable and thread-safe.
 */
public record ImagesJudgement(Asked asked) {
    private static final int SHOWN = 5;

    /**
     * Findings about the collections; none where no image is asked for.
     *
     * @param collections the answer to {@code listCollections} of each database
     */
    public List<Finding> ofCollections(Map<String, Answer> collections) {
        if (!asked.wantsImages()) {
            return List.of();
        }
        List<Finding> findings = new ArrayList<>();
        List<String> kept = new ArrayList<>();
        List<String> without = new ArrayList<>();
        collections.forEach((database, answer) -> {
            answer.refusal().ifPresent(refusal -> findings.add(unknown(database, refusal)));
            answer.reply().ifPresent(reply -> sort(database, reply, kept, without));
        });
        if (!without.isEmpty()) {
            findings.add(missing(without));
        } else if (!kept.isEmpty()) {
            findings.add(Finding.of(OK, IMAGES, "Images are kept by " + listed(kept) + "."));
        } else if (findings.isEmpty()) {
            findings.add(nothingYet());
        }
        return findings;
    }

    private static Finding unknown(String database, Answer.Refusal refusal) {
        String found =
                "Which collections of " + database + " keep images could not be checked: " + refusal.reason() + ".";
        return refusal.isForWantOfPrivilege()
                ? Finding.of(
                        NOTE,
                        IMAGES,
                        found,
                        "Grant the user listCollections on the resource {db: \"" + database
                                + "\", collection: \"\"}, which the " + "role read has.")
                : Finding.of(NOTE, IMAGES, found);
    }

    private static void sort(String database, BsonDocument reply, List<String> kept, List<String> without) {
        BsonArray batch = reply.getDocument("cursor", new BsonDocument()).getArray("firstBatch", new BsonArray());
        batch.stream()
                .map(BsonValue::asDocument)
                .filter(ImagesJudgement::isWatched)
                .forEach(collection -> {
                    String name = database + "." + string(collection, "name");
                    (keepsImages(collection) ? kept : without).add(name);
                });
    }

    private static boolean isWatched(BsonDocument collection) {
        return string(collection, "type").equals("collection")
                && !string(collection, "name").startsWith("system.");
    }

    private static boolean keepsImages(BsonDocument collection) {
        BsonDocument images = collection
                .getDocument("options", new BsonDocument())
                .getDocument("changeStreamPreAndPostImages", new BsonDocument());
        return BsonBoolean.TRUE.equals(images.get("enabled"));
    }

    private static String string(BsonDocument document, String name) {
        return document.getString(name, new BsonString("")).getValue();
    }

    private Finding missing(List<String> without) {
        boolean isOne = without.size() == 1;
        String collections =
                isOne ? "The collection " + without.get(0) + " keeps" : "No images are kept by " + listed(without);
        String consequence = asked.requiresImages()
                ? "the first change there that needs one fails the stream (error 47)"
                : "events of changes there come without";
        return Finding.of(
                asked.requiresImages() ? PROBLEM : WARNING,
                IMAGES,
                collections + (isOne ? " no images" : "") + ", and " + asked.imageOptions() + " asks for them: "
                        + consequence + ".",
                "Run " + collMod(without.get(0)) + (isOne ? "" : ", and so for each")
                        + ". Changes made before that have none.");
    }

    private static String collMod(String namespace) {
        int dot = namespace.indexOf('.');
        return "db.getSiblingDB(\"" + namespace.substring(0, dot) + "\").runCommand({collMod: \""
                + namespace.substring(dot + 1) + "\", changeStreamPreAndPostImages: {enabled: true}})";
    }

    private static String listed(List<String> names) {
        List<String> shown = names.subList(0, Math.min(SHOWN, names.size()));
        return String.join(", ", shown) + (names.size() > SHOWN ? " and " + (names.size() - SHOWN) + " more" : "");
    }

    private Finding nothingYet() {
        return asked.scope().flatMap(Namespace::collection).isPresent()
                ? Finding.of(
                        WARNING,
                        IMAGES,
                        "The collection " + asked.place()
                                + " does not exist yet; one that is made without more keeps no images.",
                        "Create it with changeStreamPreAndPostImages: {enabled: true}.")
                : Finding.of(NOTE, IMAGES, "There is no collection yet that could keep images.");
    }

    /**
     * Findings about how long images are kept; none where no image is asked for.
     *
     * @param parameter the answer to {@code getClusterParameter: "changeStreamOptions"}
     * @param window what the oplog spans; empty where that is not known, or it has not lost an entry yet
     * @param away how long ago the position is from which the watcher would go on; empty if it begins now
     */
    public List<Finding> ofRetention(Answer parameter, Optional<Duration> window, Optional<Duration> away) {
        if (!asked.wantsImages()) {
            return List.of();
        }
        return List.of(parameter
                .refusal()
                .map(ImagesJudgement::unknownRetention)
                .orElseGet(() -> expiry(parameter.reply().orElseThrow())
                        .map(expiry -> ofExpiry(expiry, window, away))
                        .orElseGet(() ->
                                Finding.of(OK, IMAGES, "Images are kept as long as the oplog keeps their changes."))));
    }

    private static Finding unknownRetention(Answer.Refusal refusal) {
        String found = "How long images are kept could not be checked: " + refusal.reason() + ".";
        return refusal.isForWantOfPrivilege()
                ? Finding.of(
                        NOTE,
                        IMAGES,
                        found,
                        "Grant the user the action getClusterParameter on the resource {cluster: true}.")
                : Finding.of(NOTE, IMAGES, found);
    }

    /** Empty for {@code off}, the default. */
    private static Optional<Duration> expiry(BsonDocument reply) {
        return reply.getArray("clusterParameters", new BsonArray()).stream()
                .map(parameter -> parameter.asDocument().getDocument("preAndPostImages", new BsonDocument()))
                .map(images -> images.get("expireAfterSeconds"))
                .filter(BsonNumber.class::isInstance)
                .map(seconds -> Duration.ofSeconds(((BsonNumber) seconds).longValue()))
                .findFirst();
    }

    private Finding ofExpiry(Duration expiry, Optional<Duration> window, Optional<Duration> away) {
        String kept = "Images expire after " + Span.inWords(expiry);
        if (away.filter(time -> time.compareTo(expiry) > 0).isPresent()) {
            Severity severity = asked.requiresImages() ? PROBLEM : WARNING;
            return lengthen(
                    severity,
                    kept + ", and the watcher goes on from a position of " + Span.inWords(away.get())
                            + " ago: images of the changes until then are gone, and " + consequence());
        }
        if (window.filter(span -> span.compareTo(expiry) > 0).isPresent()) {
            return lengthen(
                    WARNING,
                    kept + ", sooner than the oplog forgets (" + Span.inWords(window.get())
                            + "): a watcher that is away for longer can go on, but without images, and "
                            + consequence());
        }
        return Finding.of(OK, IMAGES, kept + ".");
    }

    private String consequence() {
        return asked.requiresImages()
                ? "each of these events fails the stream (error 47)."
                : "these events come without.";
    }

    private static Finding lengthen(Severity severity, String found) {
        return Finding.of(
                severity,
                IMAGES,
                found,
                "Run db.adminCommand({setClusterParameter: {changeStreamOptions: {preAndPostImages: {expireAfterSeconds: \"off\"}}}})"
                        + ", or with more seconds.");
    }
}
