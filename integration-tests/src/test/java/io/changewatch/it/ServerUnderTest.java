package io.changewatch.it;

import com.mongodb.reactivestreams.client.MongoClient;
import java.util.List;
import org.bson.BsonDocument;
import org.bson.Document;

/** A server with a database of its own for one test: a real one, or the scripted one, which has writes of its own. */
interface ServerUnderTest extends AutoCloseable {

    /** For the streams. */
    MongoClient client();

    /** The name of the database. */
    String database();

    void insert(String collection, Document... documents);

    /** In one transaction. */
    void insertTogether(String collection, Document... documents);

    void set(String collection, int id, Document fields);

    void replace(String collection, int id, Document document);

    void delete(String collection, int id);

    void drop(String collection);

    void rename(String from, String to);

    void dropDatabase();

    /** How many cursors are open for streams of this database. */
    long openCursors();

    /** The commands of this name that the streams have sent; empty where that is not recorded. */
    List<BsonDocument> sent(String command);

    @Override
    void close();
}
