/**
 * What {@link io.changewatch.ChangeWatcherBuilder#diagnose() a look before the start} has found: findings with their severity and
 * remedy, and a report for people.
 *
 * <p>This room holds the report only. It must not know how a server is asked or what makes an answer good or bad.
 */
package io.changewatch.diagnose;
