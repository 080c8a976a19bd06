package io.changewatch.internal.engine;

/** What the source threw, told apart from what handlers and stores throw. Never leaves the engine. */
final class SourceFailure extends Exception {
    private static final long serialVersionUID = 1L;

    private final RuntimeException error;

    SourceFailure(RuntimeException error) {
        super(error);
        this.error = error;
    }

    RuntimeException error() {
        return error;
    }
}
