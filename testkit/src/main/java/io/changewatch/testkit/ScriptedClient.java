package io.changewatch.testkit;

import com.mongodb.MongoClientSettings;
import com.mongodb.ReadPreference;
import com.mongodb.connection.ClusterConnectionMode;
import com.mongodb.connection.ClusterDescription;
import com.mongodb.connection.ClusterType;
import com.mongodb.connection.ServerConnectionState;
import com.mongodb.connection.ServerDescription;
import com.mongodb.connection.ServerType;
import com.mongodb.reactivestreams.client.ClientSession;
import com.mongodb.reactivestreams.client.MongoClient;
import com.mongodb.reactivestreams.client.MongoDatabase;
import com.mongodb.session.ServerSession;
import io.changewatch.testkit.model.ServerErrors;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.bson.BsonBinary;
import org.bson.BsonBinaryReader;
import org.bson.BsonDocument;
import org.bson.Document;
import org.bson.RawBsonDocument;
import org.bson.codecs.BsonDocumentCodec;
import org.bson.codecs.DecoderContext;
import org.bson.codecs.configuration.CodecRegistry;
import org.bson.conversions.Bson;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;

/**
 * A driver's client on a scripted replica set. It knows what a watcher calls and refuses everything else: the driver's
 * interfaces have hundreds of methods, and a test that needs them needs a server.
 */
final class ScriptedClient {
    private final ScriptedCommands commands;

    ScriptedClient(ScriptedCommands commands) {
        this.commands = commands;
    }

    MongoClient client() {
        return proxy(MongoClient.class, (proxy, method, arguments) -> switch (method.getName()) {
            case "startSession" -> Answer.of(CompletableFuture.completedFuture(session()));
            case "getDatabase" -> database((String) arguments[0], MongoClientSettings.getDefaultCodecRegistry());
            case "getClusterDescription" -> description();
            case "getReadPreference" -> ReadPreference.primary();
            case "getCodecRegistry" -> MongoClientSettings.getDefaultCodecRegistry();
            case "close" -> null; // it belongs to the replica set
            default -> other(MongoClient.class, proxy, method, arguments);
        });
    }

    private static ClientSession session() {
        return proxy(ClientSession.class, (proxy, method, arguments) -> switch (method.getName()) {
            case "close" -> null;
            case "getServerSession" -> serverSession();
            default -> other(ClientSession.class, proxy, method, arguments);
        });
    }

    private static ServerSession serverSession() {
        return proxy(ServerSession.class, (proxy, method, arguments) -> switch (method.getName()) {
            case "getIdentifier" -> new BsonDocument("id", new BsonBinary(UUID.randomUUID()));
            default -> other(ServerSession.class, proxy, method, arguments);
        });
    }

    private MongoDatabase database(String name, CodecRegistry registry) {
        return proxy(MongoDatabase.class, (proxy, method, arguments) -> switch (method.getName()) {
            case "getName" -> name;
            case "getCodecRegistry" -> registry;
            case "withTimeout", "withReadPreference", "withReadConcern" -> proxy;
            case "withCodecRegistry" -> database(name, (CodecRegistry) arguments[0]);
            case "runCommand" -> run(name, registry, arguments);
            default -> other(MongoDatabase.class, proxy, method, arguments);
        });
    }

    private static ClusterDescription description() {
        ServerDescription primary = ServerDescription.builder()
                .address(ServerErrors.ADDRESS)
                .type(ServerType.REPLICA_SET_PRIMARY)
                .state(ServerConnectionState.CONNECTED)
                .ok(true)
                .setName("scripted")
                .build();
        return new ClusterDescription(ClusterConnectionMode.MULTIPLE, ClusterType.REPLICA_SET, List.of(primary));
    }

    private Publisher<?> run(String database, CodecRegistry registry, Object[] arguments) {
        BsonDocument command = Arrays.stream(arguments)
                .filter(Bson.class::isInstance)
                .map(argument -> ((Bson) argument).toBsonDocument(BsonDocument.class, registry))
                .findFirst()
                .orElseThrow();
        if (!ScriptedCommands.knows(database, command)) {
            throw refused("the command " + command.getFirstKey());
        }
        Class<?> type = arguments[arguments.length - 1] instanceof Class<?> given ? given : Document.class;
        return Answer.of(commands.answer(database, command).thenApply(reply -> decode(reply, registry, type)));
    }

    private static <T> T decode(BsonDocument reply, CodecRegistry registry, Class<T> type) {
        RawBsonDocument bytes = new RawBsonDocument(reply, new BsonDocumentCodec());
        try (BsonBinaryReader reader =
                new BsonBinaryReader(bytes.getByteBuffer().asNIO())) {
            return registry.get(type).decode(reader, DecoderContext.builder().build());
        }
    }

    private static <T> T proxy(Class<T> type, InvocationHandler calls) {
        return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, calls));
    }

    private static @Nullable Object other(Class<?> type, Object proxy, Method method, Object @Nullable [] arguments) {
        if (method.getDeclaringClass() == Object.class) {
            return switch (method.getName()) {
                case "equals" -> arguments != null && proxy == arguments[0];
                case "hashCode" -> System.identityHashCode(proxy);
                default -> type.getSimpleName() + " of a ScriptedReplicaSet";
            };
        }
        throw refused(type.getSimpleName() + "." + method.getName());
    }

    private static UnsupportedOperationException refused(String what) {
        return new UnsupportedOperationException(
                "A ScriptedReplicaSet has change streams and nothing else, so not " + what
                        + ". Write through ScriptedReplicaSet.collection(...), or test against a real server: see LocalReplicaSet.");
    }

    /** One element, when there is one and it is asked for. */
    private record Answer<T>(CompletableFuture<T> future) implements Publisher<T> {

        static <T> Publisher<T> of(CompletableFuture<T> future) {
            return new Answer<>(future);
        }

        @Override
        public void subscribe(Subscriber<? super T> subscriber) {
            subscriber.onSubscribe(new Subscription() {
                private boolean requested;

                @Override
                public void request(long n) {
                    if (!requested) {
                        requested = true;
                        var unused = future.whenComplete((value, failure) -> tell(subscriber, value, failure));
                    }
                }

                @Override
                public void cancel() {
                    // The driver's commands cannot be cancelled, either.
                }
            });
        }

        private static <T> void tell(Subscriber<? super T> subscriber, T value, @Nullable Throwable failure) {
            if (failure == null) {
                subscriber.onNext(value);
                subscriber.onComplete();
            } else {
                Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
                subscriber.onError(cause == null ? failure : cause);
            }
        }
    }
}
