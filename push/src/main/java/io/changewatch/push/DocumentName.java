package io.changewatch.push;

import io.changewatch.event.Namespace;
import org.bson.BsonDocument;

/** Which document a message is about; compared only where messages are conflated. */
record DocumentName(Namespace in, BsonDocument key) {}
