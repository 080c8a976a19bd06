package io.changewatch.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.bson.BsonArray;
import org.bson.BsonValue;
import org.junit.jupiter.api.Test;

final class BsonOrderTest {

    @Test
    void sortsTypesAndValuesAsTheServerDoes() {
        List<BsonValue> sorted = BsonArray.parse("""
                [{$minKey: 1}, null,
                 {$numberDouble: 'NaN'}, {$numberDecimal: '-Infinity'}, -1, 0, {$numberDecimal: '0.1'}, 0.1,
                 9007199254740992.0, {$numberLong: '9007199254740993'}, {$numberDecimal: '1E+6000'},
                 {$numberDouble: 'Infinity'},
                 '', 'A', 'a', 'ab', '\uFFFD', '\uD83D\uDE00',
                 {}, {b: 1}, {b: 1, a: 1}, {c: 1}, {a: 'x'},
                 [], [1], [1, 1], [2],
                 {$binary: {base64: '/w==', subType: '00'}}, {$binary: {base64: 'AQI=', subType: '00'}},
                 {$binary: {base64: 'AAA=', subType: '80'}},
                 {$oid: '507f1f77bcf86cd799439011'}, {$oid: 'ff7f1f77bcf86cd799439011'},
                 false, true,
                 {$date: {$numberLong: '-1'}}, {$date: {$numberLong: '1'}},
                 {$timestamp: {t: 1, i: 1}}, {$timestamp: {t: 4294967295, i: 1}},
                 {$regularExpression: {pattern: 'a', options: ''}}, {$regularExpression: {pattern: 'a', options: 'i'}},
                 DBPointer('b', '507f1f77bcf86cd799439011'),
                 DBPointer('aa', '507f1f77bcf86cd799439011'),
                 {$code: 'a'}, {$code: 'a', $scope: {}}, {$code: 'a', $scope: {x: 1}},
                 {$maxKey: 1}]""").getValues();
        List<BsonValue> shuffled = new ArrayList<>(sorted);
        Collections.shuffle(shuffled, new Random(1));
        shuffled.sort(BsonOrder::compare);

        assertThat(shuffled).isEqualTo(sorted);
    }

    @Test
    void findsNumbersOfDifferentTypesEqual() {
        List<BsonValue> zeros = BsonArray.parse("[0, {$numberLong: '0'}, -0.0, {$numberDecimal: '-0.00'}]")
                .getValues();

        assertThat(zeros)
                .allSatisfy(left -> assertThat(zeros)
                        .allSatisfy(right ->
                                assertThat(BsonOrder.compare(left, right)).isZero()));
    }

    @Test
    void findsATextAndASymbolEqual() {
        List<BsonValue> texts = BsonArray.parse("['a', {$symbol: 'a'}]").getValues();

        assertThat(BsonOrder.compare(texts.get(0), texts.get(1))).isZero();
    }
}
