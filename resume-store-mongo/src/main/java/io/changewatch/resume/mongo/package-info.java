/**
 * Keeps a watcher's place in a MongoDB collection. It implements the core's store interface and knows nothing of watchers or streams.
 */
package io.changewatch.resume.mongo;
