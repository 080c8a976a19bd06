package io.changewatch.micro;

import static io.changewatch.pipeline.Condition.document;

import io.changewatch.event.OperationType;
import io.changewatch.pipeline.Condition;
import java.util.concurrent.TimeUnit;
import org.bson.RawBsonDocument;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** Asking in process whether the insert of an order fulfils a condition. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(3)
public class ConditionMatching {
    private final RawBsonDocument event = Events.insert();
    private final Condition operation = Condition.operation(OperationType.INSERT, OperationType.UPDATE);
    private final Condition equal = document("userId").eq("user-234");
    private final Condition both = operation.and(equal);
    private final Condition three = both.and(document("address.city").eq("Springfield"))
            .and(document("cents").lt(1_000_000));
    private final Condition inArray = document("lines.sku").eq("sku-1234");

    /** The operation is one of two. */
    @Benchmark
    public boolean operationType() {
        return operation.matches(event);
    }

    /** A field has a value. */
    @Benchmark
    public boolean field() {
        return equal.matches(event);
    }

    /** The operation, and a field. */
    @Benchmark
    public boolean operationAndField() {
        return both.matches(event);
    }

    /** The operation, a field, one of an embedded document, and a bound. */
    @Benchmark
    public boolean operationAndThreeFields() {
        return three.matches(event);
    }

    /** A field of any element of an array has a value. */
    @Benchmark
    public boolean fieldInArray() {
        return inArray.matches(event);
    }
}
