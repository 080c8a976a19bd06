/**
 * Runs writers and a watcher on a three-node set under random faults, and verifies what the watcher has handled.
 *
 * <p>The watcher is a process of its own, so that it can be killed and frozen. This package knows the public face only.
 */
@NullMarked
package io.changewatch.soak;

import org.jspecify.annotations.NullMarked;
