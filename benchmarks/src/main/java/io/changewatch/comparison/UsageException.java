package io.changewatch.comparison;

/** Says what is wrong with the arguments of a command. */
final class UsageException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    UsageException(String message) {
        super(message);
    }
}
