package io.changewatch.internal.engine;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodHandles.Lookup;
import java.lang.invoke.MethodType;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Virtual threads, where the JDK has those that may wait anywhere.
 *
 * <p>JDK 21 to 23 have virtual threads, but one that waits inside of {@code synchronized}, as handlers and drivers of databases may,
 * holds a thread of the few that carry them all: a number of workers would then not be that number of handlers at once. From JDK 24
 * on (JEP 491) it does not.
 *
 * <p>Stateless and thread-safe.
 */
final class VirtualThreads {
    private static final int FIRST_WITHOUT_PINNING = 24;

    /** From a name and the work to a thread that is not started; null where there are none. */
    private static final @Nullable MethodHandle MAKE = find();

    private VirtualThreads() {}

    /** A virtual thread that is not started; empty where the JDK has none that are fit. */
    static Optional<Thread> make(String name, Runnable work) {
        if (MAKE == null) {
            return Optional.empty();
        }
        try {
            return Optional.of((Thread) MAKE.invokeExact(name, work));
        } catch (Throwable e) { // as a MethodHandle declares it; these methods throw nothing
            throw new IllegalStateException("The JDK does not make a virtual thread.", e);
        }
    }

    private static @Nullable MethodHandle find() {
        return Runtime.version().feature() < FIRST_WITHOUT_PINNING ? null : lookUp();
    }

    /** {@code Thread.ofVirtual().name(name).unstarted(work)}, which Java 17 cannot be compiled with. */
    private static @Nullable MethodHandle lookUp() {
        try {
            Lookup lookup = MethodHandles.publicLookup();
            Class<?> builder = Class.forName("java.lang.Thread$Builder");
            Class<?> virtual = Class.forName("java.lang.Thread$Builder$OfVirtual");
            MethodHandle begin = lookup.findStatic(Thread.class, "ofVirtual", MethodType.methodType(virtual))
                    .asType(MethodType.methodType(builder));
            MethodHandle named = MethodHandles.foldArguments(
                    MethodHandles.dropArguments(
                            lookup.findVirtual(builder, "name", MethodType.methodType(builder, String.class)), 0),
                    begin);
            MethodHandle unstarted =
                    lookup.findVirtual(builder, "unstarted", MethodType.methodType(Thread.class, Runnable.class));
            return MethodHandles.filterArguments(unstarted, 0, named);
        } catch (ReflectiveOperationException e) {
            return null;
        }
    }
}
