package io.changewatch.testkit.simulation;

import static io.changewatch.testkit.simulation.World.millis;
import static io.changewatch.testkit.simulation.World.seconds;

import com.mongodb.MongoException;
import io.changewatch.StartPosition;
import io.changewatch.internal.engine.SourceProvider;
import io.changewatch.internal.source.ChangeCursor;
import io.changewatch.internal.source.ChangeSource;
import io.changewatch.internal.source.ClusterFacts;
import io.changewatch.internal.source.CursorClosedException;
import io.changewatch.internal.source.RawBatch;
import io.changewatch.internal.source.SourceSettings;
import io.changewatch.internal.source.StalledStreamException;
import io.changewatch.testkit.model.Reply;
import io.changewatch.testkit.model.RequestReader;
import io.changewatch.testkit.model.ServerErrors;
import io.changewatch.testkit.model.Stages;
import io.changewatch.testkit.model.StreamCursor;
import io.changewatch.testkit.model.StreamRequest;
import io.changewatch.testkit.simulation.Plan.Fault;
import org.bson.BsonDocument;
import org.bson.BsonTimestamp;

/** The model behind the engine's seam, for one life of the watcher. */
final class SimulatedServer implements SourceProvider {
    private static final long SERVER_SELECTION = seconds(30);
    private static final int[] TRANSIENT = {6, 8, 50, 175, 216, 234, 237, 290, 11601};
    private static final int UNKNOWN = 4_242;

    private final World world;
    private final Ledger ledger;

    SimulatedServer(World world, Ledger ledger) {
        this.world = world;
        this.ledger = ledger;
    }

    /** What a watcher of the plan asks for; with large events split where the server can do that. */
    static StreamRequest request(Plan plan) {
        Stages stages = RequestReader.stages(plan.filter().pipeline());
        return request(
                Simulation.source(plan),
                StartPosition.now(),
                new Stages(stages.early(), stages.late(), stages.kept(), plan.canSplit()));
    }

    private static StreamRequest request(SourceSettings settings, StartPosition start, Stages stages) {
        return new StreamRequest(
                settings.scope(), start, false, stages, settings.fullDocument(), settings.fullDocumentBeforeChange());
    }

    @Override
    public ChangeSource source(SourceSettings settings) {
        return new Source(settings);
    }

    @Override
    public void close() {
        world.scheduler.handOver();
    }

    private final class Source implements ChangeSource {
        private final SourceSettings settings;
        private final Stages stages;
        private final boolean isProbe;
        private boolean closed;

        Source(SourceSettings settings) {
            this.settings = settings;
            this.stages = RequestReader.stages(settings.pipeline());
            this.isProbe = stages.kept().isPresent() || isRestricted(settings);
        }

        /** Only the search for an undeliverable event asks for some events by their tokens. */
        private static boolean isRestricted(SourceSettings settings) {
            return settings.pipeline().stream()
                    .findFirst()
                    .map(stage -> stage.getDocument("$match", new BsonDocument()))
                    .filter(match -> match.isDocument("_id._data"))
                    .filter(match -> match.getDocument("_id._data").containsKey("$in"))
                    .isPresent();
        }

        @Override
        public ChangeCursor open(StartPosition start) throws InterruptedException {
            if (isProbe) {
                ledger.probing(start);
            } else {
                ledger.opening(start);
            }
            pass(millis(1 + world.random.nextInt(5)));
            if (world.areServersDown()) {
                failToOpen();
            }
            if (world.happens(Fault.REFUSED_OPENING, 4)) {
                throw failure(ServerErrors.command(11600, "InterruptedAtShutdown", "", ServerErrors.RESUMABLE));
            }
            if (stages.isSplitting() && !world.plan.canSplit()) {
                throw failure(ServerErrors.command(40324, "Location40324", "Unrecognized pipeline stage name"));
            }
            return open(request(settings, start, stages));
        }

        private ChangeCursor open(StreamRequest request) {
            try {
                StreamCursor cursor = world.servers.open(request);
                if (!isProbe) {
                    ledger.opened(cursor.opening().positionAfter());
                }
                return new Cursor(cursor, settings, isProbe, request.start() instanceof StartPosition.After);
            } catch (MongoException e) {
                throw failure(e);
            }
        }

        @Override
        public ClusterFacts facts() throws InterruptedException {
            askable();
            return new ClusterFacts("simulated/", world.servers.oplog().lastTime());
        }

        @Override
        public BsonTimestamp oldestEntry() throws InterruptedException {
            askable();
            BsonTimestamp oldest = world.servers.oplog().oldestTime();
            ledger.toldOldest(oldest);
            return oldest;
        }

        private void askable() throws InterruptedException {
            pass(millis(1));
            if (world.areServersDown()) {
                failToOpen();
            }
        }

