/**
 * One active of many: {@link io.changewatch.lease.Lease}, the place of a watcher that one instance has at a time.
 *
 * <p>This room is what an author of a lease of their own needs, and no more. It must not know how streams are read or where positions
 * are kept.
 */
package io.changewatch.lease;
