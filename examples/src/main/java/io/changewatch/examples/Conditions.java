package io.changewatch.examples;

import static io.changewatch.event.OperationType.DELETE;
import static io.changewatch.event.OperationType.INSERT;
import static io.changewatch.pipeline.Condition.changedTo;
import static io.changewatch.pipeline.Condition.document;
import static io.changewatch.pipeline.Condition.field;
import static io.changewatch.pipeline.Condition.operation;
import static io.changewatch.pipeline.Condition.removed;

import io.changewatch.pipeline.Condition;

/** What can be asked of an event: by the server with {@code Pipeline.matching}, and in process with {@code matches}. */
public final class Conditions {

    // @start region="conditions"
    static final Condition LARGE = document(Order::cents).gte(100_000).and(operation(INSERT));
    static final Condition PAID = changedTo("status", "PAID").or(removed("reservation"));
    static final Condition WITH_A_BIKE = document("items")
            .elemMatch(field("sku").regex("^BIKE-").and(field("quantity").gt(0)));
    static final Condition ALL_BUT_DELETES = Condition.not(operation(DELETE));
    // @end

    private Conditions() {}
}
