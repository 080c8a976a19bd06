package io.changewatch.push;

import java.io.Writer;
import org.bson.BsonValue;
import org.bson.codecs.BsonValueCodec;
import org.bson.codecs.EncoderContext;
import org.bson.json.JsonMode;
import org.bson.json.JsonWriter;
import org.bson.json.JsonWriterSettings;

/** One JSON object that is being written, in relaxed extended JSON. Used by one thread. */
final class JsonObject {
    private static final JsonWriterSettings RELAXED =
            JsonWriterSettings.builder().outputMode(JsonMode.RELAXED).build();
    private static final BsonValueCodec VALUES = new BsonValueCodec();
    private static final EncoderContext CONTEXT = EncoderContext.builder().build();

    private final Text text = new Text();
    private final JsonWriter writer = new JsonWriter(text, RELAXED);

    JsonObject() {
        writer.writeStartDocument();
    }

    JsonObject text(String name, String value) {
        writer.writeString(name, value);
        return this;
    }

    JsonObject number(String name, long value) {
        writer.writeInt64(name, value);
        return this;
    }

    JsonObject bool(String name, boolean value) {
        writer.writeBoolean(name, value);
        return this;
    }

    JsonObject value(String name, BsonValue value) {
        writer.writeName(name);
        VALUES.encode(writer, value, CONTEXT);
        return this;
    }

    String end() {
        writer.writeEndDocument();
        return text.toString();
    }

    /** A {@code StringWriter} without its lock, and large enough for most messages from the start. */
    private static final class Text extends Writer {
        private final StringBuilder text = new StringBuilder(512);

        @Override
        public void write(int character) {
            text.append((char) character);
        }

        @Override
        public void write(String part) {
            text.append(part);
        }

        @Override
        public void write(char[] characters, int offset, int length) {
            text.append(characters, offset, length);
        }

        @Override
        public void flush() {
            // It is all there.
        }

        @Override
        public void close() {
            // Nothing is held.
        }

        @Override
        public String toString() {
            return text.toString();
        }
    }
}
