package io.changewatch.testkit.simulation;

import io.changewatch.StartPosition;
import io.changewatch.event.ChangeEvent;
import io.changewatch.event.ResumeToken;
import io.changewatch.internal.deliver.Deliverer;
import io.changewatch.internal.engine.DelivererFactory;
import io.changewatch.internal.source.RawBatch;
import io.changewatch.testkit.model.StreamPlace;
import io.changewatch.testkit.model.TokenText;
import java.util.Optional;
import org.bson.BsonDocument;
import org.bson.BsonTimestamp;

/** What an engine could do wrong. Each is one watcher's: it may remember. */
final class Mutations {
    private Mutations() {}

    /** A broken stream is opened where the server is now. */
    static Mutation reopeningNow() {
        return new SourceMutation() {
            private boolean opened;

            @Override
            void lifeBegins() {
                opened = false;
            }

            @Override
            StartPosition start(StartPosition asked) {
                StartPosition mutated = opened ? StartPosition.now() : asked;
                opened = true;
                return mutated;
            }
        };
    }

    /** Positions of batches in which nothing matches are not kept. */
    static Mutation ignoringIdlePositions() {
        return new SourceMutation() {
            @Override
            RawBatch batch(RawBatch sent, boolean isOpening) {
                return isOpening ? sent : new RawBatch(sent.bytes(), sent.offsets(), null, sent.operationTime());
            }
        };
    }

    /** The position behind a batch counts as handled when its first event is handed out. */
    static Mutation savingTheBatchEarly() {
        return new EarlyBatchPosition();
    }

    /** After a fragment, a broken stream is opened at the fragment. */
    static Mutation resumingAtAFragment() {
        return new SourceMutation() {
            private ResumeToken last;

            @Override
            void lifeBegins() {
                last = null;
            }

            @Override
            RawBatch batch(RawBatch sent, boolean isOpening) {
                last = sent.positionAfter();
                return sent;
            }

            @Override
            StartPosition start(StartPosition asked) {
                return last != null && TokenText.read(last.value()).fragment() > 0 ? StartPosition.after(last) : asked;
            }
        };
    }

    private static final class EarlyBatchPosition extends SourceMutation {
        private ResumeToken position;

        @Override
        RawBatch batch(RawBatch sent, boolean isOpening) {
            position = sent.positionAfter();
            return sent;
        }

        @Override
        public DelivererFactory<BsonDocument> deliverer(DelivererFactory<BsonDocument> real) {
            return (failures, progress, stop) -> {
                Deliverer<BsonDocument> later = real.deliverer(failures, progress, stop);
                return new Deliverer<>() {
                    @Override
                    public boolean deliver(ChangeEvent<BsonDocument> event) throws InterruptedException {
                        StreamPlace behind = TokenText.read(position.value());
                        progress.handled(position, behind.time(), 0);
                        return later.deliver(event);
                    }

                    @Override
                    public void passed(ResumeToken token, BsonTimestamp clusterTime) {
                        later.passed(token, clusterTime);
                    }

                    @Override
                    public void stop() {
                        later.stop();
                    }

                    @Override
                    public void ended(Optional<Throwable> failure) {
                        later.ended(failure);
                    }
                };
            };
        }
    }
}
