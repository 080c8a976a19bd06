package io.changewatch.resume.mongo;

import java.util.Set;

/** Being one of several that work together. Blocking; used by one thread. */
interface Membership {

    /** The name under which this one is among the members. */
    String self();

    /**
     * Gives a sign of life; returns who has given one lately, this one included.
     *
     * @throws io.changewatch.resume.StoreException if nobody can tell now
     */
    Set<String> beat();

    /**
     * Is no member any more.
     *
     * @throws io.changewatch.resume.StoreException if that could not be told; then it counts as gone after its time
     */
    void leave();
}
