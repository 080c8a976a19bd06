/**
 * What a test of an application, or of a custom resume token store, needs: contract tests, a scripted replica set and a local
 * replica set. It must not be needed at run time, and knows only the public packages of the core.
 */
package io.changewatch.testkit;
