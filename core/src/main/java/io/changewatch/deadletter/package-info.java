/**
 * Events that could not be handled, kept until somebody has looked at them: {@link io.changewatch.deadletter.DeadLetter}, the
 * {@link io.changewatch.deadletter.DeadLetterStore} that keeps them, and {@link io.changewatch.deadletter.DeadLetters} to work on them.
 *
 * <p>This room is what an author of a custom store and an operator need. It must not know how streams are read or events handled.
 */
package io.changewatch.deadletter;
