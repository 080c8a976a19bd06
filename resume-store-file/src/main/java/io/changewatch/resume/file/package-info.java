/**
 * Keeps a watcher's place in a file. It implements the core's store interface and knows nothing of watchers, streams or servers.
 */
package io.changewatch.resume.file;
