package io.changewatch.internal.decode;

/**
 * A document is not what can be read in place; its codec decides what to make of it. Without a stack trace, which nobody reads
 * and which costs more than the reading.
 */
final class StepAside extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private StepAside() {
        super("", null, false, false);
    }

    static StepAside now() {
        return new StepAside();
    }

    static void unless(boolean holds) {
        if (!holds) {
            throw now();
        }
    }
}
