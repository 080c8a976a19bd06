/**
 * Judges what servers answer: each class turns the answers to one question into findings.
 *
 * <p>This room knows what an answer means for a watcher, for every version and vendor. It must not ask anything itself: the
 * engine does, and hands the answers in, so that each of them can be recorded.
 */
package io.changewatch.internal.diagnose;
