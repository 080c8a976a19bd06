package io.changewatch.testkit.simulation;

import com.mongodb.MongoException;
import io.changewatch.StartPosition;
import io.changewatch.internal.engine.SourceProvider;
import io.changewatch.internal.source.ChangeCursor;
import io.changewatch.internal.source.ChangeSource;
import io.changewatch.internal.source.ClusterFacts;
import io.changewatch.internal.source.RawBatch;
import io.changewatch.internal.source.SourceSettings;
import org.bson.BsonTimestamp;

/** A mutation between the engine and the server: of the position that is asked for, and of the batches that come. */
abstract class SourceMutation implements Mutation {

    /** Another process: nothing is remembered. */
    void lifeBegins() {}

    /** Where the server is asked to open instead. */
    StartPosition start(StartPosition asked) {
        return asked;
    }

    /** How the stream is asked for. */
    void asks(SourceSettings settings) {}

    /** Opens the stream. */
    ChangeCursor open(ChangeSource real, StartPosition position) throws InterruptedException {
        return real.open(position);
    }

    /** The server has refused. */
    void failed(MongoException error) {}

    /** What the engine gets instead; {@code isOpening} for the first of a cursor. */
    RawBatch batch(RawBatch sent, boolean isOpening) throws InterruptedException {
        return sent;
    }

    @Override
    public SourceProvider source(SourceProvider real) {
        lifeBegins();
        return new SourceProvider() {
            @Override
            public ChangeSource source(SourceSettings settings) {
                return new Source(real.source(settings), settings);
            }

            @Override
            public void close() {
                real.close();
            }
        };
    }

    private final class Source implements ChangeSource {
        private final ChangeSource real;
        private final SourceSettings settings;

        Source(ChangeSource real, SourceSettings settings) {
            this.real = real;
            this.settings = settings;
        }

        @Override
        public ChangeCursor open(StartPosition position) throws InterruptedException {
            asks(settings);
            return new Cursor(SourceMutation.this.open(real, start(position)));
        }

        @Override
        public ClusterFacts facts() throws InterruptedException {
            return real.facts();
        }

        @Override
        public BsonTimestamp oldestEntry() throws InterruptedException {
            return real.oldestEntry();
        }

        @Override
        public void close() {
            real.close();
        }
    }

    private final class Cursor implements ChangeCursor {
        private final ChangeCursor real;
        private boolean isOpening = true;

        Cursor(ChangeCursor real) {
            this.real = real;
        }

        @Override
        public RawBatch next() throws InterruptedException {
            RawBatch mutated = batch(read(), isOpening);
            isOpening = false;
            return mutated;
        }

        private RawBatch read() throws InterruptedException {
            try {
                return real.next();
            } catch (MongoException e) {
                failed(e);
                throw e;
            }
        }

        @Override
        public boolean isExhausted() {
            return real.isExhausted();
        }

        @Override
        public void wake() {
            real.wake();
        }

        @Override
        public void close() {
            real.close();
        }
    }
}
