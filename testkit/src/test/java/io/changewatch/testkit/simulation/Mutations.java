package io.changewatch.testkit.simulation;

import com.mongodb.MongoException;
import io.changewatch.ChangeWatcher;
import io.changewatch.StartPosition;
import io.changewatch.event.ChangeEvent;
import io.changewatch.event.DocumentEvent;
import io.changewatch.event.Gap;
import io.changewatch.event.ResumeToken;
import io.changewatch.internal.decode.EventDecoder;
import io.changewatch.internal.decode.EventDecoders;
import io.changewatch.internal.deliver.Deliverer;
import io.changewatch.internal.engine.DelivererFactory;
import io.changewatch.internal.source.ChangeCursor;
import io.changewatch.internal.source.ChangeSource;
import io.changewatch.internal.source.RawBatch;
import io.changewatch.internal.source.SourceSettings;
import io.changewatch.resume.Checkpoint;
import io.changewatch.resume.ResumeTokenStore;
import io.changewatch.testkit.model.StreamPlace;
import io.changewatch.testkit.model.TokenText;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.Optional;
import java.util.function.Function;
import org.bson.BsonDocument;

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
            return (failures, progress, stop) -> new ForwardingDeliverer(real.deliverer(failures, progress, stop)) {
                @Override
                public boolean deliver(ChangeEvent<BsonDocument> event) throws InterruptedException {
                    StreamPlace behind = TokenText.read(position.value());
                    progress.handled(position, behind.time(), 0);
                    return super.deliver(event);
                }
            };
        }
    }

    /** The position of an opening counts as handled at once, though a gap may have to be handed out before. */
    static Mutation savingTheOpening() {
        return new SourceMutation() {
            private Deliverer.Progress progress;

            @Override
            RawBatch batch(RawBatch sent, boolean isOpening) {
                if (isOpening) {
                    StreamPlace place = TokenText.read(sent.positionAfter().value());
                    progress.handled(sent.positionAfter(), place.time(), 0);
                }
                return sent;
            }

            @Override
            public DelivererFactory<BsonDocument> deliverer(DelivererFactory<BsonDocument> real) {
                return (failures, given, stop) -> {
                    progress = given;
                    return real.deliverer(failures, given, stop);
                };
            }
        };
    }

    /** After the server has said that a place is lost, it is asked for it again. */
    static Mutation retryingALostPlace() {
        return new SourceMutation() {
            private StartPosition last;
            private boolean lost;

            @Override
            void lifeBegins() {
                lost = false;
            }

            @Override
            void failed(MongoException error) {
                lost = error.getCode() == 286;
            }

            @Override
            StartPosition start(StartPosition asked) {
                last = lost ? last : asked;
                lost = false;
                return last;
            }
        };
    }

    /** What was handled and comes again, because the stream is opened by cluster time, is handed out again. */
    static Mutation handingOutAgain() {
        return new HandingOutAgain();
    }

    private static final class HandingOutAgain extends SourceMutation {
        private final EventDecoder<BsonDocument> decoder = EventDecoders.of(BsonDocument.class, null);
        private Deliverer<BsonDocument> deliverer;
        private ResumeToken last;
        private boolean byTime;

        @Override
        void lifeBegins() {
            last = null;
        }

        @Override
        StartPosition start(StartPosition asked) {
            byTime = asked instanceof StartPosition.At;
            return asked;
        }

        @Override
        RawBatch batch(RawBatch sent, boolean isOpening) throws InterruptedException {
            for (int offset : byTime && last != null ? sent.offsets() : new int[0]) {
                ChangeEvent<BsonDocument> event = decoder.decode(sent.bytes(), offset);
                if (event.resumeToken().isBefore(last) || event.resumeToken().isAt(last)) {
                    deliverer.deliver(event);
                }
            }
            return sent;
        }

        @Override
        public DelivererFactory<BsonDocument> deliverer(DelivererFactory<BsonDocument> real) {
            return (failures, progress, stop) -> {
                deliverer = real.deliverer(failures, progress, stop);
                return new ForwardingDeliverer(deliverer) {
                    @Override
                    public boolean deliver(ChangeEvent<BsonDocument> event) throws InterruptedException {
                        last = event.resumeToken();
                        return super.deliver(event);
                    }
                };
            };
        }
    }

    /** Nobody is told of what is lost. */
    static Mutation hidingGaps() {
        return new Mutation() {
            @Override
            public DelivererFactory<BsonDocument> deliverer(DelivererFactory<BsonDocument> real) {
                return (failures, progress, stop) -> new ForwardingDeliverer(real.deliverer(failures, progress, stop)) {
                    @Override
                    public boolean deliver(ChangeEvent<BsonDocument> event) throws InterruptedException {
                        if (event instanceof Gap) {
                            progress.handled(event.resumeToken(), event.clusterTime(), 0);
                            return true;
                        }
                        return super.deliver(event);
                    }
                };
            }
        };
    }

    /** With an event that cannot be delivered the one behind it is left out, too. */
    static Mutation leavingOutOneTooMany() {
        return new SourceMutation() {
            private boolean leavesOut;

            @Override
            void asks(SourceSettings settings) {
                leavesOut = settings.pipeline().toString().contains("$nin");
            }

            @Override
            RawBatch batch(RawBatch sent, boolean isOpening) {
                if (!leavesOut || sent.size() == 0) {
                    return sent;
                }
                leavesOut = false;
                int[] rest = Arrays.copyOfRange(sent.offsets(), 1, sent.size());
                return new RawBatch(sent.bytes(), rest, sent.positionAfter(), sent.operationTime());
            }
        };
    }

    /** Each third time the checkpoint before the last is saved once more. */
    static Mutation goingBack() {
        return new Mutation() {
            private final Deque<Checkpoint> saved = new ArrayDeque<>();
            private int saves;

            @Override
            public ResumeTokenStore store(ResumeTokenStore real) {
                return new ResumeTokenStore() {
                    @Override
                    public Optional<Checkpoint> load(String watcher) {
                        return real.load(watcher);
                    }

                    @Override
                    public void save(String watcher, Checkpoint checkpoint) {
                        boolean isThird = ++saves % 3 == 0 && saved.size() > 1;
                        real.save(watcher, isThird ? saved.getFirst() : checkpoint);
                        saved.add(checkpoint);
                        if (saved.size() > 2) {
                            saved.removeFirst();
                        }
                    }

                    @Override
                    public void delete(String watcher) {
                        real.delete(watcher);
                    }
                };
            }
        };
    }

    /** Where a stream is opened by token, the server is asked six times. */
    static Mutation openingTooOften() {
        return new SourceMutation() {
            @Override
            ChangeCursor open(ChangeSource real, StartPosition position) throws InterruptedException {
                for (int times = 0; times < 5 && position instanceof StartPosition.After; times++) {
                    real.open(position).close();
                }
                return real.open(position);
            }
        };
    }

    /** Each event counts as handled when it is, though older ones are not. */
    static Mutation forgettingOlderEvents() {
        return new Mutation() {
            @Override
            public DelivererFactory<BsonDocument> deliverer(DelivererFactory<BsonDocument> real) {
                return (failures, progress, stop) -> real.deliverer(
                        failures,
                        new ForwardingProgress(progress) {
                            @Override
                            public void eventEnds(ChangeEvent<?> event, Duration took) {
                                super.eventEnds(event, took);
                                super.handled(event.resumeToken(), event.clusterTime(), 1);
                            }
                        },
                        stop);
            }
        };
    }

    /** A batch counts as handled when it is handed out, with all behind it. */
    static Mutation reportingBatchesEarly() {
        return new Mutation() {
            private ChangeEvent<BsonDocument> last;

            @Override
            public DelivererFactory<BsonDocument> deliverer(DelivererFactory<BsonDocument> real) {
                return (failures, progress, stop) ->
                        new ForwardingDeliverer(real.deliverer(failures, reportingAtBegin(progress), stop)) {
                            @Override
                            public boolean deliver(ChangeEvent<BsonDocument> event) throws InterruptedException {
                                last = event;
                                return super.deliver(event);
                            }
                        };
            }

            private Deliverer.Progress reportingAtBegin(Deliverer.Progress progress) {
                return new ForwardingProgress(progress) {
                    @Override
                    public void batchBegins() {
                        super.batchBegins();
                        super.handled(last.resumeToken(), last.clusterTime(), 1);
                    }
                };
            }
        };
    }

    /** Each event has a key of its own, also those of one document. */
    static Mutation keepingNoOrder() {
        return new Mutation() {
            @Override
            public Function<DocumentEvent<BsonDocument>, Object> key(
                    Function<DocumentEvent<BsonDocument>, Object> real) {
                return ChangeEvent::resumeToken;
            }
        };
    }

    /** Each fifth time nobody is woken. */
    static Mutation losingWakeUps() {
        return new Mutation() {
            private int signals;

            @Override
            public boolean wakes() {
                return ++signals % 5 != 0;
            }
        };
    }

    /** A watcher that is paused goes on by itself. */
    static Mutation notStayingPaused() {
        return new Mutation() {
            @Override
            public void paused(ChangeWatcher watcher) {
                watcher.resume();
            }
        };
    }
}