        private void failToOpen() throws InterruptedException {
            if (world.random.nextBoolean()) {
                throw failure(ServerErrors.notPrimary());
            }
            pass(SERVER_SELECTION);
            if (world.areServersDown()) {
                throw failure(ServerErrors.noServer());
            }
        }

        private void pass(long nanos) throws InterruptedException {
            if (closed || world.scheduler.await(() -> closed, world.scheduler.now() + nanos)) {
                throw new CursorClosedException();
            }
        }

        @Override
        public void close() {
            closed = true;
            world.scheduler.handOver();
        }
    }

    private MongoException failure(MongoException error) {
        ledger.failed(error);
        return error;
    }

    private final class Cursor implements ChangeCursor {
        private final StreamCursor cursor;
        private final SourceSettings settings;
        private final boolean isProbe;
        private final boolean isByToken;
        private int batches;
        private boolean exhausted;
        private boolean closed;
        private Reply prefetched;
        private MongoException prefetchedFailure;

        Cursor(StreamCursor cursor, SourceSettings settings, boolean isProbe, boolean isByToken) {
            this.cursor = cursor;
            this.settings = settings;
            this.isProbe = isProbe;
            this.isByToken = isByToken;
        }

        @Override
        public RawBatch next() throws InterruptedException {
            if (!isProbe) {
                ledger.batchDone();
            }
            world.scheduler.handOver();
            throwIfClosed();
            RawBatch batch = ReplyBytes.batch(received(batches == 0 ? cursor.opening() : getMore()));
            batches++;
            if (!exhausted && batches > 1 && world.random.nextInt(3) == 0) {
                prefetch();
            }
            return batch;
        }

        private Reply received(Reply reply) {
            exhausted = reply.isExhausted();
            if (isProbe) {
                ledger.probed(reply);
            } else {
                ledger.batch(reply);
            }
            return reply;
        }

        private Reply getMore() throws InterruptedException {
            if (prefetched != null || prefetchedFailure != null) {
                return takePrefetched();
            }
            fail();
            if (world.scheduler.await(
                    () -> closed || cursor.isReady(),
                    world.scheduler.now() + settings.maxAwait().toNanos())) {
                throwIfClosed();
            }
            return read();
        }

        private Reply read() {
            try {
                return cursor.read(settings.batchSize());
            } catch (MongoException e) {
                throw failure(e);
            }
        }

        /** The server has answered while the batch before is handed out. */
        private void prefetch() {
            if (cursor.isReady()) {
                try {
                    prefetched = cursor.read(settings.batchSize());
                } catch (MongoException e) {
                    prefetchedFailure = e;
                }
            }
        }

        private Reply takePrefetched() {
            Reply reply = prefetched;
            prefetched = null;
            if (reply == null) {
                throw failure(prefetchedFailure);
            }
            return reply;
        }

        private void fail() throws InterruptedException {
            if (world.happens(Fault.NETWORK, 8)) {
                throw failure(ServerErrors.brokenConnection());
            }
            if (world.happens(Fault.LABELLED_ERROR, 8)) {
                throw failure(ServerErrors.command(9_999, "Strange", "", ServerErrors.RESUMABLE));
            }
            if (world.happens(Fault.UNLABELLED_ERROR, 8)) {
                throw failure(ServerErrors.command(TRANSIENT[world.random.nextInt(TRANSIENT.length)], "Code", ""));
            }
            if (world.happens(Fault.UNKNOWN_ERROR, 12)) {
                throw failure(ServerErrors.command(UNKNOWN, "Unknown", ""));
            }
            if (isByToken && batches > 1 && world.happens(Fault.TOKEN_NOT_FOUND, 12)) {
                throw failure(ServerErrors.command(280, "ChangeStreamFatalError", "", ServerErrors.NOT_RESUMABLE));
            }
            if (!isProbe && batches > 1 && world.happens(Fault.SPURIOUS_OVERRUN, 12)) {
                throw failure(ServerErrors.command(136, "CappedPositionLost", ""));
            }
            if (world.happens(Fault.SILENCE, 12)) {
                stall();
            }
        }

        private void stall() throws InterruptedException {
            if (world.scheduler.await(() -> closed, world.scheduler.now() + patience())) {
                throw new CursorClosedException();
            }
            world.history.note(() -> "the server was silent");
            throw new StalledStreamException("simulated");
        }

        private long patience() {
            return settings.maxAwait().plus(settings.unresponsiveAfter()).toNanos();
        }

        private void throwIfClosed() {
            if (closed) {
                throw new CursorClosedException();
            }
        }

        @Override
        public boolean isExhausted() {
            return exhausted;
        }

        @Override
        public void wake() {
            closed = true;
            world.servers.close(cursor);
            world.scheduler.handOver();
        }

        @Override
        public void close() {
            wake();
        }
    }
}
