package io.changewatch.internal.engine;

import static io.changewatch.internal.Unchecked.unchecked;
import static java.util.Objects.requireNonNull;

import io.changewatch.StartPosition;
import io.changewatch.event.ResumeToken;
import io.changewatch.internal.source.ChangeCursor;
import io.changewatch.internal.source.ChangeSource;
import io.changewatch.internal.source.ClusterFacts;
import io.changewatch.internal.source.CursorClosedException;
import io.changewatch.internal.source.OplogWindow;
import io.changewatch.internal.source.RawBatch;
import io.changewatch.internal.source.SourceSettings;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.bson.BsonBinaryWriter;
import org.bson.BsonDocument;
import org.bson.BsonTimestamp;
import org.bson.codecs.BsonDocumentCodec;
import org.bson.codecs.EncoderContext;
import org.bson.io.BasicOutputBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A server that does what a test has written down: one {@link Stream} for each time a watcher opens one, in order. After the
 * last it opens quiet streams.
 *
 * <p>The script is written before the watcher starts; what was recorded may be read at any time.
 */
final class ScriptedSource implements SourceProvider {
    /** Where a stream that is opened now begins, unless its script says otherwise. */
    static final int NOW = 100;

    private static final int PATIENCE_SECONDS = 10;

    private final Queue<Stream> script = new ArrayDeque<>();
    private final CountDownLatch quiet = new CountDownLatch(1);
    private final List<StartPosition> opens = new CopyOnWriteArrayList<>();
    private final List<SourceSettings> settings = new CopyOnWriteArrayList<>();
    private final List<Opened> sources = new CopyOnWriteArrayList<>();
    private final List<Cursor> cursors = new CopyOnWriteArrayList<>();
    private final Queue<Throwable> failingQuestions = new ArrayDeque<>();
    private final Queue<BsonTimestamp> oldest = new ArrayDeque<>();
    private ClusterFacts facts = ClusterFacts.UNKNOWN;
    private volatile boolean closed;
    private Optional<OplogWindow> oplog = Optional.empty();

    /** What the server shows of its oplog; nothing unless this is called. */
    ScriptedSource showsOplog(OplogWindow window) {
        oplog = Optional.of(window);
        return this;
    }

    @Override
    public Optional<OplogWindow> oplogWindow(SourceSettings sourceSettings) {
        return oplog;
    }

    /** What it tells of its cluster. */
    ScriptedSource tells(ClusterFacts told) {
        facts = told;
        return this;
    }

    /** The next question, for the cluster or for the oldest entry, fails. */
    ScriptedSource refusesToTell(Throwable error) {
        failingQuestions.add(error);
        return this;
    }

    /** The next answer to the question for the oldest entry; without one it is refused. */
    ScriptedSource tellsOldest(BsonTimestamp time) {
        oldest.add(time);
        return this;
    }

    /** The next stream; opens at the position it is asked for. */
    Stream opens() {
        return add(new Stream());
    }

    /** The next attempt to open a stream fails. */
    ScriptedSource refuses(Throwable error) {
        add(new Stream()).refusal = error;
        return this;
    }

    /** The next attempt to open a stream hangs until the source is closed. */
    ScriptedSource hangs() {
        add(new Stream()).hanging = true;
        return this;
    }

    private Stream add(Stream stream) {
        script.add(stream);
        return stream;
    }

    /** Where streams were to be opened. */
    List<StartPosition> opened() {
        return opens;
    }

    /** The settings of each source that was made. */
    List<SourceSettings> settings() {
        return settings;
    }

    boolean isClosed() {
        return closed;
    }

    boolean isAllClosed() {
        return cursors.stream().allMatch(Cursor::isClosed) && sources.stream().allMatch(Opened::isClosed);
    }

