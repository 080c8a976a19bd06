package io.changewatch.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.changewatch.ChangeWatcherBuilder;
import io.changewatch.WatcherState;
import io.changewatch.push.LiveFeedBuilder;
import java.io.IOException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The README and the pages below docs/ say what the code says, as far as a test can tell. */
final class DocumentationTest {
    private static final Path ROOT = Path.of("").toAbsolutePath().getParent();
    private static final Path CORE = ROOT.resolve("core/src/main/java/io/changewatch");
    private static final Path PUSH = ROOT.resolve("push/src/main/java/io/changewatch/push");
    private static final String README = Snippets.read(ROOT.resolve("README.md"));
    private static final String CHANGELOG = Snippets.read(ROOT.resolve("CHANGELOG.md"));
    private static final String ARCHITECTURE = Snippets.read(ROOT.resolve("docs/ARCHITECTURE.md"));

    @Test
    void everyJavaBlockIsARegionOfAnExample() {
        Set<String> regions = Snippets.regionsBelow(ROOT.resolve("examples")).stream()
                .map(Snippets::squeezed)
                .collect(Collectors.toSet());
        List<String> shown = Snippets.blocks(README + ARCHITECTURE);

        assertThat(shown).hasSizeGreaterThanOrEqualTo(5);
        assertThat(shown)
                .allSatisfy(block -> assertThat(regions.contains(Snippets.squeezed(block)))
                        .as("a region of an example is:\n" + block)
                        .isTrue());
    }

    @ParameterizedTest
    @ValueSource(strings = {"README.md", "CHANGELOG.md", "docs/ARCHITECTURE.md"})
    void everyLinkLeadsSomewhere(String page) {
        Path file = ROOT.resolve(page);
        Matcher links = Pattern.compile("\\]\\(([^)#]+)").matcher(Snippets.read(file));
        while (links.find()) {
            String target = links.group(1);
            assertThat(target.startsWith("https://") || Files.exists(file.resolveSibling(target)))
                    .as(target)
                    .isTrue();
        }
    }

    @Test
    void theCoordinatesAreThoseOfThisBuild() {
        String pom = Snippets.read(ROOT.resolve("pom.xml"));
        String version = found("<artifactId>changewatch-parent</artifactId>\\s*<version>([^<]+)", pom);

        assertThat(README).contains("<version>" + version + "</version>");
        assertThat(CHANGELOG).contains("What will be " + version.replace("-SNAPSHOT", "."));
    }

    @Test
    void everyOptionIsListedWithItsDefault() {
        Map<String, String> rows = optionRows("## Options");

        assertThat(rows.keySet()).containsExactlyInAnyOrderElementsOf(options(ChangeWatcherBuilder.class));
        assertThat(rows).containsAllEntriesOf(defaultsInJavadoc(CORE.resolve("ChangeWatcherBuilder.java")));
    }

    @Test
    void everyOptionOfAFeedIsListedWithItsDefault() {
        Map<String, String> rows = optionRows("## Live feed");

        assertThat(rows.keySet()).containsAll(options(LiveFeedBuilder.class));
        assertThat(rows).containsAllEntriesOf(defaultsInJavadoc(PUSH.resolve("LiveFeedBuilder.java")));
    }

    @Test
    void everyMessageOfAFeedIsListed() {
        Matcher types = Pattern.compile("(?:notice|message)\\(\\s*\"([a-z]+)\"|\"type\", \"([a-z]+)\"")
                .matcher(Snippets.read(PUSH.resolve("Encoder.java")));
        while (types.find()) {
            String type = types.group(1) != null ? types.group(1) : types.group(2);
            assertThat(README).contains("`" + type + "`");
        }
    }

    /** Options of a builder as the README writes them: {@code batchSize(int)}. */
    private static List<String> options(Class<?> builder) {
        return Arrays.stream(builder.getDeclaredMethods())
                .filter(method -> Modifier.isPublic(method.getModifiers()))
                .filter(method -> method.getReturnType() == builder)
                .filter(method -> !Set.of("sameStream", "copy").contains(method.getName())) // other builders
                .map(DocumentationTest::signature)
                .toList();
    }

    private static String signature(Method option) {
        return option.getName()
                + Arrays.stream(option.getParameterTypes())
                        .map(Class::getSimpleName)
                        .collect(Collectors.joining(", ", "(", ")"));
    }

    private static Map<String, String> optionRows(String heading) {
        Map<String, String> rows = new TreeMap<>();
        for (String[] cells : rows(README, heading)) {
            for (String option : names(cells[1])) {
                rows.put(option, cells[3].replace("`", "").strip());
            }
        }
        return rows;
    }

