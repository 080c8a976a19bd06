package io.changewatch.examples.orders;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.changewatch.push.Admission;
import io.changewatch.push.Admission.Admitted;
import io.changewatch.push.Admission.Refused;
import io.changewatch.push.FeedSession;
import io.changewatch.push.Handshake;
import io.changewatch.push.LiveFeed;
import io.changewatch.push.Transport;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.AsyncEvent;
import jakarta.servlet.AsyncListener;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Answers a request for server-sent events: refused with a status, or attached to the feed until one side ends it. A servlet
 * of its own, because Javalin's events are written by a thread that waits for its client.
 */
final class EventStreamServlet extends HttpServlet {
    private static final long serialVersionUID = 1L;
    private static final ObjectMapper JSON = new ObjectMapper();

    private final transient Supplier<LiveFeed<Order>> feed;

    EventStreamServlet(Supplier<LiveFeed<Order>> feed) {
        this.feed = feed;
    }

    @Override
    protected void doGet(HttpServletRequest request, HttpServletResponse response) throws IOException {
        Admission admission = feed.get().admit(handshake(request));
        if (admission instanceof Refused refused) {
            response.setStatus(refused.httpStatus());
            response.setContentType("application/json");
            response.getOutputStream().write(JSON.writeValueAsBytes(Map.of("error", refused.message())));
        } else if (admission instanceof Admitted admitted) {
            attach(request, response, admitted);
        }
    }

    private static Handshake handshake(HttpServletRequest request) {
        Map<String, String> headers = new LinkedHashMap<>();
        for (String name : Collections.list(request.getHeaderNames())) {
            headers.put(name, request.getHeader(name));
        }
        Map<String, List<String>> parameters = new LinkedHashMap<>();
        request.getParameterMap().forEach((name, values) -> parameters.put(name, Arrays.asList(values)));
        return new Handshake(Transport.SERVER_SENT_EVENTS, headers, parameters);
    }

    private void attach(HttpServletRequest request, HttpServletResponse response, Admitted admitted)
            throws IOException {
        response.setContentType("text/event-stream");
        response.setCharacterEncoding("UTF-8");
        response.setHeader("Cache-Control", "no-store");
        response.setHeader("X-Accel-Buffering", "no"); // or a proxy may keep events back
        AsyncContext open = request.startAsync();
        open.setTimeout(0);
        AtomicReference<@Nullable FeedSession> session = new AtomicReference<>();
        Runnable ended = () -> tell(session);
        open.addListener(new End(ended));
        EventStreamClient client = new EventStreamClient(open, ended);
        client.open();
        session.set(feed.get().attach(admitted.request(), client));
        if (client.isBroken()) { // before there was a session to tell
            ended.run();
        }
    }

    private static void tell(AtomicReference<@Nullable FeedSession> session) {
        FeedSession known = session.get();
        if (known != null) {
            known.closed();
        }
    }

    /** The request is over, whoever ended it. */
    private record End(Runnable ended) implements AsyncListener {

        @Override
        public void onComplete(AsyncEvent event) {
            ended.run();
        }

        @Override
        public void onTimeout(AsyncEvent event) {
            ended.run();
        }

        @Override
        public void onError(AsyncEvent event) {
            ended.run();
        }

        @Override
        public void onStartAsync(AsyncEvent event) {
            // It is started once.
        }
    }
}