    /** Waits until the script has come to its end, or to a stream that hangs or falls silent. */
    void awaitQuiet() throws InterruptedException {
        if (!quiet.await(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
            throw new AssertionError("The script has not come to its end; opened so far: " + opens);
        }
    }

    @Override
    public ChangeSource source(SourceSettings sourceSettings) {
        settings.add(sourceSettings);
        Opened source = new Opened();
        sources.add(source);
        return source;
    }

    @Override
    public void close() {
        closed = true;
    }

    /** What happens on one stream. */
    final class Stream {
        private final Queue<Step> steps = new ArrayDeque<>();
        private @Nullable ResumeToken position;
        private boolean withoutPosition;
        private BsonDocument[] first = {};
        private Action whileOpening = () -> {};
        private @Nullable Throwable refusal;
        private boolean hanging;
        private boolean ends;
        private boolean failsToClose;

        /** The position of the opening. */
        Stream at(ResumeToken token) {
            position = token;
            return this;
        }

        /** The server sends no post-batch token with the opening. */
        Stream withoutPosition() {
            withoutPosition = true;
            return this;
        }

        /** The opening brings events already. */
        Stream with(BsonDocument... events) {
            first = events;
            return this;
        }

        /** Something happens, on the watcher's thread, before the opening is answered. */
        Stream whileOpening(Action action) {
            whileOpening = action;
            return this;
        }

        /** A batch with a post-batch token behind its last event. */
        Stream batch(BsonDocument... events) {
            BsonDocument last = events[events.length - 1];
            return batchUpTo(new ResumeToken(last.getDocument("_id")), events);
        }

        /** A batch with this post-batch token. */
        Stream batchUpTo(@Nullable ResumeToken positionAfter, BsonDocument... events) {
            return step(() -> rawBatch(positionAfter, events));
        }

        /** A batch of one event in these bytes. */
        Stream raw(byte[] event, ResumeToken positionAfter) {
            return step(() -> new RawBatch(event, new int[] {0}, positionAfter, null));
        }

        /** A batch that was answered at this time of the server. */
        Stream batchAt(BsonTimestamp serverTime, ResumeToken positionAfter, BsonDocument... events) {
            return step(() -> {
                RawBatch batch = rawBatch(positionAfter, events);
                return new RawBatch(batch.bytes(), batch.offsets(), batch.positionAfter(), serverTime);
            });
        }

        /** An empty batch. */
        Stream idle(ResumeToken positionAfter) {
            return batchUpTo(positionAfter);
        }

        /** Something happens, on the watcher's thread, before the next batch. */
        Stream then(Action action) {
            return step(() -> {
                action.run();
                return null;
            });
        }

        /** The next batch does not come; this error does. */
        ScriptedSource fails(Throwable error) {
            step(() -> {
                throw unchecked(error);
            });
            return ScriptedSource.this;
        }

        /** The server closes the cursor with the last batch. */
        ScriptedSource ends() {
            ends = true;
            return ScriptedSource.this;
        }

        /** Closing its cursor throws. */
        Stream failingToClose() {
            failsToClose = true;
            return this;
        }

        private Stream step(Step step) {
            steps.add(step);
            return this;
        }

        private RawBatch opening(StartPosition start) {
            return rawBatch(withoutPosition ? null : position != null ? position : positionOf(start), first);
        }
    }

    /** One thing that happens; a batch, or nothing that the watcher notices. */
    @FunctionalInterface
    private interface Step {
        @Nullable
        RawBatch run() throws Exception;
    }

    /** Something that happens in a test. */
    @FunctionalInterface
    interface Action {
        void run() throws Exception;
    }

    private static ResumeToken positionOf(StartPosition start) {
        if (start instanceof StartPosition.After after) {
            return after.token();
        }
        return start instanceof StartPosition.At at ? Events.highWater(at.clusterTime()) : Events.highWater(NOW);
    }

    /** A reply that holds {@code events} one behind the other, as {@code RawBatch} wants it. */
    static RawBatch rawBatch(@Nullable ResumeToken positionAfter, BsonDocument... events) {
        BasicOutputBuffer bytes = new BasicOutputBuffer();
        bytes.writeInt32(0); // so that an offset is never zero, as in a real reply
        int[] offsets = new int[events.length];
        for (int i = 0; i < events.length; i++) {
            offsets[i] = bytes.getPosition();
            try (BsonBinaryWriter writer = new BsonBinaryWriter(bytes)) {
                new BsonDocumentCodec()
                        .encode(writer, events[i], EncoderContext.builder().build());
            }
        }
        return new RawBatch(bytes.toByteArray(), offsets, positionAfter, null);
    }

    private final class Opened implements ChangeSource {
        private final CountDownLatch end = new CountDownLatch(1);

        @Override
        public ChangeCursor open(StartPosition start) throws InterruptedException {
            if (isClosed()) {
                throw new CursorClosedException();
            }
            opens.add(start);
            Stream next = script.poll();
            Stream stream = next != null ? next : new Stream();
            if (stream.refusal != null) {
                throw unchecked(requireNonNull(stream.refusal));
            }
            if (stream.hanging) {
                quiet.countDown();
                end.await();
                throw new CursorClosedException();
            }
            Cursor cursor = new Cursor(stream, start);
            cursors.add(cursor);
            return cursor;
        }

        @Override
        public ClusterFacts facts() {
            throwNext();
            return facts;
        }

        @Override
        public BsonTimestamp oldestEntry() {
            throwNext();
            BsonTimestamp next = oldest.poll();
            if (next == null) {
                throw Errors.command(13, "Unauthorized");
            }
            return next;
        }

        private void throwNext() {
            Throwable failure = failingQuestions.poll();
            if (failure != null) {
                throw unchecked(failure);
            }
        }

        private boolean isClosed() {
            return end.getCount() == 0;
        }

        @Override
        public void close() {
            end.countDown();
        }
    }

    private final class Cursor implements ChangeCursor {
        private final Stream stream;
        private final StartPosition start;
        private final CountDownLatch end = new CountDownLatch(1);
        private boolean begun;

        private Cursor(Stream stream, StartPosition start) {
            this.stream = stream;
            this.start = start;
        }

        @Override
        public RawBatch next() throws InterruptedException {
            if (isClosed()) {
                throw new CursorClosedException();
            }
            if (!begun) {
                begun = true;
                return opening();
            }
            for (Step step = stream.steps.poll(); step != null; step = stream.steps.poll()) {
                RawBatch batch = run(step);
                if (batch != null) {
                    return batch;
                }
            }
            quiet.countDown();
            end.await();
            throw new CursorClosedException();
        }

        private RawBatch opening() {
            try {
                stream.whileOpening.run();
            } catch (Exception e) {
                throw unchecked(e);
            }
            if (isClosed()) {
                throw new CursorClosedException();
            }
            return stream.opening(start);
        }

        private @Nullable RawBatch run(Step step) {
            try {
                return step.run();
            } catch (Exception e) {
                throw unchecked(e);
            }
        }

        @Override
        public boolean isExhausted() {
            return begun && stream.ends && stream.steps.isEmpty();
        }

        private boolean isClosed() {
            return end.getCount() == 0;
        }

        @Override
        public void wake() {
            end.countDown();
        }

        @Override
        public void close() {
            end.countDown();
            if (stream.failsToClose) {
                throw new IllegalStateException("the cursor does not close");
            }
        }
    }
}
