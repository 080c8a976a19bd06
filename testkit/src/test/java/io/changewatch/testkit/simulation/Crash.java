package io.changewatch.testkit.simulation;

/** The process is gone: unwinds the threads of a life, whose further calls all end with it. */
final class Crash extends Error {
    private static final long serialVersionUID = 1L;

    Crash() {
        super("the process crashed", null, false, false);
    }
}
