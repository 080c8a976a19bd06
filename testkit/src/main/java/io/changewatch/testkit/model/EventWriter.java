package io.changewatch.testkit.model;

import com.mongodb.MongoException;
import com.mongodb.client.model.changestream.FullDocument;
import com.mongodb.client.model.changestream.FullDocumentBeforeChange;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;
import org.bson.BsonDateTime;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.bson.BsonNull;
import org.bson.BsonString;
import org.bson.BsonValue;
import org.jspecify.annotations.Nullable;

/** Makes the events of one stream out of entries of the oplog. */
final class EventWriter {
    private final StreamRequest request;
    private final Function<Change, Optional<BsonDocument>> lookup;
    private final Predicate<OplogEntry> keepsImages;

    /**
     * A writer for {@code request}.
     *
     * @param lookup finds the present state of a document
     * @param keepsImages whether the images of an entry have not expired
     */
    EventWriter(
            StreamRequest request, Function<Change, Optional<BsonDocument>> lookup, Predicate<OplogEntry> keepsImages) {
        this.request = request;
        this.lookup = lookup;
        this.keepsImages = keepsImages;
    }

    /**
     * What the stream has of one entry: an event or its fragments, and perhaps an invalidate.
     *
     * @param failure what the server answers instead of the event; null if it can be delivered
     * @param isHidden whether the filter leaves it out: an invalidate ends the stream all the same
     */
    record Item(
            StreamPlace place, BsonDocument event, @Nullable MongoException failure, boolean isHidden) {

        static Item of(StreamPlace place, BsonDocument event) {
            return new Item(place, event, null, false);
        }

        BsonDocument token() {
            return event.getDocument("_id");
        }
    }

    /** Everything the stream has of {@code entry}, in order. */
    List<Item> items(OplogEntry entry) {
        if (!entry.change().isIn(request.scope())) {
            return List.of();
        }
        List<Item> items = new ArrayList<>();
        BsonDocument event = withoutImages(entry);
        if (request.stages().early().test(event)) {
            items.addAll(complete(entry, event));
        }
        if (entry.change().invalidates(request.scope())) {
            items.add(invalidate(entry));
        }
        return items;
    }

    /** The server misses an image before it comes to a condition on it, and splits what has passed them all. */
    private List<Item> complete(OplogEntry entry, BsonDocument event) {
        StreamPlace place = StreamPlace.of(entry);
        if (lacksImage(entry)) {
            return List.of(new Item(place, event, ServerErrors.imageMissing(), false));
        }
        addImages(event, entry);
        if (!request.stages().late().test(event)) {
            return List.of();
        }
        boolean isLarge = entry.change().isLarge() && request.stages().kept().isEmpty();
        if (!isLarge) {
            return List.of(Item.of(place, request.stages().sent(event)));
        }
        if (!request.stages().isSplitting()) {
            return List.of(new Item(place, event, ServerErrors.tooLarge(), false));
        }
        return entry.change().fragments() == Change.UNSPLITTABLE
                ? List.of(new Item(place, event, ServerErrors.cannotSplit(), false))
                : fragments(entry, event);
    }

    private boolean lacksImage(OplogEntry entry) {
        Change change = entry.change();
        boolean lacksAfter = request.fullDocument() == FullDocument.REQUIRED
                && change.operation().equals("update")
                && kept(entry, change.after()).isEmpty();
        return lacksAfter
                || (request.fullDocumentBeforeChange() == FullDocumentBeforeChange.REQUIRED
                        && hasBefore(change)
                        && kept(entry, change.before()).isEmpty());
    }

    private Optional<BsonDocument> kept(OplogEntry entry, Optional<BsonDocument> image) {
        return image.filter(document -> keepsImages.test(entry));
    }

    private static boolean hasBefore(Change change) {
        return change.isOfDocument() && !change.operation().equals("insert");
    }

    private BsonDocument withoutImages(OplogEntry entry) {
        Change change = entry.change();
        BsonDocument event = start(StreamPlace.of(entry), entry, change.operation());
        entry.transaction().ifPresent(event::putAll);
        event.append("ns", Change.place(change.namespace()));
        event.putAll(change.fields());
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

    private void addImages(BsonDocument event, OplogEntry entry) {
        Change change = entry.change();
        if (change.operation().equals("update") && request.fullDocument() != FullDocument.DEFAULT) {
            event.append("fullDocument", image(after(entry)));
        }
        if (hasBefore(change) && request.fullDocumentBeforeChange() != FullDocumentBeforeChange.DEFAULT) {
            event.append("fullDocumentBeforeChange", image(kept(entry, change.before())));
        }
    }

    private Optional<BsonDocument> after(OplogEntry entry) {
        Change change = entry.change();
        return request.fullDocument() == FullDocument.UPDATE_LOOKUP
                ? lookup.apply(change)
                : kept(entry, change.after());
    }

    private static BsonValue image(Optional<BsonDocument> document) {
        return document.isPresent() ? document.get() : BsonNull.VALUE;
    }

    private Item invalidate(OplogEntry entry) {
        StreamPlace place = StreamPlace.of(entry).invalidate();
        BsonDocument event = start(place, entry, "invalidate");
        Stages stages = request.stages();
        boolean passes = stages.early().test(event) && stages.late().test(event);
        return new Item(place, stages.sent(event), null, !passes);
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
            fragments.add(Item.of(place, fragment));
        }
        return fragments;
    }
}
