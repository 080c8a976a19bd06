package io.changewatch.pipeline;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Turns what is written inside {@code elemMatch(..)} into a test of an array. */
final class ElementTests {

    private final List<FieldTest> ofElement = new ArrayList<>();
    private boolean asksFields;
    private boolean asksUpdate;
    private boolean asksElementApart;

    private ElementTests() {}

    static FieldTest of(Node condition) {
        ElementTests tests = new ElementTests();
        tests.collect(condition, true);
        tests.requireOneKind();
        return tests.asksFields
                ? new FieldTest.DocumentElement(condition)
                : new FieldTest.ValueElement(tests.checked());
    }

    private void collect(Node node, boolean joinedByAnd) {
        if (node instanceof Node.All all) {
            all.parts().forEach(part -> collect(part, joinedByAnd));
        } else if (node instanceof Node.Any any) {
            any.parts().forEach(part -> collect(part, false));
        } else if (node instanceof Node.Not not) {
            collectNegated(not.part(), joinedByAnd);
        } else if (node instanceof FieldCondition field) {
            collectField(field, field.test(), joinedByAnd);
        } else {
            asksUpdate = true;
        }
    }

    private void collectNegated(Node part, boolean joinedByAnd) {
        if (part instanceof FieldCondition field) {
            collectField(field, new FieldTest.Negated(field.test()), joinedByAnd);
        } else {
            collect(part, false);
        }
    }

    private void collectField(FieldCondition field, FieldTest test, boolean joinedByAnd) {
        if (field.asksTheElementItself()) {
            asksElementApart |= !joinedByAnd;
            ofElement.add(test);
        } else {
            asksFields = true;
        }
    }

    private void requireOneKind() {
        if (asksUpdate) {
            throw new IllegalArgumentException("changed(..) and changedTo(..) are about an event, not about an element"
                    + " of an array. Join them outside of elemMatch(..).");
        }
        if (asksElementApart || (asksFields && !ofElement.isEmpty())) {
            throw new IllegalArgumentException("Inside elemMatch(..), element() can be joined by and with element()"
                    + " only. Use field(..) alone, or join several elemMatch(..) by or.");
        }
    }

    /** The server takes the tests as one document, whose names are the operators. */
    private List<FieldTest> checked() {
        Set<String> operators = new HashSet<>();
        for (FieldTest test : ofElement) {
            for (String operator : test.operator().keySet()) {
                if (!operators.add(operator)) {
                    throw new IllegalArgumentException("Inside elemMatch(..), the operator " + operator
                            + " of element() can be used once only. Combine its values, such as with in(..).");
                }
            }
        }
        return List.copyOf(ofElement);
    }
}
