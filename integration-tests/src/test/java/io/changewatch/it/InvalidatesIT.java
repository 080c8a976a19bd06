package io.changewatch.it;

import static io.changewatch.event.OperationType.DROP;
import static io.changewatch.event.OperationType.DROP_DATABASE;
import static io.changewatch.event.OperationType.INSERT;
import static io.changewatch.event.OperationType.INVALIDATE;
import static io.changewatch.event.OperationType.RENAME;
import static io.changewatch.it.Eventually.LIMIT;
import static io.changewatch.it.Eventually.eventually;
import static io.changewatch.pipeline.Condition.operation;
import static org.assertj.core.api.Assertions.assertThat;

import com.mongodb.MongoNamespace;
import com.mongodb.client.model.RenameCollectionOptions;
import com.mongodb.reactivestreams.client.MongoClient;
import com.mongodb.reactivestreams.client.MongoCollection;
import com.mongodb.reactivestreams.client.MongoDatabase;
import io.changewatch.ChangeWatcher;
import io.changewatch.ChangeWatcherBuilder;
import io.changewatch.InvalidatedPolicy;
import io.changewatch.StreamSource;
import io.changewatch.WatcherState;
import io.changewatch.event.ChangeEvent;
import io.changewatch.event.Namespace;
import io.changewatch.event.OperationType;
import io.changewatch.pipeline.Pipeline;
import io.changewatch.resume.Checkpoint;
import io.changewatch.resume.CheckpointPolicy;
import io.changewatch.resume.ResumeTokenStore;
import io.changewatch.testkit.InMemoryResumeTokenStore;
import io.changewatch.testkit.Publishers;
import io.changewatch.testkit.TestServer;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.bson.Document;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Rows 27 to 29 of the fault matrix: what is watched is dropped or renamed, at each scope, and comes again. */
@BothSources
class InvalidatesIT {
    @Parameter
    StreamSource source;

    private final MongoClient client = TestServer.client();
    private final MongoDatabase database = TestServer.newDatabase();
    private final List<ChangeEvent<Document>> events = new CopyOnWriteArrayList<>();
    private final InMemoryResumeTokenStore store = new InMemoryResumeTokenStore();

    @AfterEach
    void drop() {
        Publishers.await(database.drop());
    }

    private enum Scope {
        COLLECTION,
        DATABASE,
        CLUSTER
    }

    private ChangeWatcherBuilder<Document> watcher(Scope scope) {
        ChangeWatcherBuilder<Document> builder = switch (scope) {
            case COLLECTION -> ChangeWatcher.of(client).collection(database.getName(), "orders");
            case DATABASE -> ChangeWatcher.of(client).database(database.getName());
            case CLUSTER -> ChangeWatcher.of(client).cluster();
        };
        return builder.name("invalidates")
                .source(source)
                .resumeFrom(store)
                .checkpoint(CheckpointPolicy.everyEvent())
                .onEvent(this::remember);
    }

    /** A cluster has other databases, too. */
    private void remember(ChangeEvent<Document> event) {
        Optional<String> of = event.namespace().map(Namespace::database);
        if (of.isEmpty() || of.get().equals(database.getName())) {
            events.add(event);
        }
    }

    private MongoCollection<Document> orders() {
        return database.getCollection("orders");
    }

    private void insert(int n) {
        Publishers.await(orders().insertOne(new Document("n", n)));
    }

    private List<OperationType> operations() {
        return events.stream().map(ChangeEvent::operationType).toList();
    }

    private void awaitOperations(OperationType... expected) {
        eventually(() -> events.size() >= expected.length);
        assertThat(operations()).containsExactly(expected);
    }

    private void dropCollection() {
        Publishers.await(orders().drop());
    }

    private void renameAway() {
        Publishers.await(orders().renameCollection(new MongoNamespace(database.getName(), "archive")));
    }

    private void renameOnto() {
        Publishers.await(database.createCollection("staged"));
        Publishers.await(database.getCollection("staged")
                .renameCollection(
                        new MongoNamespace(database.getName(), "orders"),
                        new RenameCollectionOptions().dropTarget(true)));
    }

    private void dropDatabase() {
        Publishers.await(database.drop());
    }

    /** What happens, at which scope, and what is seen of it. */
    static Stream<Arguments> ends() {
        return Stream.of(
                end(Scope.COLLECTION, "drop", InvalidatesIT::dropCollection, DROP, INVALIDATE),
                end(Scope.COLLECTION, "rename away", InvalidatesIT::renameAway, RENAME, INVALIDATE),
                end(Scope.COLLECTION, "rename onto", InvalidatesIT::renameOnto, RENAME, INVALIDATE),
                end(Scope.COLLECTION, "dropDatabase", InvalidatesIT::dropDatabase, DROP, INVALIDATE),
                end(Scope.DATABASE, "drop", InvalidatesIT::dropCollection, DROP),
                end(Scope.DATABASE, "rename away", InvalidatesIT::renameAway, RENAME),
                end(Scope.DATABASE, "rename onto", InvalidatesIT::renameOnto, RENAME),
                end(Scope.DATABASE, "dropDatabase", InvalidatesIT::dropDatabase, DROP, DROP_DATABASE, INVALIDATE),
                end(Scope.CLUSTER, "drop", InvalidatesIT::dropCollection, DROP),
                end(Scope.CLUSTER, "rename away", InvalidatesIT::renameAway, RENAME),
                end(Scope.CLUSTER, "rename onto", InvalidatesIT::renameOnto, RENAME),
                end(Scope.CLUSTER, "dropDatabase", InvalidatesIT::dropDatabase, DROP, DROP_DATABASE));
    }

