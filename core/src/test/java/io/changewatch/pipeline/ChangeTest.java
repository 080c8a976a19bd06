package io.changewatch.pipeline;

import static com.mongodb.client.model.changestream.FullDocument.DEFAULT;
import static com.mongodb.client.model.changestream.FullDocument.UPDATE_LOOKUP;
import static com.mongodb.client.model.changestream.FullDocument.WHEN_AVAILABLE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.mongodb.client.model.changestream.FullDocument;
import io.changewatch.pipeline.FieldChange.Difference;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.bson.BsonString;
import org.bson.BsonValue;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

final class ChangeTest {

    private static final State<BsonValue> UNKNOWN = new State.Unknown<>();

    public record Order(String status) {}

    @Test
    void tellsBothStatesFromTheImages() {
        FieldChange status = update(
                        "{status: 'new'}", "{status: 'paid'}", "{updatedFields: {status: 'paid'}}", WHEN_AVAILABLE)
                .field(Order::status);

        assertThat(status)
                .isEqualTo(new FieldChange(
                        "status", true, present("new", Evidence.IMAGE), present("paid", Evidence.IMAGE)));
        assertThat(status.difference()).isEqualTo(Difference.DIFFERENT);
    }

    @Test
    void doesNotTakeWhatWasLookedUpForTheDocumentAfterTheUpdate() {
        Change change = update(null, "{status: 'sent'}", "{updatedFields: {status: 'paid'}}", UPDATE_LOOKUP);

        assertThat(change.after()).isEqualTo(new State.Unknown<>());
        assertThat(change.field("status"))
                .isEqualTo(new FieldChange("status", true, UNKNOWN, present("paid", Evidence.DESCRIPTION)));
        assertThat(change.field("status").difference()).isEqualTo(Difference.UNKNOWN);
    }

    @Test
    void findsNoDocumentBeforeAnInsertAndAfterADelete() {
        Change insert = Change.of(
                BsonDocument.parse("{operationType: 'insert', fullDocument: {status: 'new'}}"), UPDATE_LOOKUP);
        Change delete = Change.of(
                BsonDocument.parse("{operationType: 'delete', fullDocumentBeforeChange: {status: 'new'}}"), DEFAULT);

        assertThat(insert.before()).isEqualTo(new State.Missing<>(Evidence.OPERATION));
        assertThat(insert.field("status"))
                .isEqualTo(
                        new FieldChange("status", true, missing(Evidence.OPERATION), present("new", Evidence.IMAGE)));
        assertThat(insert.field("total").difference()).isEqualTo(Difference.SAME);
        assertThat(delete.after()).isEqualTo(new State.Missing<>(Evidence.OPERATION));
        assertThat(delete.field("status").difference()).isEqualTo(Difference.DIFFERENT);
    }

    @Test
    void doesNotKnowWhatAReplaceReplacedWithoutItsPreImage() {
        BsonDocument replace = BsonDocument.parse(
                "{operationType: 'replace', fullDocument: {status: 'new'}, fullDocumentBeforeChange: null}");

        assertThat(Change.of(replace, DEFAULT).field("status"))
                .isEqualTo(new FieldChange("status", true, UNKNOWN, present("new", Evidence.IMAGE)));
    }

    @Test
    void takesAnEarlierStateOfTheApplicationWhereThereIsNoPreImage() {
        BsonDocument earlier = BsonDocument.parse("{status: 'new', total: 5}");
        Change change =
                update(null, null, "{updatedFields: {status: 'paid'}}", DEFAULT).withBefore(earlier);

        assertThat(change.before()).isEqualTo(new State.Present<>(earlier, Evidence.APPLICATION));
        assertThat(change.field("status").before()).isEqualTo(present("new", Evidence.APPLICATION));
        assertThat(change.field("status").difference()).isEqualTo(Difference.DIFFERENT);
        assertThat(change.field("total").after().value()).contains(new BsonInt32(5));
        assertThat(update("{status: 'open'}", null, "{updatedFields: {status: 'paid'}}", DEFAULT)
                        .withBefore(earlier)
                        .field("status")
                        .before())
                .isEqualTo(present("open", Evidence.IMAGE));
    }

