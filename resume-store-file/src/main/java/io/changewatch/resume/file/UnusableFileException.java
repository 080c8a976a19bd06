package io.changewatch.resume.file;

/**
 * A file that is there cannot be used as a checkpoint. Its message goes on from the name of the file.
 *
 * <p>Thread-safe.
 */
final class UnusableFileException extends Exception {
    private static final long serialVersionUID = 1L;

    private final boolean isDamaged;

    private UnusableFileException(String message, boolean isDamaged) {
        super(message);
        this.isDamaged = isDamaged;
    }

    /** It is not as it was written: an accident, for which the generation before it was kept. */
    static UnusableFileException damaged(String message) {
        return new UnusableFileException(message, true);
    }

    /** It is as it was written, but not meant for this watcher or this version: somebody's mistake, theirs to undo. */
    static UnusableFileException misplaced(String message) {
        return new UnusableFileException(message, false);
    }

    boolean isDamaged() {
        return isDamaged;
    }
}
