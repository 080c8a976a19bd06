package io.changewatch.pipeline;

import com.mongodb.client.model.changestream.FullDocument;
import com.mongodb.client.model.changestream.FullDocumentBeforeChange;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * What a pipeline needs the events to carry.
 *
 * @param conditions the conditions, all of which an event must fulfil
 * @param paths what raw {@code $match} stages read
 * @param leavesDocumentOut whether no part of {@code fullDocument} is left
 * @param comparesImages whether the states of a document right before and right after each change are needed
 */
record Readings(List<Node> conditions, Set<String> paths, boolean leavesDocumentOut, boolean comparesImages) {

    static final String DOCUMENT = "fullDocument";
    static final String DOCUMENT_BEFORE = "fullDocumentBeforeChange";

    private static final String MISSING_IMAGES =
            "Pipeline.transitionsOf(..) needs each document right before and right after"
                    + " its change. Ask for them with fullDocument(FullDocument.WHEN_AVAILABLE) and"
                    + " fullDocumentBeforeChange(FullDocumentBeforeChange.WHEN_AVAILABLE), or REQUIRED, on a collection that keeps"
                    + " images; what UPDATE_LOOKUP finds may be newer than the change";
    private static final List<String> WITH_DOCUMENT_BEFORE = List.of("update", "replace", "delete");
    private static final List<String> ALWAYS_WITH_DOCUMENT = List.of("insert", "replace");

    static Readings none() {
        return new Readings(List.of(), Set.of(), false, false);
    }

    Readings and(Node condition) {
        List<Node> all = new ArrayList<>(conditions);
        all.add(condition);
        return new Readings(all, paths, leavesDocumentOut, comparesImages);
    }

    Readings and(Set<String> more) {
        Set<String> all = new TreeSet<>(paths);
        all.addAll(more);
        return new Readings(conditions, all, leavesDocumentOut, comparesImages);
    }

    Readings withoutDocument() {
        return new Readings(conditions, paths, true, comparesImages);
    }

    Readings withImagesCompared() {
        return new Readings(conditions, paths, leavesDocumentOut, true);
    }

    List<String> problems(FullDocument after, FullDocumentBeforeChange before) {
        boolean hasAfter = after == FullDocument.WHEN_AVAILABLE || after == FullDocument.REQUIRED;
        boolean hasBefore =
                before == FullDocumentBeforeChange.WHEN_AVAILABLE || before == FullDocumentBeforeChange.REQUIRED;
        return comparesImages && !(hasAfter && hasBefore)
                ? List.of(MISSING_IMAGES)
                : problems(after != FullDocument.DEFAULT, hasBefore);
    }

    List<String> problems(boolean updatesCarryDocument, boolean eventsCarryDocumentBefore) {
        Set<String> ofUpdates = updatesCarryDocument ? Set.of() : read(List.of("update"), DOCUMENT);
        Set<String> before = eventsCarryDocumentBefore ? Set.of() : read(WITH_DOCUMENT_BEFORE, DOCUMENT_BEFORE);
        return Stream.of(
                        ofUpdates.stream().map(Readings::missingDocument),
                        before.stream().map(Readings::missingDocumentBefore),
                        leftOut().stream())
                .flatMap(problems -> problems)
                .toList();
    }

    /** The paths that decide whether one of the operations passes. */
    private Set<String> read(List<String> operations, String document) {
        Set<String> read = new TreeSet<>();
        for (String operation : operations) {
            Outcome outcome = outcome(operation, document);
            read.addAll(outcome.undecided());
            if (outcome.truth() != Outcome.Truth.FALSE) {
                paths.stream()
                        .filter(path -> Envelope.isAtOrBelow(path, document))
                        .forEach(read::add);
            }
        }
        return read;
    }

    private Outcome outcome(String operation, String document) {
        return Outcome.all(conditions.stream()
                .map(condition -> condition.outcome(operation, document))
                .toList());
    }

    private List<String> leftOut() {
        boolean passes = ALWAYS_WITH_DOCUMENT.stream()
                .anyMatch(operation -> outcome(operation, DOCUMENT).truth() != Outcome.Truth.FALSE);
        return leavesDocumentOut && passes
                ? List.of("The pipeline leaves out fullDocument, which inserts and replaces are handed out with. Keep"
                        + " what you need of it, such as keepFields(document(\"total\")), or leave these operations out"
                        + " with operation(UPDATE, DELETE).")
                : List.of();
    }

    private static String missingDocument(String path) {
        return "The pipeline filters on '" + path
                + "', which updates do not carry, so they would be judged as if it were"
                + " missing. Ask for it with fullDocument(FullDocument.UPDATE_LOOKUP), or leave updates out with"
                + " operation(INSERT, REPLACE).";
    }

    private static String missingDocumentBefore(String path) {
        return "The pipeline filters on '" + path + "', which no event carries. Ask for it with"
                + " fullDocumentBeforeChange(FullDocumentBeforeChange.WHEN_AVAILABLE), on a collection that keeps"
                + " pre-images, or remove the condition.";
    }
}
