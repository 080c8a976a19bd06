package io.changewatch.examples.orders;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.bson.BsonDocument;

/** Looks whether a client saw every change once and in order: each raises its order's version by one. */
final class VersionAccount {
    private final Map<String, Integer> versions = new HashMap<>();
    private final List<String> problems = new ArrayList<>();
    private int events;

    void saw(BsonDocument message) {
        if (!message.getString("type").getValue().equals("event")) {
            return;
        }
        events++;
        String id = message.getString("id").getValue();
        if (message.getString("operation").getValue().equals("delete")) {
            int last = message.getDocument("data").getInt32("version").getValue();
            Integer seen = versions.remove(id);
            if (seen != null && seen != last) {
                problems.add(id + " was deleted at " + last + ", last seen " + seen);
            }
            return;
        }
        int version = message.getDocument("data").getInt32("version").getValue();
        Integer before = versions.put(id, version);
        boolean isFirst = message.getString("operation").getValue().equals("insert");
        if (isFirst ? before != null || version != 1 : before != null && version != before + 1) {
            problems.add(id + " went from " + before + " to " + version);
        }
    }

    int events() {
        return events;
    }

    List<String> problems() {
        return problems;
    }
}
