package io.changewatch.it;

import java.util.ArrayList;
import java.util.List;
import org.bson.BsonDateTime;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.bson.BsonInt64;
import org.bson.BsonNull;
import org.bson.BsonObjectId;
import org.bson.BsonString;
import org.bson.BsonTimestamp;
import org.bson.BsonValue;

/** A stored checkpoint that is not what was saved, in one place. */
record DocumentDamage(String description, BsonDocument document) {

    private static final List<String> NOT_OF_THE_CHECKPOINT = List.of("_id", "watcher", "heldBy", "heldSince");

    /** Each character of each text and each bit of each number changed; each field missing, null or of another type. */
    static List<DocumentDamage> allOf(BsonDocument checkpoint) {
        List<DocumentDamage> all = new ArrayList<>();
        List<List<String>> paths = new ArrayList<>();
        collect(checkpoint, List.of(), paths);
        for (List<String> path : paths) {
            for (BsonValue value : changed(at(checkpoint, path))) {
                all.add(new DocumentDamage(path + " is " + value, with(checkpoint, path, value)));
            }
            all.add(new DocumentDamage(path + " is missing", without(checkpoint, path)));
        }
        return all;
    }

    private static void collect(BsonDocument document, List<String> above, List<List<String>> paths) {
        document.forEach((name, value) -> {
            List<String> path = new ArrayList<>(above);
            path.add(name);
            if (above.isEmpty() && NOT_OF_THE_CHECKPOINT.contains(name)) {
                return;
            }
            paths.add(path);
            if (value instanceof BsonDocument inner) {
                collect(inner, path, paths);
            }
        });
    }

    private static BsonValue at(BsonDocument document, List<String> path) {
        BsonValue value = document;
        for (String name : path) {
            value = value.asDocument().get(name);
        }
        return value;
    }

    private static List<BsonValue> changed(BsonValue value) {
        List<BsonValue> changed = new ArrayList<>(List.of(BsonNull.VALUE, new BsonObjectId(), new BsonDocument()));
        if (value instanceof BsonString text) {
            changed.addAll(changedCharacters(text.getValue()));
        }
        for (int bit = 0; bit < 64; bit++) {
            BsonValue flipped = flipped(value, bit);
            if (flipped != null) {
                changed.add(flipped);
            }
        }
        return changed;
    }

    /** Hexadecimal digits stay such: a resume token with another one in it is one that a server may accept. */
    private static List<BsonString> changedCharacters(String text) {
        List<BsonString> changed = new ArrayList<>();
        for (int i = 0; i < text.length(); i++) {
            char other = text.charAt(i) == '0' ? '1' : '0';
            changed.add(new BsonString(text.substring(0, i) + other + text.substring(i + 1)));
            changed.add(new BsonString(text.substring(0, i)));
        }
        return changed;
    }

    private static BsonValue flipped(BsonValue value, int bit) {
        long mask = 1L << bit;
        if (value instanceof BsonInt64 number) {
            return new BsonInt64(number.getValue() ^ mask);
        }
        if (value instanceof BsonInt32 number && bit < 32) {
            return new BsonInt32(number.getValue() ^ (int) mask);
        }
        if (value instanceof BsonDateTime time) {
            return new BsonDateTime(time.getValue() ^ mask);
        }
        return value instanceof BsonTimestamp time ? new BsonTimestamp(time.getValue() ^ mask) : null;
    }

    private static BsonDocument with(BsonDocument document, List<String> path, BsonValue value) {
        BsonDocument copy = document.clone();
        parent(copy, path).put(path.get(path.size() - 1), value);
        return copy;
    }

    private static BsonDocument without(BsonDocument document, List<String> path) {
        BsonDocument copy = document.clone();
        parent(copy, path).remove(path.get(path.size() - 1));
        return copy;
    }

    private static BsonDocument parent(BsonDocument copy, List<String> path) {
        return at(copy, path.subList(0, path.size() - 1)).asDocument();
    }
}
