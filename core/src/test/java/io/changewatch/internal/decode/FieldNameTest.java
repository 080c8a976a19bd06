package io.changewatch.internal.decode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class FieldNameTest {

    @ParameterizedTest
    @ValueSource(strings = {"", "a", "user", "operation", "2345678", "12345678", "fullDocumentBeforeChange", "größe"})
    void isFoundWhereItIsAndNowhereElse(String name) {
        FieldName field = FieldName.of(name);
        for (String other : new String[] {name, name + "x", "x" + name, name.replace('e', 'f'), ""}) {
            for (String behind : new String[] {"", "\u0001\u0002\u0003\u0004\u0005\u0006\u0007\u0008\u0009"}) {
                byte[] bytes = ("??" + other + '\0' + behind).getBytes(StandardCharsets.UTF_8);

                assertThat(field.isAt(bytes, 2, bytes.length))
                        .as("%s in %s", name, other)
                        .isEqualTo(name.equals(other));
            }
        }
    }

    @Test
    void isNotFoundBeyondTheLimit() {
        byte[] bytes = "status\0and what follows".getBytes(StandardCharsets.UTF_8);

        assertThat(FieldName.of("status").isAt(bytes, 0, 7)).isTrue();
        assertThat(FieldName.of("status").isAt(bytes, 0, 6)).isFalse();
    }

    @Test
    void hasNoTerminatorInItself() {
        assertThatThrownBy(() -> FieldName.of("a\0b")).isInstanceOf(IllegalArgumentException.class);
    }
}
