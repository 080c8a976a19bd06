package io.changewatch.examples.demo;

import org.bson.codecs.pojo.annotations.BsonId;

/**
 * An order as the watcher sees it; fields that it does not name are ignored.
 *
 * @param version counts the writes to this order, from 1
 * @param writtenAt when the writer sent it, in microseconds of its clock
 */
public record DemoOrder(@BsonId long id, String userId, String status, int version, long writtenAt) {}
