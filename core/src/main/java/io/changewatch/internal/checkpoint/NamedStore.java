package io.changewatch.internal.checkpoint;

import io.changewatch.resume.ResumeTokenStore;

/** A store that stands for another one, under whose name messages tell of it. */
public interface NamedStore extends ResumeTokenStore {

    /** The name of the other one's class. */
    String name();

    /** What messages call {@code store}. */
    static String of(ResumeTokenStore store) {
        return store instanceof NamedStore named
                ? named.name()
                : store.getClass().getSimpleName();
    }
}
