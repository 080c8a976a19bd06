package io.changewatch.pipeline;

import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Turns a condition on the document after a change into the same one on the document before. */
final class BeforeSide {

    private final Set<String> fieldsRead;

    /** Adds to {@code fieldsRead} the fields of the document that conditions read, the whole array where they read an element. */
    BeforeSide(Set<String> fieldsRead) {
        this.fieldsRead = fieldsRead;
    }

    Node of(Node node) {
        if (node instanceof FieldCondition field) {
            return of(field);
        }
        if (node instanceof Node.All all) {
            return new Node.All(all.parts().stream().map(this::of).toList());
        }
        if (node instanceof Node.Any any) {
            return new Node.Any(any.parts().stream().map(this::of).toList());
        }
        if (node instanceof Node.Not not) {
            return new Node.Not(of(not.part()));
        }
        throw refusal("an update");
    }

    private Node of(FieldCondition field) {
        String first = field.parts().get(0);
        if (Membership.STABLE_FIELDS.contains(first)) {
            return field;
        }
        if (!first.equals(Readings.DOCUMENT) || field.parts().size() == 1) {
            throw refusal("'" + field.path() + "'");
        }
        List<String> rest = field.parts().subList(1, field.parts().size());
        fieldsRead.add(withoutIndexes(rest));
        return FieldCondition.of(
                Stream.concat(Stream.of(Readings.DOCUMENT_BEFORE), rest.stream())
                        .collect(Collectors.joining(".")),
                field.test());
    }

    /** A number in a condition is an index or a name in each element, so that every change of the array counts. */
    private static String withoutIndexes(List<String> parts) {
        return Stream.concat(parts.stream().limit(1), parts.stream().skip(1).takeWhile(part -> !Changed.isIndex(part)))
                .collect(Collectors.joining("."));
    }

    private static IllegalArgumentException refusal(String subject) {
        return new IllegalArgumentException(
                "A membership is a matter of documents, and its condition asks for " + subject
                        + ", which is a matter of one event. Use document(..), documentKey(..) and namespace(..) only, and ask the rest"
                        + " of the event in the handler.");
    }
}
