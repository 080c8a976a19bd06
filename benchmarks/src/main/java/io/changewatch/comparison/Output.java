package io.changewatch.comparison;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.bson.Document;
import org.bson.json.JsonMode;
import org.bson.json.JsonWriterSettings;
import org.jspecify.annotations.Nullable;

/**
 * The files of one command, below {@code benchmarks/target/bench}: what it printed as {@code .md}, a chart as {@code .svg}, and the raw
 * figures as {@code .json} and {@code .csv}.
 *
 * @param name of the command
 */
record Output(String name) {
    private static final Path FOLDER = Path.of("benchmarks", "target", "bench");
    private static final JsonWriterSettings JSON = JsonWriterSettings.builder()
            .outputMode(JsonMode.RELAXED)
            .indent(true)
            .build();

    void result(String markdown) throws IOException {
        Console.result(markdown);
        write("md", markdown + "\n");
        Console.progress("Written to %s", FOLDER.resolve(name + ".*"));
    }

    void chart(BarChart chart) throws IOException {
        write("svg", chart.svg());
    }

    /** The columns are the fields of the first one that hold neither documents nor lists. */
    void raw(List<Document> figures) throws IOException {
        write("json", new Document("runs", figures).toJson(JSON) + "\n");
        List<String> columns = figures.get(0).entrySet().stream()
                .filter(field -> !(field.getValue() instanceof Document) && !(field.getValue() instanceof List<?>))
                .map(field -> field.getKey())
                .toList();
        String rows = figures.stream().map(figure -> row(figure, columns)).collect(Collectors.joining("\n"));
        write("csv", String.join(",", columns) + "\n" + rows + "\n");
    }

    private static String row(Document figure, List<String> columns) {
        return columns.stream().map(column -> cell(figure.get(column))).collect(Collectors.joining(","));
    }

    private static String cell(@Nullable Object value) {
        return value instanceof Double number ? String.format(Locale.ROOT, "%.3f", number) : String.valueOf(value);
    }

    private void write(String ending, String text) throws IOException {
        Files.createDirectories(FOLDER);
        Files.writeString(FOLDER.resolve(name + "." + ending), text);
    }
}
