package io.changewatch.comparison;

/** How often a watcher saves its position, to MongoDB. */
enum Checkpoints {
    NONE,
    /** As the builder does it. */
    BY_DEFAULT,
    /** Every 10,000 events or 1 s. */
    RARE
}
