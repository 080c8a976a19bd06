/**
 * The real engine, decoder, deliverer and checkpointer on a model of a replica set and of a store, with time, chance and threads
 * in the hand of a seed. It knows the core's interior.
 */
package io.changewatch.testkit.simulation;
