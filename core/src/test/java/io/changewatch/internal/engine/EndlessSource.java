package io.changewatch.internal.engine;

import io.changewatch.StartPosition;
import io.changewatch.internal.source.ChangeCursor;
import io.changewatch.internal.source.ChangeSource;
import io.changewatch.internal.source.ClusterFacts;
import io.changewatch.internal.source.CursorClosedException;
import io.changewatch.internal.source.RawBatch;
import io.changewatch.internal.source.SourceSettings;
import java.util.concurrent.CountDownLatch;
import org.bson.BsonDocument;
import org.bson.BsonTimestamp;

/**
 * A server with a given number of events, in batches of ten, that ends the stream after the last.
 *
 * <p>Thread-safe.
 */
final class EndlessSource implements SourceProvider, ChangeSource {
    private static final int BATCH = 10;

    private final CountDownLatch end = new CountDownLatch(1);
    private final long events;

    EndlessSource(long events) {
        this.events = events;
    }

    @Override
    public ChangeSource source(SourceSettings settings) {
        return this;
    }

    @Override
    public ChangeCursor open(StartPosition position) {
        return new Cursor();
    }

    @Override
    public ClusterFacts facts() {
        return ClusterFacts.UNKNOWN;
    }

    @Override
    public BsonTimestamp oldestEntry() {
        return Events.time(1);
    }

    @Override
    public void close() {
        end.countDown();
    }

    private final class Cursor implements ChangeCursor {
        private long sent;
        private boolean begun;

        @Override
        public RawBatch next() {
            if (end.getCount() == 0) {
                throw new CursorClosedException();
            }
            if (!begun) {
                begun = true;
                return ScriptedSource.rawBatch(Events.highWater(1));
            }
            BsonDocument[] batch = new BsonDocument[(int) Math.min(BATCH, events - sent)];
            for (int i = 0; i < batch.length; i++) {
                batch[i] = Events.insert((int) (2 + sent++));
            }
            return ScriptedSource.rawBatch(Events.highWater((int) (2 + sent)), batch);
        }

        @Override
        public boolean isExhausted() {
            return begun && sent == events;
        }

        @Override
        public void wake() {
            // It never waits.
        }

        @Override
        public void close() {
            // It holds nothing.
        }
    }
}
