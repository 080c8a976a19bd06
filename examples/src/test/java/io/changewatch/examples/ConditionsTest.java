package io.changewatch.examples;

import static org.assertj.core.api.Assertions.assertThat;

import org.bson.BsonDocument;
import org.junit.jupiter.api.Test;

final class ConditionsTest {
    private static final BsonDocument INSERT = BsonDocument.parse(
            "{operationType: 'insert', fullDocument:"
                    + " {cents: {$numberLong: '250000'}, items: [{sku: 'BELL-1', quantity: 1}, {sku: 'BIKE-9', quantity: 2}]}}");
    private static final BsonDocument UPDATE = BsonDocument.parse(
            "{operationType: 'update', updateDescription: {updatedFields: {status: 'PAID'}, removedFields: []}}");
    private static final BsonDocument DELETE = BsonDocument.parse("{operationType: 'delete'}");

    @Test
    void conditionsAcceptWhatTheirNamesSay() {
        assertThat(Conditions.LARGE.matches(INSERT)).isTrue();
        assertThat(Conditions.LARGE.matches(DELETE)).isFalse();
        assertThat(Conditions.PAID.matches(UPDATE)).isTrue();
        assertThat(Conditions.PAID.matches(INSERT)).isFalse();
        assertThat(Conditions.WITH_A_BIKE.matches(INSERT)).isTrue();
        assertThat(Conditions.WITH_A_BIKE.matches(UPDATE)).isFalse();
        assertThat(Conditions.ALL_BUT_DELETES.matches(UPDATE)).isTrue();
        assertThat(Conditions.ALL_BUT_DELETES.matches(DELETE)).isFalse();
    }
}
