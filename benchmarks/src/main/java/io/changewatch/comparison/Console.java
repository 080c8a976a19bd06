package io.changewatch.comparison;

import java.util.Locale;

/** What is printed: progress beside the result, so that the result can be redirected. */
final class Console {
    private Console() {}

    static void progress(String format, Object... values) {
        System.err.println(String.format(Locale.ROOT, format, values));
    }

    static void result(String text) {
        System.out.println(text);
    }
}
