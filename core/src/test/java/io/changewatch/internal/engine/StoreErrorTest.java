package io.changewatch.internal.engine;

import static io.changewatch.internal.engine.Events.highWater;
import static io.changewatch.internal.engine.Events.insert;
import static io.changewatch.internal.engine.Events.time;
import static io.changewatch.internal.engine.Events.token;
import static org.assertj.core.api.Assertions.assertThat;

import io.changewatch.ConfigurationException;
import io.changewatch.observe.WatcherListener.CheckpointFailed;
import io.changewatch.resume.Checkpoint;
import io.changewatch.resume.CorruptCheckpointException;
import io.changewatch.resume.StoreException;
import io.changewatch.resume.StoreLockedException;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What a store of somebody's own throws, sorted by what another attempt can do about it. */
final class StoreErrorTest {
    private final AcquiredStore store = new AcquiredStore();
    private final WatchSetup setup = new WatchSetup().store(store);

    static Stream<RuntimeException> mistakes() {
        return Stream.of(
                new NullPointerException("nothing there"),
                new NumberFormatException("For input string: \"82\""),
                new ClassCastException("of a String"),
                new IndexOutOfBoundsException(3),
                new UnsupportedOperationException("not written yet"),
                new ArithmeticException("/ by zero"));
    }

    @ParameterizedTest
    @MethodSource("mistakes")
    void aMistakeInTheLoadEndsTheWatcherAtOnce(RuntimeException mistake) throws InterruptedException {
        store.memory.failsToLoad(mistake);

        assertThat(setup.runToFailure())
                .isInstanceOf(StoreException.class)
                .hasMessage("The store AcquiredStore failed for watcher 'orders' with " + mistake
                        + ", which is a mistake in the program and not tried again. Mend the store; for a failure that may"
                        + " pass, let it throw a StoreException.")
                .hasCause(mistake);
        assertThat(setup.time.delays()).isEmpty();
    }

    @ParameterizedTest
    @MethodSource("mistakes")
    void aMistakeInTheFirstSaveEndsTheWatcherAtOnce(RuntimeException mistake) throws InterruptedException {
        store.memory.failsToSave(mistake);

        assertThat(setup.runToFailure()).isInstanceOf(StoreException.class).hasCause(mistake);
        assertThat(setup.listener.all(CheckpointFailed.class)).isEmpty();
    }

    @ParameterizedTest
    @MethodSource("mistakes")
    void aStoreThatHasWorkedIsTriedAgain(RuntimeException mistake) throws InterruptedException {
        setup.maxUnsavedEvents(1)
                .server
                .opens()
                .then(() -> store.memory.failsToSave(mistake))
                .batch(insert(101), insert(102));
        setup.run();

        assertThat(setup.listener.all(CheckpointFailed.class))
                .extracting(CheckpointFailed::cause)
                .containsExactly(mistake);
        assertThat(store.memory.token()).hasValue(token(102));
    }

    @Test
    void noOptionalIsAMistakeOfTheStore() throws InterruptedException {
        store.returnsNull = true;

        assertThat(setup.runToFailure())
                .isInstanceOf(StoreException.class)
                .hasMessageContaining("load(...) returned null; it must return an Optional");
    }

    @Test
    void aDamagedCheckpointIsToldWithTheWatcherAndTheRemedy() throws InterruptedException {
        CorruptCheckpointException bare = new CorruptCheckpointException("It is damaged.", null);
        store.memory.failsToLoad(bare);

        assertThat(setup.runToFailure())
                .isInstanceOf(CorruptCheckpointException.class)
                .hasMessage(
                        "Cannot use the checkpoint of watcher 'orders' in AcquiredStore: It is damaged. Restore it from a backup,"
                                + " or delete it with store.delete(\"orders\") and choose startFrom(...), which leaves out what happened"
                                + " since.")
                .hasCause(bare);
        assertThat(setup.server.opened()).isEmpty();
    }

    @Test
    void aDamagedCheckpointThatASaveFindsIsToldSo() throws InterruptedException {
        store.memory.failsToSave(new CorruptCheckpointException("It is damaged.", null));

        assertThat(setup.runToFailure())
                .isInstanceOf(CorruptCheckpointException.class)
                .hasMessageStartingWith(
                        "Cannot use the checkpoint of watcher 'orders' in AcquiredStore: It is damaged.");
    }

    @Test
    void aStoreThatNamesTheWatcherIsLeftItsWords() throws InterruptedException {
        CorruptCheckpointException told =
                new CorruptCheckpointException("Of watcher 'orders': damaged. Mend it.", null);
        store.memory.failsToLoad(told);

        assertThat(setup.runToFailure()).isSameAs(told);
    }

    @Test
    void aStoreThatCannotWorkAsItIsSetUpEndsTheWatcher() throws InterruptedException {
        ConfigurationException wrong = new ConfigurationException("The folder is a file. Remove it.", null);
        store.failsToAcquire(wrong);

        assertThat(setup.runToFailure()).isSameAs(wrong);
        assertThat(setup.time.delays()).isEmpty();
    }

    @Test
    void aPlaceThatIsTakenIsNotFreedForItsOwner() throws InterruptedException {
        StoreLockedException locked = new StoreLockedException("Another watcher has it.", null);
        store.failsToAcquire(locked);

        assertThat(setup.runToFailure()).isSameAs(locked);
        assertThat(store.memory.isReleased()).isFalse();
    }

    @Test
    void aPlaceIsTakenOnceHoweverOftenTheLoadIsTried() throws InterruptedException {
        store.memory.failsToLoad(store.memory.broken).failsToLoad(store.memory.broken);
        setup.run();

        assertThat(store.acquired).isEqualTo(1);
        assertThat(store.memory.isReleased()).isTrue();
    }

    @Test
    void aPlaceThatCannotBeTakenNowIsTriedAgain() throws InterruptedException {
        store.memory.save("orders", WatchSetup.checkpoint(token(50), time(50)));
        store.failsToAcquire(store.memory.broken);
        setup.server.opens().batch(insert(51));
        setup.run();

        assertThat(setup.handledTimes()).containsExactly(51);
        assertThat(store.memory.tokens()).doesNotContain(highWater(ScriptedSource.NOW));
    }

    /** A memory that can refuse to be taken. */
    private static final class AcquiredStore extends ForwardingStore {
        private final MemoryStore memory;
        private Optional<RuntimeException> refusal = Optional.empty();
        private int acquired;
        private boolean returnsNull;

        private AcquiredStore() {
            this(MemoryStore.empty());
        }

        private AcquiredStore(MemoryStore memory) {
            super(memory);
            this.memory = memory;
        }

        /** The next call of acquire throws this. */
        private void failsToAcquire(RuntimeException failure) {
            refusal = Optional.of(failure);
        }

        @Override
        public void acquire(String watcher) {
            Optional<RuntimeException> next = refusal;
            refusal = Optional.empty();
            next.ifPresent(failure -> {
                throw failure;
            });
            acquired++;
        }

        @Override
        @SuppressWarnings("NullAway") // what a store may do that is not checked
        public Optional<Checkpoint> load(String watcher) {
            return returnsNull ? null : super.load(watcher);
        }
    }
}
