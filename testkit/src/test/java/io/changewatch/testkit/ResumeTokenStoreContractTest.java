package io.changewatch.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.changewatch.resume.Checkpoint;
import io.changewatch.resume.ResumeTokenStore;
import io.changewatch.resume.StoreLockedException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** What the contract tells the author of a store that breaks a promise: the promise. */
final class ResumeTokenStoreContractTest {

    @Test
    void aStoreThatAcceptsEverythingIsToldWhatItHasToRefuse() {
        Broken careless = new Broken(new Careless());

        assertBreaks(
                careless::refusesAnOlderPosition,
                "[save(...) refuses with a StaleCheckpointException: an earlier cluster time, whatever its token]");
        assertBreaks(
                careless::refusesALowerTermEvenWithALaterPosition,
                "[save(...) refuses with a StaleCheckpointException: a term that is lower by one, although its position is later]");
        assertBreaks(
                careless::refusesNull, "[load(null): an argument that is null is refused with a NullPointerException]");
    }

    @Test
    void aStoreThatForgetsIsToldWhatItHasToKeep() {
        Broken forgetful = new Broken(new Forgetful());

        assertBreaks(
                forgetful::keepsTheCheckpointWhenOpenedAgain,
                "[a store that is opened later finds what was saved last]");
        assertBreaks(
                forgetful::loadsExactlyWhatWasSaved,
                "[load(...) returns every part of what was saved, as Checkpoint.fromBson or fromJson reads it]");
    }

    @Test
    void aStoreThatTakesThePlaceOfWhomItRefusesIsToldSo() {
        Broken disturbed = new Broken(new Disturbed());

        assertBreaks(
                disturbed::leavesAWatcherItsPlaceWhenItRefusesAnother,
                "[who was refused does not disturb the watcher that has the place]");
    }

    /** A description that a later test forgets would leave its reader with "expecting code to raise a throwable". */
    @Test
    void everyTestTellsItsPromise() throws Exception {
        List<String> silent = new ArrayList<>();
        for (Method test : ResumeTokenStoreContract.class.getDeclaredMethods()) {
            if (test.isAnnotationPresent(Test.class) && isSilent(test)) {
                silent.add(test.getName());
            }
        }

        assertThat(silent).isEmpty();
    }

    private static boolean isSilent(Method test) throws IllegalAccessException {
        for (ResumeTokenStore store : List.of(new Careless(), new Forgetful(), new Throwing())) {
            try {
                test.invoke(new Broken(store));
            } catch (InvocationTargetException e) {
                if (e.getCause() instanceof AssertionError error) {
                    return !String.valueOf(error.getMessage()).strip().startsWith("[");
                }
            }
        }
        return false;
    }

    private static void assertBreaks(ThrowingCallable test, String promise) {
        assertThatThrownBy(test).isInstanceOf(AssertionError.class).hasMessageContaining(promise);
    }

    /** The contract over one store, which is not run as a test by itself. */
    private static final class Broken extends ResumeTokenStoreContract {
        private final ResumeTokenStore store;

        private Broken(ResumeTokenStore store) {
            this.store = store;
        }

        @Override
        protected ResumeTokenStore open() {
            return store;
        }
    }

    /** Keeps the last checkpoint of whoever asks. */
    private static class Careless implements ResumeTokenStore {
        private volatile Optional<Checkpoint> last = Optional.empty();

        @Override
        public Optional<Checkpoint> load(String watcher) {
            return last;
        }

        @Override
        public void save(String watcher, Checkpoint checkpoint) {
            last = Optional.ofNullable(checkpoint);
        }

        @Override
        public void delete(String watcher) {}
    }

    private static final class Forgetful extends Careless {
        @Override
        public void save(String watcher, Checkpoint checkpoint) {}
    }

    /** Refuses the second watcher, and then saves nothing for the first. */
    private static final class Disturbed extends Careless {
        private boolean taken;

        @Override
        public void acquire(String watcher) {
            if (taken) {
                throw new StoreLockedException("taken", null);
            }
            taken = true;
        }

        @Override
        public void save(String watcher, Checkpoint checkpoint) {
            if (load(watcher).isEmpty()) {
                super.save(watcher, checkpoint);
            }
        }
    }

    private static final class Throwing extends Careless {
        @Override
        public void acquire(String watcher) {
            throw new IllegalStateException("acquire");
        }

        @Override
        public void delete(String watcher) {
            throw new IllegalStateException("delete");
        }

        @Override
        public void release(String watcher) {
            throw new IllegalStateException("release");
        }
    }
}
