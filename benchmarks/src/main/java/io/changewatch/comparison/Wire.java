package io.changewatch.comparison;

import org.bson.Document;
import org.bson.json.JsonMode;
import org.bson.json.JsonWriterSettings;

/** What processes tell each other: JSON in one line, which keeps apart numbers of different types. */
final class Wire {
    private static final JsonWriterSettings EXACT =
            JsonWriterSettings.builder().outputMode(JsonMode.EXTENDED).build();

    private Wire() {}

    static String line(Document document) {
        return document.toJson(EXACT);
    }

    static Document read(String line) {
        return Document.parse(line);
    }
}