    private static Map<String, String> defaultsInJavadoc(Path builder) {
        Matcher documented = Pattern.compile(
                        "/\\*\\*((?:(?!\\*/).)*)\\*/\\s+public \\w+Builder<T> (\\w+\\([^)]*\\))", Pattern.DOTALL)
                .matcher(Snippets.read(builder));
        Map<String, String> defaults = new TreeMap<>();
        while (documented.find()) {
            String option = documented
                    .group(2)
                    .replace("...", "[]")
                    .replaceAll("<[^()]*>(?= )", "")
                    .replaceAll(" \\w+(?=[,)])", "");
            statedDefault(documented.group(1)).ifPresent(text -> defaults.put(option, text));
        }
        assertThat(defaults).hasSizeGreaterThan(15);
        return defaults;
    }

    private static Optional<String> statedDefault(String javadoc) {
        String text = javadoc.replaceAll("\\n\\s*\\*", " ").replaceAll("\\s+", " ");
        text = text.replaceAll("\\{@(?:code|link) #?([^}]+)}", "$1").replace('#', '.');
        Matcher stated = Pattern.compile("Default: (.*?)\\.(?: |$)").matcher(text);
        return stated.find() ? Optional.of(stated.group(1)) : Optional.empty();
    }

    @Test
    void everyExceptionIsInTheFailureTable() throws IOException {
        List<String> listed = rows(README, "## When something fails").stream()
                .flatMap(cells -> names(String.join(" ", cells)).stream())
                .toList();
        try (Stream<Path> rooms = Files.walk(CORE)) {
            List<String> exceptions = rooms.filter(file -> !file.toString().contains("internal"))
                    .map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith("Exception.java"))
                    .map(name -> name.replace(".java", ""))
                    .filter(name -> !name.equals("ChangeWatchException"))
                    .toList();
            assertThat(listed).containsAll(exceptions);
        }
    }

    @Test
    void theFailureTableHasARowForEachKind() throws ClassNotFoundException {
        List<String> kinds = Arrays.stream(Class.forName("io.changewatch.internal.engine.FailureKind")
                        .getEnumConstants())
                .map(Object::toString)
                .toList();
        List<String> listed = rows(ARCHITECTURE, "## 6.").stream()
                .flatMap(cells -> names(cells[1]).stream())
                .toList();

        assertThat(listed).containsExactlyInAnyOrderElementsOf(kinds);
    }

    @Test
    void theFailureTableNamesTheCodesOfEachKind() {
        String classifier = Snippets.read(CORE.resolve("internal/engine/FailureClassifier.java"));
        for (String[] cells : rows(ARCHITECTURE, "## 6.")) {
            String kind = names(cells[1]).get(0);
            Matcher set =
                    Pattern.compile(kind + "\\s+=\\s+Set\\.of\\(([^)]*)\\)").matcher(classifier);
            while (set.find()) {
                assertThat(cells[2].split("\\D+", -1))
                        .as(kind)
                        .contains(set.group(1).strip().split("\\s*,\\s*", -1));
            }
        }
    }

    @Test
    void theLifecycleTableHasEveryEdge() {
        List<String[]> rows = rows(ARCHITECTURE, "## 7.");

        assertThat(rows).hasSameSizeAs(WatcherState.values());
        for (String[] cells : rows) {
            WatcherState from = WatcherState.valueOf(names(cells[1]).get(0));
            List<WatcherState> to =
                    names(cells[2]).stream().map(WatcherState::valueOf).toList();
            assertThat(to)
                    .as(from.name())
                    .containsExactlyElementsOf(Arrays.stream(WatcherState.values())
                            .filter(from::canBecome)
                            .toList());
        }
    }

    /** The rows of the tables below a heading; cell 0 is what stands before the first bar. */
    private static List<String[]> rows(String page, String heading) {
        String section = found("(?ms)^(" + Pattern.quote(heading) + ".*?)(?=^## |\\z)", page);
        List<String[]> rows = section.lines()
                .filter(line -> line.startsWith("| `") || line.matches("\\| [A-Z].*"))
                .map(line -> line.split("\\|", -1))
                .toList();
        assertThat(rows).as(heading).isNotEmpty();
        return rows.get(0)[1].contains("`") ? rows : rows.subList(1, rows.size());
    }

    /** What stands in backticks. */
    private static List<String> names(String cell) {
        return Pattern.compile("`([^`]+)`")
                .matcher(cell)
                .results()
                .map(match -> match.group(1))
                .toList();
    }

    private static String found(String pattern, String text) {
        Matcher matcher = Pattern.compile(pattern).matcher(text);
        assertThat(matcher.find()).as(pattern).isTrue();
        return matcher.group(1);
    }
}
