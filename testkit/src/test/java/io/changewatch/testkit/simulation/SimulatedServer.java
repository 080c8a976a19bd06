package io.changewatch.testkit.simulation;

import static io.changewatch.testkit.simulation.World.millis;
import static io.changewatch.testkit.simulation.World.seconds;

import com.mongodb.MongoException;
import com.mongodb.client.model.changestream.FullDocument;
import com.mongodb.client.model.changestream.FullDocumentBeforeChange;
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
import io.changewatch.testkit.model.ServerErrors;
import io.changewatch.testkit.model.StreamCursor;
import io.changewatch.testkit.model.StreamRequest;
import io.changewatch.testkit.simulation.Plan.Fault;
import org.bson.BsonTimestamp;

/** The model behind the engine's seam, for one life of the watcher. */
final class SimulatedServer implements SourceProvider {
    private static final long MAX_AWAIT = seconds(1);
    private static final long UNRESPONSIVE_AFTER = seconds(10);
    private static final long SERVER_SELECTION = seconds(30);
    private static final int[] TRANSIENT = {6, 8, 50, 175, 216, 234, 237, 290, 11601};
    private static final int UNKNOWN = 424_242;

    private final World world;
    private final Ledger ledger;

    SimulatedServer(World world, Ledger ledger) {
        this.world = world;
        this.ledger = ledger;
    }

    /** What a watcher of the plan asks for. */
    static StreamRequest request(Plan plan, StartPosition start, boolean isSplitting) {
        return new StreamRequest(
                plan.scope(),
                start,
                false,
                event -> !plan.isFiltered()
                        || !event.getString("operationType").getValue().equals("update"),
                FullDocument.DEFAULT,
                FullDocumentBeforeChange.DEFAULT,
                isSplitting);
    }

    @Override
    public ChangeSource source(SourceSettings settings) {
        boolean isSplitting = settings.pipeline().stream()
                .anyMatch(stage -> stage.getFirstKey().equals("$changeStreamSplitLargeEvent"));
        return new Source(isSplitting);
    }

    @Override
    public void close() {
        world.scheduler.handOver();
    }

    private final class Source implements ChangeSource {
        private final boolean isSplitting;
        private boolean closed;

        Source(boolean isSplitting) {
            this.isSplitting = isSplitting;
        }

        @Override
        public ChangeCursor open(StartPosition start) throws InterruptedException {
            ledger.opening(start);
            pass(millis(1 + world.random.nextInt(5)));
            if (world.areServersDown()) {
                failToOpen();
            }
            if (world.happens(Fault.REFUSED_OPENING, 4)) {
                throw failure(ServerErrors.command(11600, "InterruptedAtShutdown", "", ServerErrors.RESUMABLE));
            }
            return open(request(world.plan, start, isSplitting));
        }

        private ChangeCursor open(StreamRequest request) {
            try {
                StreamCursor cursor = world.servers.open(request);
                Cursor open = new Cursor(cursor, request.start() instanceof StartPosition.After);
                ledger.opened(cursor.opening().positionAfter());
                return open;
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
            return world.servers.oplog().oldestTime();
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
        private final boolean isByToken;
        private int batches;
        private boolean exhausted;
        private boolean closed;
        private Reply prefetched;
        private MongoException prefetchedFailure;

        Cursor(StreamCursor cursor, boolean isByToken) {
            this.cursor = cursor;
            this.isByToken = isByToken;
        }

        @Override
        public RawBatch next() throws InterruptedException {
            ledger.batchDone();
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
            ledger.batch(reply);
            return reply;
        }

        private Reply getMore() throws InterruptedException {
            if (prefetched != null || prefetchedFailure != null) {
                return takePrefetched();
            }
            fail();
            if (world.scheduler.await(() -> closed || cursor.isReady(), world.scheduler.now() + MAX_AWAIT)) {
                throwIfClosed();
            }
            return read();
        }

        private Reply read() {
            try {
                return cursor.read(world.plan.batchSize());
            } catch (MongoException e) {
                throw failure(e);
            }
        }

        /** The server has answered while the batch before is handed out. */
        private void prefetch() {
            if (cursor.isReady()) {
                try {
                    prefetched = cursor.read(world.plan.batchSize());
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
            if (batches > 1 && world.happens(Fault.SPURIOUS_OVERRUN, 12)) {
                throw failure(ServerErrors.command(136, "CappedPositionLost", ""));
            }
            if (world.happens(Fault.SILENCE, 12)) {
                stall();
            }
        }

        private void stall() throws InterruptedException {
            if (world.scheduler.await(() -> closed, world.scheduler.now() + MAX_AWAIT + UNRESPONSIVE_AFTER)) {
                throw new CursorClosedException();
            }
            world.history.note(() -> "the server was silent");
            throw new StalledStreamException("simulated");
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
