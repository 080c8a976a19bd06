package io.changewatch.internal.source;

import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.bson.BsonDocument;
import org.bson.RawBsonDocument;
import org.bson.codecs.BsonDocumentCodec;

/** A server that answers when the test says so. */
final class ScriptedSession implements CommandSession {
    final BlockingQueue<BsonDocument> sent = new LinkedBlockingQueue<>();
    final BlockingQueue<BsonDocument> kills = new LinkedBlockingQueue<>();
    final AtomicInteger released = new AtomicInteger();
    volatile CompletableFuture<ServerReply> inFlight = new CompletableFuture<>();
    volatile CompletableFuture<BsonDocument> kill = CompletableFuture.completedFuture(new BsonDocument());

    static ServerReply reply(String json) {
        RawBsonDocument raw = new RawBsonDocument(BsonDocument.parse(json), new BsonDocumentCodec());
        byte[] bytes = new byte[raw.getByteBuffer().remaining()];
        raw.getByteBuffer().get(bytes);
        return new ServerReply(bytes);
    }

    static ServerReply batch(long cursorId, String events) {
        return reply("{\"cursor\": {\"nextBatch\": [" + events + "], \"id\": {\"$numberLong\": \"" + cursorId
                + "\"}, \"ns\": \"shop.orders\"}, \"ok\": 1.0}");
    }

    @Override
    public CompletableFuture<ServerReply> send(BsonDocument command) {
        inFlight = new CompletableFuture<>();
        sent.add(command);
        return inFlight;
    }

    @Override
    public CompletableFuture<BsonDocument> kill(BsonDocument command) {
        kills.add(command);
        return kill;
    }

    @Override
    public boolean knowsServer() {
        return true;
    }

    @Override
    public String server() {
        return "db1:27017";
    }

    @Override
    public void release() {
        released.incrementAndGet();
    }
}
