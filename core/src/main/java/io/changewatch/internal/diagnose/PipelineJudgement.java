package io.changewatch.internal.diagnose;

import static io.changewatch.diagnose.Check.PIPELINE;
import static io.changewatch.diagnose.Severity.NOTE;

import io.changewatch.diagnose.Finding;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.bson.BsonArray;
import org.bson.BsonDocument;
import org.bson.BsonString;
import org.bson.BsonValue;

/**
 * What is allowed in a pipeline and has a price.
 *
 * <p>Stateless and thread-safe.
 */
public final class PipelineJudgement {
    private static final int MANY = 10;

    private PipelineJudgement() {}

    /** Findings about the stages. */
    public static List<Finding> judge(Asked asked) {
        List<Finding> findings = new ArrayList<>();
        List<BsonDocument> matches = asked.pipeline().stream()
                .filter(stage -> stage.isDocument("$match"))
                .map(stage -> stage.getDocument("$match"))
                .toList();
        if (asked.looksUp() && matches.stream().anyMatch(match -> contains(match, PipelineJudgement::readsDocument))) {
            findings.add(Finding.of(
                    NOTE,
                    PIPELINE,
                    "A condition on the document judges what UPDATE_LOOKUP finds, a later state of it: an update is left out if the "
                            + "document was deleted, or changed again so that it no longer matches. For the same reason the server may not "
                            + "find the watcher's place again (error 280, SERVER-105558); the watcher then goes on by cluster time, and loses "
                            + "nothing by that.",
                    "Keep post-images and ask for FullDocument.WHEN_AVAILABLE or REQUIRED; or judge in the handler."));
        }
        if (matches.stream().anyMatch(match -> contains(match, PipelineJudgement::listsManyNamespaces))) {
            findings.add(Finding.of(
                    NOTE,
                    PIPELINE,
                    "A condition compares ns as a whole with many namespaces, which the server does slowly (SERVER-114532).",
                    "Compare ns.db and ns.coll, as Condition.namespace(...) does."));
        }
        if (matches.stream()
                .anyMatch(match -> contains(match, field -> field.name().equals("$expr")))) {
            findings.add(Finding.of(
                    NOTE,
                    PIPELINE,
                    "A $match with $expr is not applied while the oplog is read, but to each event that was made from it.",
                    "Put what can be said without $expr into a $match of its own before it."));
        }
        return findings;
    }

    private record Field(String name, BsonValue value) {}

    private static boolean contains(BsonValue value, Predicate<Field> sought) {
        if (value instanceof BsonDocument document) {
            return document.entrySet().stream()
                    .anyMatch(entry -> sought.test(new Field(entry.getKey(), entry.getValue()))
                            || contains(entry.getValue(), sought));
        }
        return value instanceof BsonArray array
                && array.stream().anyMatch(element -> sought.test(new Field("", element)) || contains(element, sought));
    }

    private static boolean readsDocument(Field field) {
        return isBelow("fullDocument", field.name())
                || (field.value() instanceof BsonString text && isBelow("$fullDocument", text.getValue()));
    }

    private static boolean isBelow(String document, String path) {
        return path.equals(document) || path.startsWith(document + ".");
    }

    private static boolean listsManyNamespaces(Field field) {
        return field.name().equals("ns")
                && field.value() instanceof BsonDocument condition
                && condition.get("$in") instanceof BsonArray list
                && list.size() >= MANY;
    }
}
