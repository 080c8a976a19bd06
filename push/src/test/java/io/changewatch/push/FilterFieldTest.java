package io.changewatch.push;

import static io.changewatch.push.Events.delete;
import static io.changewatch.push.Events.insert;
import static io.changewatch.push.Events.lookedUp;
import static io.changewatch.push.Events.update;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import io.changewatch.event.ChangeEvent;
import io.changewatch.pipeline.Condition;
import java.util.List;
import org.bson.BsonDocument;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class FilterFieldTest {
    private static final BsonDocument ANN = BsonDocument.parse("{_id: 1, userId: 'ann', total: 5}");
    private static final BsonDocument BOB = BsonDocument.parse("{_id: 1, userId: 'bob', total: {$numberLong: '6'}}");

    private static boolean passes(FilterField field, ChangeEvent<?> event, String... values) {
        return field.condition(List.of(values)).matches(event.raw());
    }

    @Nested
    final class OfADocument {
        private final FilterField user = FilterField.document("userId");

        @Test
        void passesAnyOfTheValues() {
            assertThat(passes(user, insert(1, ANN), "ann")).isTrue();
            assertThat(passes(user, insert(1, ANN), "bob", "ann")).isTrue();
            assertThat(passes(user, insert(1, ANN), "bob")).isFalse();
        }

        @Test
        void comparesTextOnly() {
            assertThat(passes(FilterField.document("total"), insert(1, ANN), "5"))
                    .isFalse();
        }

        @Test
        void passesNothingThatCarriesNoDocument() {
            assertThat(passes(user, delete(1, ANN), "ann")).isFalse();
            assertThat(passes(user, update(1, new BsonDocument()), "ann")).isFalse();
            assertThat(passes(user, lookedUp(1, new BsonDocument(), ANN), "ann"))
                    .isTrue();
        }

        @Test
        void isNamedByItsPath() {
            assertThat(FilterField.document("address.city").name()).isEqualTo("address.city");
            assertThat(FilterField.document("address.city")).hasToString("FilterField[address.city]");
        }

        @Test
        void refusesWhatIsNoPath() {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> FilterField.document("address..city"))
                    .withMessage(
                            "'address..city' is not a path: it has an empty part or the character U+0000. Write the"
                                    + " names of the fields, joined by single dots, such as address.city.");
            assertThatNullPointerException()
                    .isThrownBy(() -> FilterField.document(null))
                    .withMessage("path");
        }
    }

    @Nested
    final class OfADocumentOrWhatItWas {
        private final FilterField user = FilterField.documentOrBefore("userId");

        @Test
        void passesTheDocumentAsItIsAndAsItWas() {
            assertThat(passes(user, insert(1, ANN), "ann")).isTrue();
            assertThat(passes(user, delete(1, ANN), "ann")).isTrue();
            assertThat(passes(user, delete(1, ANN), "bob")).isFalse();
            assertThat(passes(user, delete(1), "ann")).isFalse();
        }

        @Test
        void isNamedByItsPath() {
            assertThat(user.name()).isEqualTo("userId");
        }
    }

    @Nested
    final class OfANumber {
        private final FilterField total = FilterField.number("total");

        @Test
        void passesAnyOfTheValuesWhateverTheirWidth() {
            assertThat(passes(total, insert(1, ANN), "5")).isTrue();
            assertThat(passes(total, insert(1, BOB), "5", "6")).isTrue();
            assertThat(passes(total, insert(1, BOB), "5")).isFalse();
            assertThat(passes(total, insert(1, BOB), "-9223372036854775808")).isFalse();
        }

        @ParameterizedTest
        @ValueSource(strings = {"", " ", "five", "5.0", "0x5", "9223372036854775808", "5 "})
        void refusesWhatIsNoWholeNumber(String value) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> total.condition(List.of("5", value)))
                    .withMessage("must be a whole number");
        }
    }

    @Nested
    final class OfTheOperation {
        private final FilterField operation = FilterField.operation();

        @Test
        void passesAnyOfTheKindsInAnyLetterCase() {
            assertThat(passes(operation, insert(1), "insert")).isTrue();
            assertThat(passes(operation, delete(1), "INSERT", "Delete")).isTrue();
            assertThat(passes(operation, delete(1), "insert", "update", "replace"))
                    .isFalse();
        }

        @ParameterizedTest
        @ValueSource(strings = {"", "drop", "invalidate", "gap", "insert,delete"})
        void refusesAnythingElse(String value) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> operation.condition(List.of(value)))
                    .withMessage("must be one of insert, update, replace, delete");
        }

        @Test
        void isNamedSo() {
            assertThat(operation.name()).isEqualTo("operation");
        }
    }

    @Nested
    final class OfTheApplication {
        private final FilterField mine =
                FilterField.of("owner", values -> Condition.document("userId").in(values));

        @Test
        void meansWhatTheApplicationSays() {
            assertThat(passes(mine, insert(1, ANN), "ann")).isTrue();
            assertThat(passes(mine, insert(1, ANN), "bob")).isFalse();
        }

        @Test
        void keepsItsMeaningUnderAnotherName() {
            FilterField other = mine.named("by");

            assertThat(other.name()).isEqualTo("by");
            assertThat(mine.name()).isEqualTo("owner");
            assertThat(passes(other, insert(1, ANN), "ann")).isTrue();
        }

        @ParameterizedTest
        @CsvSource(
                delimiter = '|',
                quoteCharacter = '~',
                value = {
                    "~after~ | A filter cannot be named 'after': that is for the position. Choose another name.",
                    "~~ | A filter needs the name of a parameter, such as \"status\".",
                    "~ ~ | A filter needs the name of a parameter, such as \"status\"."
                })
        void refusesANameThatCannotBe(String name, String message) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> FilterField.of(name, Condition.document("userId")::in))
                    .withMessage(message);
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> mine.named(name))
                    .withMessage(message);
        }

        @Test
        void refusesNull() {
            assertThatNullPointerException()
                    .isThrownBy(() -> FilterField.of(null, Condition.document("userId")::in))
                    .withMessage("name");
            assertThatNullPointerException()
                    .isThrownBy(() -> FilterField.of("owner", null))
                    .withMessage("meaning");
        }
    }

    @Test
    void listsNamesInTheirOrder() {
        assertThat(FilterField.names(
                        List.of(FilterField.operation(), FilterField.document("b"), FilterField.number("a"))))
                .isEqualTo("a, b, operation");
        assertThat(FilterField.names(List.of())).isEmpty();
    }

    @Test
    void tellsWhetherNamesAreDistinct() {
        assertThat(FilterField.areDistinct(List.of(FilterField.document("a"), FilterField.document("b"))))
                .isTrue();
        assertThat(FilterField.areDistinct(List.of(FilterField.document("a"), FilterField.number("a"))))
                .isFalse();
    }
}
