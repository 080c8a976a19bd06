/**
 * Commits the effects of a batch and its checkpoint in one transaction of MongoDB, until it is known that this has happened.
 *
 * <p>This room knows sessions, the driver's labels and stores that save in a transaction. It must not know the stream, the loop or
 * when a checkpoint is due.
 */
package io.changewatch.internal.transaction;
