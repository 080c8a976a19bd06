package io.changewatch.comparison;

/** How often a watcher saves its position, to MongoDB. */
enum Checkpoints {
    NONE,
    /** As the builder does it. */
    BY_DEFAULT,
    /** Every 1,000 events, however fast they come. */
    FREQUENT
}
