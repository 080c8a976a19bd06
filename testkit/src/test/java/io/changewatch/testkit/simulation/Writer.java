package io.changewatch.testkit.simulation;

import static io.changewatch.testkit.model.Change.place;
import static io.changewatch.testkit.simulation.World.millis;
import static io.changewatch.testkit.simulation.World.seconds;

import io.changewatch.event.Namespace;
import io.changewatch.testkit.model.Change;
import io.changewatch.testkit.model.ServerErrors;
import io.changewatch.testkit.simulation.Plan.Fault;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.bson.BsonArray;
import org.bson.BsonBoolean;
import org.bson.BsonDocument;
import org.bson.BsonInt32;

/** Those who write into the replica set, and what befalls it. */
final class Writer {
    private static final Namespace OTHER = Namespace.of("shop", "carts");
    private static final Namespace ELSEWHERE = Namespace.of("archive", "orders");

    private final World world;
    private int left;
    private int lastId;

    Writer(World world) {
        this.world = world;
        this.left = world.plan.writes();
    }

    /** Begins to write, until all is written. */
    void begin() {
        world.scheduler.after(delay(), this::step);
        world.scheduler.after(seconds(10), this::writeNoop);
    }

    private void step() {
        befall();
        write();
        if (--left > 0) {
            world.scheduler.after(delay(), this::step);
        } else {
            world.calm();
        }
    }

    private long delay() {
        return switch (world.random.nextInt(8)) {
            case 0, 1, 2 -> millis(world.random.nextInt(10));
            case 3, 4, 5 -> millis(world.random.nextInt(1_000));
            case 6 -> millis(world.random.nextInt(5_000));
            default -> millis(world.random.nextInt(25_000));
        };
    }

    /** The server's own entry every ten seconds, which moves positions on. */
    private void writeNoop() {
        world.servers.write(world.seconds(), Change.noop());
        world.scheduler.after(seconds(10), this::writeNoop);
    }

    boolean isDone() {
        return left <= 0;
    }

    private void write() {
        if (world.happens(Fault.TRANSACTION, 4)) {
            List<Change> changes = new ArrayList<>();
            for (int count = 2 + world.random.nextInt(4); count > 0; count--) {
                changes.add(large(change()));
            }
            world.servers.transaction(world.seconds(), changes);
            world.history.note(() -> "write transaction of " + changes.size() + " at " + time());
        } else {
            Change change = namespaceChange();
            world.servers.write(world.seconds(), change);
            world.history.note(() ->
                    "write " + change.operation() + " " + change.namespace() + " at " + time() + described(change));
        }
    }

    private static String described(Change change) {
        if (change.fragments() == Change.UNSPLITTABLE) {
            return ", too large to be split";
        }
        boolean lacksImage =
                change.before().isEmpty() && List.of("update", "delete").contains(change.operation());
        return (change.fragments() > 1 ? " in " + change.fragments() + " fragments" : "")
                + (lacksImage ? " without an image" : "");
    }

    private String time() {
        var time = world.servers.oplog().lastTime();
        return time.getTime() + "." + time.getInc();
    }

    private Change namespaceChange() {
        if (world.happens(Fault.DROP, 6)) {
            return Change.of("drop", Plan.WATCHED, new BsonDocument());
        }
        if (world.happens(Fault.RENAME, 6)) {
            return world.random.nextBoolean() ? rename(Plan.WATCHED, OTHER) : rename(OTHER, Plan.WATCHED);
        }
        if (world.happens(Fault.DROP_DATABASE, 8)) {
            world.servers.write(world.seconds(), Change.of("drop", Plan.WATCHED, new BsonDocument()));
            return Change.of("dropDatabase", Namespace.of(Plan.WATCHED.database()), new BsonDocument());
        }
        return large(change());
    }

    private Change large(Change change) {
        if (world.happens(Fault.LARGE_EVENT, 5)) {
            return change.inFragments(2 + world.random.nextInt(3));
        }
        return world.happens(Fault.UNSPLITTABLE_EVENT, 6) ? change.inFragments(Change.UNSPLITTABLE) : change;
    }

    private static Change rename(Namespace from, Namespace to) {
        return Change.of("rename", from, new BsonDocument("to", place(to)));
    }

    private Change change() {
        Namespace namespace = switch (world.random.nextInt(8)) {
            case 0 -> OTHER;
            case 1 -> ELSEWHERE;
            default -> Plan.WATCHED;
        };
        return switch (world.random.nextInt(4)) {
            case 0 -> changing("update", namespace, updated());
            case 1 -> changing("delete", namespace, new BsonDocument());
            default -> {
                lastId++;
                BsonDocument document = new BsonDocument("_id", new BsonInt32(lastId));
                yield Change.of("insert", namespace, key(lastId).append("fullDocument", document));
            }
        };
    }

    /** One of the newest three documents. */
    private Change changing(String operation, Namespace namespace, BsonDocument more) {
        int id = Math.max(0, lastId - world.random.nextInt(3));
        BsonDocument fields = key(id);
        fields.putAll(more);
        BsonDocument before =
                new BsonDocument("_id", new BsonInt32(id)).append("odd", BsonBoolean.valueOf(id % 2 == 1));
        boolean isMissing = world.happens(Fault.MISSING_IMAGE, 4);
        return new Change(
                operation, namespace, fields, isMissing ? Optional.empty() : Optional.of(before), Optional.empty(), 1);
    }

    private static BsonDocument key(int id) {
        return new BsonDocument("documentKey", new BsonDocument("_id", new BsonInt32(id)));
    }

    private static BsonDocument updated() {
        BsonDocument description = new BsonDocument("updatedFields", new BsonDocument("n", new BsonInt32(1)))
                .append("removedFields", new BsonArray())
                .append("truncatedArrays", new BsonArray());
        return new BsonDocument("updateDescription", description);
    }

    /** What happens to the servers, and not to one command only. */
    private void befall() {
        if (world.happens(Fault.NO_MAJORITY, 6)) {
            world.history.note(() -> "no majority");
            world.servers.loseMajority();
            world.scheduler.after(millis(world.random.nextInt(30_000)), world.servers::regainMajority);
        }
        if (world.happens(Fault.ELECTION, 6)) {
            elect();
        }
        if (world.happens(Fault.NETWORK, 6)) {
            world.history.note(() -> "connections break");
            world.servers.failCursors(ServerErrors.brokenConnection());
        }
        if (world.happens(Fault.EXPIRED_IMAGES, 8)) {
            world.servers.expireImages();
            world.history.note(() -> "the images so far expire");
        }
        if (world.happens(Fault.ROLL_OVER, 5)) {
            int kept = 1 + world.random.nextInt(12);
            world.servers.rollOver(kept);
            world.history.note(() -> "the oplog keeps " + kept);
        }
    }

    private void elect() {
        int lost = world.servers.elect();
        world.history.note(() -> "election, " + lost + " entries rolled back");
        if (world.random.nextBoolean()) {
            world.servers.failCursors(ServerErrors.brokenConnection());
            world.serversAreDownFor(millis(world.random.nextInt(15_000)));
        }
    }
}
