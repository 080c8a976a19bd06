/**
 * Where a watcher's position is kept: {@link io.changewatch.resume.ResumeTokenStore}, what is kept in it, and how often.
 *
 * <p>This room is what an author of a custom store needs, and no more. It must not know how streams are read or events
 * handled.
 */
package io.changewatch.resume;
