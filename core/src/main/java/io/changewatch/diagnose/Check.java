package io.changewatch.diagnose;

/**
 * What a finding is about. More may come with a later version.
 *
 * <p>Thread-safe.
 */
public enum Check {
    /** The options of the builder, each by itself and together. */
    OPTIONS,
    /** Whether a server is reached, accepts the user and is trusted. */
    CONNECTION,
    /** What kind of deployment it is, and whether it has a primary. */
    TOPOLOGY,
    /** Whether it is MongoDB, and if not, what it lacks. */
    SERVER,
    /** What this version of the server has of what the options ask for. */
    VERSION,
    /** What the user may do. */
    PRIVILEGES,
    /** Whether the stream can be opened, where the watcher would begin. */
    STREAM,
    /** The stages of the pipeline. */
    PIPELINE,
    /** The checkpoint in the store. */
    CHECKPOINT,
    /** The events that are parked in the store of letters. */
    LETTERS,
    /** How far back the oplog reaches, and whether it still holds the checkpoint. */
    OPLOG,
    /** Whether collections keep the images that the options ask for, and for how long. */
    IMAGES,
    /** Connections: the pool of the client against the streams that need one each. */
    POOL
}
