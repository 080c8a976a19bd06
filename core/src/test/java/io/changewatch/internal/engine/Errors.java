package io.changewatch.internal.engine;

import com.mongodb.MongoCommandException;
import com.mongodb.MongoException;
import com.mongodb.ServerAddress;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.bson.BsonString;

/** Errors as the driver reports them. */
final class Errors {
    private Errors() {}

    /** A server's answer that a command failed. */
    static MongoCommandException command(int code, String codeName) {
        return saying(code, codeName, "what the server says, with a secret");
    }

    /** The same in the server's words. */
    static MongoCommandException saying(int code, String codeName, String words) {
        BsonDocument reply = new BsonDocument("ok", new BsonInt32(0))
                .append("code", new BsonInt32(code))
                .append("codeName", new BsonString(codeName))
                .append("errmsg", new BsonString(words));
        return new MongoCommandException(reply, new ServerAddress("db1.example", 27017));
    }

    static MongoCommandException command(int code) {
        return command(code, "Code" + code);
    }

    /** The same with a label. */
    static MongoException labelled(MongoException error, String label) {
        error.addLabel(label);
        return error;
    }

    static MongoCommandException network() {
        return command(6, "HostUnreachable");
    }
}
