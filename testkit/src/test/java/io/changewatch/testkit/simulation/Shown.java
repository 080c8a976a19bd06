package io.changewatch.testkit.simulation;

import io.changewatch.testkit.model.StreamPlace;
import io.changewatch.testkit.model.StreamRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.bson.BsonTimestamp;

/** All that a stream of the plan shows, in order: what a majority has of it, whether or not the oplog still does. */
final class Shown {
    private final World world;
    private final StreamRequest request;
    private final List<StreamPlace> places = new ArrayList<>();
    private int entriesSeen;

    Shown(World world) {
        this.world = world;
        this.request = SimulatedServer.request(world.plan);
    }

    List<StreamPlace> all() {
        int committed = world.servers.oplog().committedSize();
        if (committed > entriesSeen) {
            places.addAll(world.servers.shown(request, entriesSeen));
            entriesSeen = committed;
        }
        return places;
    }

    /** Whether the server cannot deliver it, now. */
    boolean isUndeliverable(StreamPlace place) {
        return world.servers.isUndeliverable(request, place);
    }

    boolean hasUndeliverableAt(BsonTimestamp time) {
        return world.servers.oplog().committed().stream()
                .filter(entry -> entry.time().equals(time))
                .anyMatch(entry -> isUndeliverable(StreamPlace.of(entry)));
    }

    /** The first one after {@code place} but those of {@code without}; null if there is none yet. */
    StreamPlace firstAfter(StreamPlace place, Set<StreamPlace> without) {
        for (StreamPlace item : all()) {
            if (item.compareTo(place) > 0 && !without.contains(item)) {
                return item;
            }
        }
        return null;
    }

    /** How many there are after one place up to another, null for none, but those of {@code without}. */
    long countBetween(StreamPlace after, StreamPlace through, Set<StreamPlace> without) {
        return all().stream()
                .filter(item -> isBetween(after, item, through) && !without.contains(item))
                .count();
    }

    static boolean isBetween(StreamPlace after, StreamPlace item, StreamPlace through) {
        return through != null && item.compareTo(after) > 0 && item.compareTo(through) <= 0;
    }
}
