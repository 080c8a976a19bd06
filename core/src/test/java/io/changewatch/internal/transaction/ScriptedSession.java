package io.changewatch.internal.transaction;

import com.mongodb.MongoException;
import com.mongodb.reactivestreams.client.ClientSession;
import com.mongodb.reactivestreams.client.MongoClient;
import java.lang.reflect.Proxy;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscription;

/**
 * A session whose commits fail as a test has written down, and its client. Remembers what is called.
 *
 * <p>Not thread-safe.
 */
final class ScriptedSession {
    final List<String> calls = new ArrayList<>();
    private final Queue<MongoException> failures = new ArrayDeque<>();
    private boolean active;

    /** The next commit fails; it is over for the driver all the same. */
    ScriptedSession failsToCommit(MongoException failure) {
        failures.add(failure);
        return this;
    }

    static MongoException labelled(String label) {
        MongoException failure = new MongoException(251, label);
        failure.addLabel(label);
        return failure;
    }

    MongoClient client() {
        return proxy(MongoClient.class, (method, arguments) -> only(session()));
    }

    private ClientSession session() {
        return proxy(ClientSession.class, (method, arguments) -> call(method));
    }

    private @Nullable Object call(String method) {
        if (!method.equals("hasActiveTransaction")) {
            calls.add(method);
        }
        switch (method) {
            case "startTransaction" -> active = true;
            case "commitTransaction", "abortTransaction" -> active = false;
            default -> {}
        }
        MongoException failure = method.equals("commitTransaction") ? failures.poll() : null;
        return switch (method) {
            case "commitTransaction" -> failure == null ? nothing() : failed(failure);
            case "abortTransaction" -> nothing();
            case "hasActiveTransaction" -> active;
            default -> null; // returns nothing
        };
    }

    private interface Behaviour {
        @Nullable
        Object call(String method, Object[] arguments);
    }

    private static <I> I proxy(Class<I> type, Behaviour behaviour) {
        return type.cast(Proxy.newProxyInstance(
                type.getClassLoader(),
                new Class<?>[] {type},
                (proxy, method, arguments) -> behaviour.call(method.getName(), arguments)));
    }

    private static Publisher<Object> only(Object element) {
        return subscriber -> {
            subscriber.onSubscribe(new Ignoring());
            subscriber.onNext(element);
            subscriber.onComplete();
        };
    }

    private static Publisher<Object> nothing() {
        return subscriber -> {
            subscriber.onSubscribe(new Ignoring());
            subscriber.onComplete();
        };
    }

    private static Publisher<Object> failed(Throwable failure) {
        return subscriber -> {
            subscriber.onSubscribe(new Ignoring());
            subscriber.onError(failure);
        };
    }

    private static final class Ignoring implements Subscription {
        @Override
        public void request(long n) {}

        @Override
        public void cancel() {}
    }
}
