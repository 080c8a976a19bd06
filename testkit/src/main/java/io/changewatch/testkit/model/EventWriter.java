package io.changewatch.testkit.model;

import com.mongodb.client.model.changestream.FullDocument;
import com.mongodb.client.model.changestream.FullDocumentBeforeChange;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.bson.BsonDateTime;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.bson.BsonNull;
import org.bson.BsonString;
import org.bson.BsonValue;

/** Makes the events of one stream out of entries of the oplog. */
final class EventWriter {
    private final StreamRequest request;
    private final Function<Change, Optional<BsonDocument>> lookup;

    /** A writer that finds the present state of a document with {@code lookup}. */
    EventWriter(StreamRequest request, Function<Change, Optional<BsonDocument>> lookup) {
        this.request = request;
        this.lookup = lookup;
    }

    /** What the stream shows of one entry: an event or its fragments, and perhaps an invalidate. */
    record Item(StreamPlace place, BsonDocument event) {}

    /** Whether the stream shows the entry itself. */
    boolean shows(OplogEntry entry) {
        return entry.change().isIn(request.scope()) && request.filter().test(whole(entry));
    }

    /** Everything the stream shows of {@code entry}, in order. */
    List<Item> items(OplogEntry entry) {
        if (!entry.change().isIn(request.scope())) {
            return List.of();
        }
        List<Item> items = new ArrayList<>();
        BsonDocument event = whole(entry);
        if (request.filter().test(event)) {
            items.addAll(isSplit(entry) ? fragments(entry, event) : List.of(new Item(StreamPlace.of(entry), event)));
        }
        if (entry.change().invalidates(request.scope())) {
            items.add(invalidate(entry));
        }
        return items;
    }

    private boolean isSplit(OplogEntry entry) {
        return request.isSplitting() && entry.change().fragments() > 1;
    }

    private BsonDocument whole(OplogEntry entry) {
        Change change = entry.change();
        BsonDocument event = start(StreamPlace.of(entry), entry, change.operation());
        entry.transaction().ifPresent(event::putAll);
        event.append("ns", Change.place(change.namespace()));
        event.putAll(change.fields());
        addImages(event, change);
        return event;
    }

    private BsonDocument start(StreamPlace place, OplogEntry entry, String operation) {
        return new BsonDocument("_id", token(place, entry))
                .append("operationType", new BsonString(operation))
                .append("clusterTime", entry.time())
                .append("wallTime", new BsonDateTime(entry.time().getTime() * 1000L));
    }

    BsonDocument token(StreamPlace place, OplogEntry entry) {
        Change change = entry.change();
        return TokenText.event(place, request.tokenVersion(), change.operation(), change.key());
    }

    private void addImages(BsonDocument event, Change change) {
        if (!change.isOfDocument()) {
            return;
        }
        if (change.operation().equals("update") && request.fullDocument() != FullDocument.DEFAULT) {
            event.append("fullDocument", image(after(change)));
        }
        if (request.fullDocumentBeforeChange() != FullDocumentBeforeChange.DEFAULT
                && !change.operation().equals("insert")) {
            event.append("fullDocumentBeforeChange", image(change.before()));
        }
    }

    private Optional<BsonDocument> after(Change change) {
        return request.fullDocument() == FullDocument.UPDATE_LOOKUP ? lookup.apply(change) : change.after();
    }

    private static BsonValue image(Optional<BsonDocument> document) {
        return document.isPresent() ? document.get() : BsonNull.VALUE;
    }

    private Item invalidate(OplogEntry entry) {
        StreamPlace place = StreamPlace.of(entry).invalidate();
        return new Item(place, start(place, entry, "invalidate"));
    }

    /** Fragment 1 has what says what happened, the last one the rest; those between have one field each while there are any. */
    private List<Item> fragments(OplogEntry entry, BsonDocument event) {
        int of = entry.change().fragments();
        List<Item> fragments = new ArrayList<>();
        List<String> left = new ArrayList<>(event.keySet());
        left.remove("_id");
        for (int number = 1; number <= of; number++) {
            StreamPlace place = StreamPlace.of(entry).atFragment(number);
            BsonDocument fragment = new BsonDocument("_id", token(place, entry))
                    .append(
                            "splitEvent",
                            new BsonDocument("fragment", new BsonInt32(number)).append("of", new BsonInt32(of)));
            int kept = Math.max(0, Math.min(left.size() - 1, of - number)); // for those behind it
            for (String name : List.copyOf(left.subList(0, left.size() - kept))) {
                fragment.append(name, event.get(name));
                left.remove(name);
            }
            fragments.add(new Item(place, fragment));
        }
        return fragments;
    }
}
