package io.changewatch.internal.deliver;

import org.jspecify.annotations.Nullable;

/** What a thread of a deliverer's has failed with, on the watcher's thread. */
final class Thrown {
    private Thrown() {}

    /** Throws {@code failure} as it is, if there is one. */
    static void rethrow(@Nullable Throwable failure) {
        if (failure != null) {
            Thrown.<RuntimeException>throwAs(failure);
        }
    }

    /** Other languages than Java let anything be thrown: kept back, it would end the watcher in silence. */
    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
    private static <E extends Throwable> void throwAs(Throwable failure) throws E {
        throw (E) failure;
    }
}