    private static Arguments end(Scope scope, String name, End end, OperationType... seen) {
        return Arguments.argumentSet(scope + " " + name, scope, end, List.of(seen));
    }

    @FunctionalInterface
    interface End {
        void happen(InvalidatesIT test);
    }

    @ParameterizedTest
    @MethodSource("ends")
    void handsOutTheEndAndWhatComesAfter(Scope scope, End end, List<OperationType> seen) {
        try (ChangeWatcher watcher = watcher(scope).start()) {
            insert(1);
            end.happen(this);
            insert(2);

            awaitOperations(with(seen));
            assertThat(watcher.state()).isEqualTo(WatcherState.RUNNING);
        }
    }

    /** The handler has seen the end, but the process dies before that is saved; meanwhile life goes on. */
    @ParameterizedTest
    @MethodSource("ends")
    void seesTheEndAgainAfterACrashBeforeItsCheckpoint(Scope scope, End end, List<OperationType> seen) {
        FreezingStore frozen = new FreezingStore(store);
        try (ChangeWatcher watcher = watcher(scope).resumeFrom(frozen).start()) {
            insert(1);
            awaitOperations(INSERT);
            eventually(() -> isSaved(events.get(0)));
            frozen.freeze();
            end.happen(this);
            insert(2);
            awaitOperations(with(seen));
            assertThat(watcher.state()).isEqualTo(WatcherState.RUNNING);
        }
        insert(3);
        events.clear();

        try (ChangeWatcher again = watcher(scope).start()) {
            OperationType[] expected = Stream.of(seen.stream(), Stream.of(INSERT, INSERT))
                    .flatMap(part -> part)
                    .toArray(OperationType[]::new);
            awaitOperations(expected);
            assertThat(again.state()).isEqualTo(WatcherState.RUNNING);
        }
    }

    private boolean isSaved(ChangeEvent<Document> event) {
        return store.load("invalidates")
                .filter(checkpoint -> checkpoint.token().equals(event.resumeToken()))
                .isPresent();
    }

    @ParameterizedTest
    @MethodSource("ends")
    void stopsOnlyAtAnInvalidateWhenToldTo(Scope scope, End end, List<OperationType> seen) throws InterruptedException {
        ChangeWatcher watcher =
                watcher(scope).whenInvalidated(InvalidatedPolicy.STOP).start();
        insert(1);
        end.happen(this);
        insert(2);

        if (seen.contains(INVALIDATE)) {
            assertThat(watcher.awaitTermination(LIMIT)).isTrue();
            assertThat(watcher.state()).isEqualTo(WatcherState.STOPPED);
            assertThat(operations()).hasSize(1 + seen.size()).last().isEqualTo(INVALIDATE);
        } else {
            awaitOperations(with(seen));
            assertThat(watcher.state()).isEqualTo(WatcherState.RUNNING);
            watcher.close();
        }
    }

    /** The drop and the invalidate have the same cluster time, where such a watcher begins again. */
    @Test
    void goesOnAfterAnInvalidateWithAnotherPipeline() throws InterruptedException {
        ChangeWatcher first = watcher(Scope.COLLECTION)
                .whenInvalidated(InvalidatedPolicy.STOP)
                .start();
        insert(1);
        dropCollection();
        assertThat(first.awaitTermination(LIMIT)).isTrue();
        insert(2);
        events.clear();

        try (ChangeWatcher again = watcher(Scope.COLLECTION)
                .pipeline(Pipeline.matching(operation(INSERT)))
                .start()) {
            awaitOperations(INSERT);
            insert(3);
            awaitOperations(INSERT, INSERT);
            assertThat(again.state()).isEqualTo(WatcherState.RUNNING);
            assertThat(again.stats().reconnects()).isZero();
        }
    }

    private static OperationType[] with(List<OperationType> seen) {
        return Stream.of(Stream.of(INSERT), seen.stream(), Stream.of(INSERT))
                .flatMap(part -> part)
                .toArray(OperationType[]::new);
    }

    /** Keeps nothing from a moment on, as if the process had died at it. */
    private static final class FreezingStore implements ResumeTokenStore {
        private final ResumeTokenStore kept;
        private volatile boolean frozen;

        private FreezingStore(ResumeTokenStore kept) {
            this.kept = kept;
        }

        private void freeze() {
            frozen = true;
        }

        @Override
        public Optional<Checkpoint> load(String watcher) {
            return kept.load(watcher);
        }

        @Override
        public void save(String watcher, Checkpoint checkpoint) {
            if (!frozen) {
                kept.save(watcher, checkpoint);
            }
        }

        @Override
        public void delete(String watcher) {
            kept.delete(watcher);
        }
    }
}
