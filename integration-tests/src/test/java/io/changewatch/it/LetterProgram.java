package io.changewatch.it;

import com.mongodb.reactivestreams.client.MongoClient;
import com.mongodb.reactivestreams.client.MongoClients;
import io.changewatch.ChangeWatcher;
import io.changewatch.ChangeWatcherBuilder;
import io.changewatch.HandlerFailurePolicy;
import io.changewatch.deadletter.DeadLetter;
import io.changewatch.deadletter.DeadLetterStore;
import io.changewatch.resume.CheckpointPolicy;
import io.changewatch.resume.file.FileDeadLetterStore;
import io.changewatch.resume.file.FileResumeTokenStore;
import io.changewatch.resume.mongo.MongoDeadLetterStore;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.Consumer;
import org.bson.Document;

/** Dies, as by {@code kill -9}, between the letter of its first poison and the checkpoint behind it. */
final class LetterProgram {
    /** Of the kill that it stands for. */
    static final int EXIT_CODE = 137;

    private LetterProgram() {}

    /** Arguments: connection string, database, folder of checkpoints and letters, {@code MONGO} or {@code FILE}. */
    public static void main(String[] args) throws InterruptedException {
        MongoClient client = MongoClients.create(args[0]);
        DeadLetterStore letters = letters(client, args[1], Path.of(args[2]), DeadLettersIT.Place.valueOf(args[3]));
        ChangeWatcher watcher = watcher(client, args[1], Path.of(args[2]), dyingBehind(letters), id -> {})
                .start();
        System.out.println("started");
        watcher.awaitTermination(Duration.ofDays(1));
    }

    static DeadLetterStore letters(MongoClient client, String database, Path folder, DeadLettersIT.Place place) {
        return place == DeadLettersIT.Place.FILE
                ? FileDeadLetterStore.in(folder)
                : MongoDeadLetterStore.in(client.getDatabase(database));
    }

    static ChangeWatcherBuilder<Document> watcher(
            MongoClient client, String database, Path folder, DeadLetterStore letters, Consumer<Integer> handled) {
        return ChangeWatcher.of(client)
                .collection(database, "items")
                .name("dying")
                .maxAwait(Duration.ofMillis(200))
                .resumeFrom(FileResumeTokenStore.in(folder))
                .checkpoint(CheckpointPolicy.everyEvent())
                .whenHandlerFails(HandlerFailurePolicy.stop())
                .parkIn(letters)
                .onInsert(event -> {
                    int id = event.document().getInteger("_id");
                    if (id == 5) {
                        throw new IllegalStateException("poison");
                    }
                    handled.accept(id);
                });
    }

    private static DeadLetterStore dyingBehind(DeadLetterStore store) {
        return (DeadLetterStore) Proxy.newProxyInstance(
                LetterProgram.class.getClassLoader(),
                new Class<?>[] {DeadLetterStore.class},
                (proxy, method, arguments) -> {
                    try {
                        Object result = method.invoke(store, arguments);
                        if (arguments[0] instanceof DeadLetter) {
                            Runtime.getRuntime().halt(EXIT_CODE);
                        }
                        return result;
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }
}
