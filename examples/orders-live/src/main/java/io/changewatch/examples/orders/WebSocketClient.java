package io.changewatch.examples.orders;

import io.changewatch.push.CloseCodes;
import io.changewatch.push.FeedClient;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.eclipse.jetty.websocket.api.Callback;
import org.eclipse.jetty.websocket.api.Session;

// @start region="client"
/** A WebSocket of Jetty as a client of the feed. */
record WebSocketClient(Session session) implements FeedClient {

    @Override
    public CompletionStage<?> send(String text) {
        CompletableFuture<Void> taken = new CompletableFuture<>();
        session.sendText(text, Callback.from(() -> taken.complete(null), taken::completeExceptionally));
        return taken;
    }

    @Override
    public void close(int code, String reason) {
        if (code == CloseCodes.GOING_AWAY) {
            session.disconnect(); // nobody is there to take a close frame
        } else {
            session.close(code, reason, Callback.from(() -> {}, failure -> session.disconnect()));
        }
    }

    @Override
    public boolean ping() {
        session.sendPing(ByteBuffer.allocate(0), Callback.NOOP);
        return true; // its answer comes as a pong
    }
}
// @end
