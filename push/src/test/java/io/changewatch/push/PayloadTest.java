package io.changewatch.push;

import static io.changewatch.push.Events.delete;
import static io.changewatch.push.Events.insert;
import static io.changewatch.push.Events.lookedUp;
import static io.changewatch.push.Events.update;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import io.changewatch.event.Invalidate;
import org.bson.BsonDocument;
import org.bson.BsonNull;
import org.bson.Document;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class PayloadTest {
    private final Payload<Document> statusAndTotal = Payload.fields("status", "total");

    private static BsonDocument json(String json) {
        return BsonDocument.parse(json);
    }

    @Test
    void sendsTheNamedFieldsInTheirOrderAndNothingElse() {
        assertThat(statusAndTotal.json(insert(1, json("{total: 5, secret: 'x', status: 'new'}"))))
                .isEqualTo("{\"status\": \"new\", \"total\": 5}");
    }

    @Test
    void leavesOutWhatTheDocumentDoesNotHave() {
        assertThat(statusAndTotal.json(insert(1, json("{total: 5}")))).isEqualTo("{\"total\": 5}");
    }

    @Test
    void sendsAFieldThatIsNull() {
        assertThat(statusAndTotal.json(insert(1, json("{status: null}")))).isEqualTo("{\"status\": null}");
    }

    @Test
    void sendsNothingIfTheDocumentHasNoneOfThem() {
        assertThat(statusAndTotal.json(insert(1, json("{secret: 'x'}")))).isNull();
    }

    @Test
    void sendsWholeValuesInRelaxedExtendedJson() {
        Payload<Document> payload = Payload.fields("at", "long", "real", "key", "in");

        assertThat(payload.json(insert(1, json("""
                        {at: {$date: '2026-05-01T10:00:00Z'}, long: {$numberLong: '7'}, real: 1.5,
                         key: {$oid: '65a1b2c3f00dfacebeef1234'}, in: {city: 'Oslo', tags: ['a', 'ü\\n']}}"""))))
                .isEqualTo("{\"at\": {\"$date\": \"2026-05-01T10:00:00Z\"}, \"long\": 7, \"real\": 1.5, "
                        + "\"key\": {\"$oid\": \"65a1b2c3f00dfacebeef1234\"}, "
                        + "\"in\": {\"city\": \"Oslo\", \"tags\": [\"a\", \"ü\\n\"]}}");
    }

    @Test
    void sendsTheDocumentThatAnUpdateCarries() {
        assertThat(statusAndTotal.json(lookedUp(1, json("{total: 6}"), json("{_id: 1, status: 'paid', total: 7}"))))
                .isEqualTo("{\"status\": \"paid\", \"total\": 7}");
    }

    @Test
    void sendsWhatAnUpdateSetIfItCarriesNoDocument() {
        assertThat(statusAndTotal.json(update(1, json("{total: 6, secret: 'x'}"))))
                .isEqualTo("{\"total\": 6}");
    }

    @Test
    void sendsWhatAnUpdateSetIfItsDocumentIsGone() {
        assertThat(statusAndTotal.json(lookedUp(1, json("{total: 6}"), BsonNull.VALUE)))
                .isEqualTo("{\"total\": 6}");
    }

    @Test
    void sendsNothingOfADelete() {
        assertThat(statusAndTotal.json(delete(1))).isNull();
        assertThat(statusAndTotal.json(delete(1, json("{_id: 1, status: 'new'}"))))
                .isNull();
    }

    @Test
    void sendsNothingOfAnEventWithoutADocument() {
        assertThat(statusAndTotal.json(new Invalidate<>(Events.context(1, Events.event(1, "invalidate")))))
                .isNull();
    }

    @Test
    void refusesToSendNothingAtAll() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Payload.fields())
                .withMessage("fields() sends nothing. Name at least one field, such as fields(\"status\").");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ".", "address.city", "status."})
    void refusesWhatIsNoTopLevelField(String name) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Payload.fields("status", name))
                .withMessage(
                        "fields(\"" + name + "\") is not the name of a top-level field. Name the field that holds it,"
                                + " or write a Payload of your own.");
    }

    @Test
    void refusesNull() {
        assertThatNullPointerException()
                .isThrownBy(() -> Payload.fields("status", null))
                .withMessage("name");
    }
}
