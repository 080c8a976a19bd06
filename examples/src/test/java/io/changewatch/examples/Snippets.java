package io.changewatch.examples;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Reads code out of pages, and regions out of sources. */
final class Snippets {
    private static final Pattern JAVA_BLOCK = Pattern.compile("(?ms)^```java\\n(.*?)^```");
    private static final Pattern JAVADOC = Pattern.compile("(?s)/\\*\\*.*?\\*/");
    private static final Pattern START = Pattern.compile("\\s*// @start region=\"[^\"]+\"");
    private static final Pattern END = Pattern.compile("\\s*// @end");

    private Snippets() {}

    /** The Java blocks of a page. */
    static List<String> blocks(String page) {
        return JAVA_BLOCK.matcher(page).results().map(match -> match.group(1)).toList();
    }

    /** The regions of all sources below a folder. */
    static List<String> regionsBelow(Path folder) {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(file -> file.toString().endsWith(".java"))
                    .flatMap(file -> regions(file).stream())
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<String> regions(Path source) {
        List<String> regions = new ArrayList<>();
        Deque<StringBuilder> open = new ArrayDeque<>();
        read(source).lines().forEach(line -> {
            if (START.matcher(line).matches()) {
                open.push(new StringBuilder());
            } else if (END.matcher(line).matches()) {
                regions.add(open.pop().toString());
            } else {
                open.forEach(region -> region.append(line).append('\n'));
            }
        });
        return regions;
    }

    /** Without Javadoc and white space, which a page may set as it likes. */
    static String squeezed(String code) {
        return JAVADOC.matcher(code).replaceAll("").replaceAll("\\s", "");
    }

    static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
