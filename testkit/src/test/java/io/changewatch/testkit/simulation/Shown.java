package io.changewatch.testkit.simulation;

import io.changewatch.StartPosition;
import io.changewatch.testkit.model.StreamPlace;
import io.changewatch.testkit.model.StreamRequest;
import java.util.ArrayList;
import java.util.List;

/** All that a stream of the plan shows, in order: what a majority has of it, whether or not the oplog still does. */
final class Shown {
    private final World world;
    private final StreamRequest request;
    private final List<StreamPlace> places = new ArrayList<>();
    private int entriesSeen;

    Shown(World world) {
        this.world = world;
        this.request = SimulatedServer.request(world.plan, StartPosition.now(), false);
    }

    List<StreamPlace> all() {
        int committed = world.servers.oplog().committedSize();
        if (committed > entriesSeen) {
            places.addAll(world.servers.shown(request, entriesSeen));
            entriesSeen = committed;
        }
        return places;
    }

    /** The first one after {@code place}; null if there is none yet. */
    StreamPlace firstAfter(StreamPlace place) {
        for (StreamPlace item : all()) {
            if (item.compareTo(place) > 0) {
                return item;
            }
        }
        return null;
    }

    /** How many there are after one place up to another; null for none. */
    long countBetween(StreamPlace after, StreamPlace through) {
        return all().stream().filter(item -> isBetween(after, item, through)).count();
    }

    static boolean isBetween(StreamPlace after, StreamPlace item, StreamPlace through) {
        return through != null && item.compareTo(after) > 0 && item.compareTo(through) <= 0;
    }
}
