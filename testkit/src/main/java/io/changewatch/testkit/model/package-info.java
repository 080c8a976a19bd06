/**
 * A replica set's change stream as plain data: oplog, commit point, cursors, tokens, errors. The scripted replica set and the
 * simulation stand on it.
 *
 * <p>This room knows the server's rules. It must not know threads, clocks, clients or watchers; whoever calls it makes sure
 * that one thread does at a time. Not exported.
 */
package io.changewatch.testkit.model;
