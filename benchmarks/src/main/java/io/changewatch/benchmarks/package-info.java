/**
 * Measures what the library costs, against a real server and through its public face only. Every figure is printed by the run
 * that took it. Nothing here is published.
 */
@NullMarked
package io.changewatch.benchmarks;

import org.jspecify.annotations.NullMarked;
