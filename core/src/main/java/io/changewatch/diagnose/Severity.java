package io.changewatch.diagnose;

/**
 * How bad a finding is, the worst first.
 *
 * <p>Thread-safe.
 */
public enum Severity {
    /** The watcher will not start, will not go on after a failure, or has lost events. */
    PROBLEM,
    /** It works now, and will stop working or lose something in a situation that the finding names. */
    WARNING,
    /** Good to know; also what could not be checked, and why. */
    NOTE,
    /** Checked, and as it should be. */
    OK
}
