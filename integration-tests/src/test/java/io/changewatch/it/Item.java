package io.changewatch.it;

import org.bson.codecs.pojo.annotations.BsonId;

/** A document with a number, which others in its collection may lack. */
public record Item(@BsonId int id, int seq) {}
