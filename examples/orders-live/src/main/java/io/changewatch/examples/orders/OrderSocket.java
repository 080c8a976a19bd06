package io.changewatch.examples.orders;

import io.changewatch.push.Admission;
import io.changewatch.push.Admission.Admitted;
import io.changewatch.push.Admission.Refused;
import io.changewatch.push.FeedSession;
import io.changewatch.push.Handshake;
import io.changewatch.push.LiveFeed;
import io.changewatch.push.Transport;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.Map;
import org.eclipse.jetty.ee10.websocket.server.JettyServerUpgradeRequest;
import org.eclipse.jetty.ee10.websocket.server.JettyServerUpgradeResponse;
import org.eclipse.jetty.websocket.api.Callback;
import org.eclipse.jetty.websocket.api.Session;
import org.jspecify.annotations.Nullable;

/**
 * One WebSocket: carries what Jetty tells to the feed. An endpoint of Jetty itself, because Javalin's tells nothing of pongs;
 * public, because Jetty calls it by method handles.
 *
 * <p>Called on Jetty's threads, one call at a time.
 */
public final class OrderSocket implements Session.Listener.AutoDemanding {
    private final LiveFeed<Order> feed;
    private final Admission admission;
    private @Nullable FeedSession session;

    private OrderSocket(LiveFeed<Order> feed, Admission admission) {
        this.feed = feed;
        this.admission = admission;
    }

    /** The endpoint of a request; none if it must not even be upgraded. */
    static @Nullable OrderSocket of(
            LiveFeed<Order> feed, JettyServerUpgradeRequest request, JettyServerUpgradeResponse response) {
        Admission admission = feed.admit(handshake(request));
        if (admission instanceof Refused refused && refused.isBeforeUpgrade()) {
            sendError(response, refused);
            return null;
        }
        return new OrderSocket(feed, admission);
    }

    private static Handshake handshake(JettyServerUpgradeRequest request) {
        Map<String, String> headers = new LinkedHashMap<>();
        request.getHeaders().forEach((name, values) -> headers.put(name, values.get(0)));
        return new Handshake(Transport.WEB_SOCKET, headers, request.getParameterMap());
    }

    private static void sendError(JettyServerUpgradeResponse response, Refused refused) {
        try {
            response.sendError(refused.httpStatus(), refused.message());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    // @start region="adapter"
    @Override
    public void onWebSocketOpen(Session opened) {
        WebSocketClient client = new WebSocketClient(opened);
        if (admission instanceof Admitted admitted) {
            session = feed.attach(admitted.request(), client);
        } else if (admission instanceof Refused refused) {
            feed.refuse(refused, Transport.WEB_SOCKET, client);
        }
    }

    @Override
    public void onWebSocketText(String text) {
        if (session != null) {
            session.received(text);
        }
    }

    @Override
    public void onWebSocketPong(ByteBuffer payload) {
        if (session != null) {
            session.pong();
        }
    }

    @Override
    public void onWebSocketClose(int code, String reason, Callback callback) {
        callback.succeed();
        ended();
    }
    // @end

    @Override
    public void onWebSocketBinary(ByteBuffer bytes, Callback callback) {
        callback.succeed();
        if (session != null) {
            session.receivedBinary();
        }
    }

    @Override
    public void onWebSocketError(Throwable failure) {
        ended();
    }

    private void ended() {
        if (session != null) {
            session.closed();
        }
    }
}