    @Test
    void refusesWhatChangesNoDocument() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Change.of(BsonDocument.parse("{operationType: 'drop'}"), DEFAULT))
                .withMessage(
                        "An event of the type BsonString{value='drop'} changes no document. Ask for the change of a"
                                + " DocumentEvent only.");
    }

    @Test
    void goesIntoArraysByIndexAndGathersByName() {
        Change change = update(
                "{items: [{sku: 'a'}, {sku: 'b'}]}",
                "{items: [{sku: 'a'}]}",
                "{updatedFields: {}, truncatedArrays: [{field: 'items', newSize: 1}]}",
                WHEN_AVAILABLE);

        assertThat(change.field("items.1.sku").before()).isEqualTo(present("b", Evidence.IMAGE));
        assertThat(change.field("items.1.sku").after()).isEqualTo(missing(Evidence.IMAGE));
        assertThat(change.field("items.sku").before().value())
                .contains(BsonDocument.parse("{all: ['a', 'b']}").getArray("all"));
        assertThat(change.field("items.99999999999").after()).isEqualTo(missing(Evidence.IMAGE));
    }

    @Nested
    class OfAnUpdateWithoutOneImage {

        @Test
        void knowsThatAnUntouchedFieldWasTheSame() {
            FieldChange status = update(null, "{status: 'open'}", "{updatedFields: {total: 5}}", WHEN_AVAILABLE)
                    .field("status");

            assertThat(status)
                    .isEqualTo(new FieldChange(
                            "status", false, present("open", Evidence.UNTOUCHED), present("open", Evidence.IMAGE)));
            assertThat(status.difference()).isEqualTo(Difference.SAME);
        }

        @Test
        void knowsThatAnUntouchedFieldIsStillTheSame() {
            Change change =
                    update("{status: 'open'}", "{status: 'later'}", "{updatedFields: {total: 5}}", UPDATE_LOOKUP);

            assertThat(change.field("status").after()).isEqualTo(present("open", Evidence.UNTOUCHED));
            assertThat(change.field("note").after()).isEqualTo(missing(Evidence.UNTOUCHED));
        }

        @Test
        void knowsNothingBeforeAnUpdateOfTheFieldItsParentOrItsChild() {
            Change change = update(
                    null,
                    "{address: {city: 'Bern', zip: 1}}",
                    "{updatedFields: {'address.city': 'Bern'}}",
                    WHEN_AVAILABLE);

            assertThat(change.field("address").before()).isEqualTo(UNKNOWN);
            assertThat(change.field("address.city").before()).isEqualTo(UNKNOWN);
            assertThat(change.field("address.city.name").before()).isEqualTo(UNKNOWN);
            assertThat(change.field("address.zip").before().value()).isPresent();
        }

        @Test
        void saysThatAnUntouchedFieldIsTheSameThoughItIsNotKnown() {
            FieldChange status =
                    update(null, null, "{updatedFields: {total: 5}}", DEFAULT).field("status");

            assertThat(status).isEqualTo(new FieldChange("status", false, UNKNOWN, UNKNOWN));
            assertThat(status.difference()).isEqualTo(Difference.SAME);
        }
    }

    @Nested
    class ByTheDescriptionAlone {

        @Test
        void knowsWhatWasSetAndRemoved() {
            Change change =
                    update(null, null, "{updatedFields: {address: {city: 'Bern'}}, removedFields: ['note']}", DEFAULT);

            assertThat(change.field("address.city").after()).isEqualTo(present("Bern", Evidence.DESCRIPTION));
            assertThat(change.field("address.zip").after()).isEqualTo(missing(Evidence.DESCRIPTION));
            assertThat(change.field("note").after()).isEqualTo(missing(Evidence.DESCRIPTION));
            assertThat(change.field("note.text").after()).isEqualTo(missing(Evidence.DESCRIPTION));
        }

        @Test
        void doesNotKnowAFieldOfWhichAPartWasSet() {
            Change change = update(
                    null,
                    null,
                    "{updatedFields: {'address.city': 'Bern'}, truncatedArrays: [{field: 'items', newSize: 1}]}",
                    DEFAULT);

            assertThat(change.field("address").after()).isEqualTo(UNKNOWN);
            assertThat(change.field("items").after()).isEqualTo(UNKNOWN);
        }

        /** {@code address.city} may be the name of one field. */
        @Test
        void believesADottedNameOnlyWhereItsPartsAreTold() {
            String updated = "{updatedFields: {'address.city': 'Bern', 'items.0': 'a'}, removedFields: ['x.y']";

            assertThat(update(null, null, updated + "}", DEFAULT)
                            .field("address.city")
                            .after())
                    .isEqualTo(UNKNOWN);
            Change told = update(null, null, updated + ", disambiguatedPaths: {'items.0': ['items', 0]}}", DEFAULT);
            assertThat(told.field("address.city").after()).isEqualTo(present("Bern", Evidence.DESCRIPTION));
            assertThat(told.field("items.0").after()).isEqualTo(present("a", Evidence.DESCRIPTION));
            assertThat(told.field("x.y").after()).isEqualTo(missing(Evidence.DESCRIPTION));
            Change oneName =
                    update(null, null, updated + ", disambiguatedPaths: {'address.city': ['address.city']}}", DEFAULT);
            assertThat(oneName.field("address.city").after()).isEqualTo(UNKNOWN);
        }
    }

    private static Change update(String before, String after, String description, FullDocument asked) {
        BsonDocument event = BsonDocument.parse("{operationType: 'update', ns: {db: 'shop', coll: 'orders'}}")
                .append("updateDescription", BsonDocument.parse(description));
        if (before != null) {
            event.append("fullDocumentBeforeChange", BsonDocument.parse(before));
        }
        if (after != null) {
            event.append("fullDocument", BsonDocument.parse(after));
        }
        return Change.of(event, asked);
    }

    private static State<BsonValue> present(String value, Evidence evidence) {
        return new State.Present<>(new BsonString(value), evidence);
    }

    private static State<BsonValue> missing(Evidence evidence) {
        return new State.Missing<>(evidence);
    }
}
