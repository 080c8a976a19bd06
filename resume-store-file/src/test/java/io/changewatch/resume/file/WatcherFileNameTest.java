package io.changewatch.resume.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class WatcherFileNameTest {

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    order-indexer  | order-indexer
                    shop.orders_2  | shop.orders_2
                    Orders         | %4frders
                    a/b            | a%2fb
                    a%2fb          | a%252fb
                    ..             | %2e.
                    .hidden        | %2ehidden
                    con            | %63on
                    nul.txt        | %6eul.txt
                    console        | console
                    händler        | h%c3%a4ndler
                    注             | %e6%b3%a8
                    """)
    void isReadableAndSafe(String watcher, String file) {
        assertThat(WatcherFileName.of(watcher)).isEqualTo(file);
    }

    @Test
    void cutsALongNameAndKeepsItUnique() {
        String longName = "a".repeat(101);

        assertThat(WatcherFileName.of("a".repeat(100))).isEqualTo("a".repeat(100));
        assertThat(WatcherFileName.of(longName)).matches("a{60}-[0-9a-f]{64}");
        assertThat(WatcherFileName.of(longName)).isNotEqualTo(WatcherFileName.of(longName + "a"));
    }

    @Test
    void isNeverSharedEvenWhereCaseDoesNotCount() {
        Random random = new Random(44);
        Map<String, String> watchers = new HashMap<>();
        for (int i = 0; i < 10_000; i++) {
            String watcher = randomName(random);
            String file = WatcherFileName.of(watcher);

            assertThat(file).matches("[a-z0-9%_-][a-z0-9%_.-]*").hasSizeLessThan(130);
            assertThat(file.toLowerCase(Locale.ROOT)).isEqualTo(file);
            assertThat(watchers.putIfAbsent(file, watcher)).isIn(null, watcher);
        }
    }

    @Test
    void refusesANameThatIsNone() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> WatcherFileName.of(""))
                .withMessage("A watcher needs a name to keep its checkpoint in a file.");
    }

    @ParameterizedTest
    @ValueSource(strings = {"a\ud83d", "\ude00b"})
    void refusesHalfASurrogatePair(String watcher) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> WatcherFileName.of(watcher))
                .withMessage(
                        "The watcher's name '%s' is not valid Unicode: it holds half of a surrogate pair.", watcher);
    }

    private static String randomName(Random random) {
        String[] alphabet = {"a", "A", "%", "2", "f", ".", "/", "-", "ä", "😀", " "};
        StringBuilder name = new StringBuilder();
        for (int i = random.nextInt(6) == 0 ? 60 : 1 + random.nextInt(4); i > 0; i--) {
            name.append(alphabet[random.nextInt(alphabet.length)]);
        }
        return name.toString();
    }
}
