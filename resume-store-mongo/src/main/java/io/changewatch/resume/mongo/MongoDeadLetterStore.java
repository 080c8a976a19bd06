package io.changewatch.resume.mongo;

import com.mongodb.reactivestreams.client.MongoCollection;
import com.mongodb.reactivestreams.client.MongoDatabase;
import io.changewatch.deadletter.CorruptLetterException;
import io.changewatch.deadletter.DeadLetter;
import io.changewatch.deadletter.DeadLetterStore;
import io.changewatch.resume.StoreException;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import org.bson.BsonDocument;
import org.bson.BsonString;
import org.bson.BsonValue;
import org.jspecify.annotations.Nullable;

/**
 * Keeps letters in a MongoDB collection, by default {@code changewatch_letters}.
 *
 * {@snippet class="io.changewatch.examples.ParkedOrders" region="park"}
 *
 * <p>A majority acknowledges each letter before it counts as kept. An event over 8 MiB is stored in several documents of 4 MiB, which are
 * written before the letter; where a process ends in between, they stay as waste: documents with a field {@code of} whose {@code parts}
 * no letter names.
 *
 * <p>The database may be on another server than the one that is watched. In the watched one the collection makes an event of
 * each letter if the watcher's scope contains it: watch collections, or give the store a database of its own.
 *
 * <p>The user needs {@code find}, {@code insert}, {@code update} and {@code remove} on the collection, and {@code createIndex}: without,
 * it has no indexes, and is slow with many letters.
 *
 * <p>Thread-safe.
 */
public final class MongoDeadLetterStore implements DeadLetterStore {

    private static final String COLLECTION = "changewatch_letters";
    private static final Duration TIMEOUT = Duration.ofSeconds(10);

    /** Keeps letters in the collection {@code changewatch_letters} of {@code database}. */
    public static MongoDeadLetterStore in(MongoDatabase database) {
        return in(Objects.requireNonNull(database, "database").getCollection(COLLECTION, BsonDocument.class));
    }

    /** Keeps letters in {@code collection}; its own codecs and read and write concerns do not matter. */
    public static MongoDeadLetterStore in(MongoCollection<?> collection) {
        Objects.requireNonNull(collection, "collection");
        return new MongoDeadLetterStore(
                new LetterCollection(collection.withDocumentClass(BsonDocument.class), TIMEOUT));
    }

    private final LetterCollection letters;

    private MongoDeadLetterStore(LetterCollection letters) {
        this.letters = letters;
    }

    /**
     * The same store with another limit for each round trip; default 10 s.
     *
     * @throws IllegalArgumentException if {@code limit} is shorter than 1 ms or longer than 24 days
     */
    public MongoDeadLetterStore timeout(Duration limit) {
        Objects.requireNonNull(limit, "limit");
        if (limit.compareTo(Duration.ofMillis(1)) < 0 || limit.compareTo(Duration.ofDays(24)) > 0) {
            throw new IllegalArgumentException("timeout(" + limit + "): a limit from 1 ms to 24 days is needed.");
        }
        return new MongoDeadLetterStore(letters.timeout(limit));
    }

    /**
     * {@inheritDoc}
     *
     * @throws StoreException if the server fails, or does not answer within the time limit; it may have kept the letter all the same,
     *     and parking again is safe
     */
    @Override
    public boolean park(DeadLetter letter) {
        Objects.requireNonNull(letter, "letter");
        return call("park a letter", letter.watcher(), () -> {
            letters.index();
            while (true) {
                if (insert(letter)) {
                    return true;
                }
                if (letters.makeDurable(letter.watcher(), letter.id())) {
                    return false;
                } // else it was removed just now, and the event has come again
            }
        });
    }

    private boolean insert(DeadLetter letter) throws InterruptedException, TimeoutException {
        if (!LetterDocument.isInParts(letter)) {
            return letters.insert(LetterDocument.whole(letter));
        }
        return letters.find(letter.watcher(), letter.id()).isEmpty() && insertParts(letter);
    }

    private boolean insertParts(DeadLetter letter) throws InterruptedException, TimeoutException {
        String parts = LetterDocument.newParts();
        for (int number = 0; number < LetterDocument.partCount(letter); number++) {
            letters.insert(LetterDocument.part(letter, parts, number));
        }
        boolean isNew = letters.insert(LetterDocument.inParts(letter, parts));
        if (!isNew) {
            letters.removeParts(letter.id(), parts);
        }
        return isNew;
    }

    @Override
    public List<DeadLetter> list(String watcher, String after, int limit) {
        Objects.requireNonNull(after, "after");
        return call("list the letters", watcher, () -> {
            List<DeadLetter> page = new ArrayList<>();
            long bytes = 0;
            for (BsonDocument header : letters.headersBehind(watcher, after, limit)) {
                bytes += LetterDocument.eventBytes(header);
                if ((bytes > PAGE_BYTES && !page.isEmpty()) || !addTo(page, watcher, id(header))) {
                    return page;
                }
            }
            return page;
        });
    }

    /** Returns whether the page may go on: it ends before a damaged letter. */
    private boolean addTo(List<DeadLetter> page, String watcher, String id)
            throws InterruptedException, TimeoutException {
        try {
            read(watcher, id).ifPresent(page::add);
            return true;
        } catch (CorruptLetterException e) {
            if (page.isEmpty()) {
                throw e;
            }
            return false;
        }
    }

    @Override
    public Optional<DeadLetter> find(String watcher, String id) {
        Objects.requireNonNull(id, "id");
        return DeadLetter.isId(id) ? call("read a letter", watcher, () -> read(watcher, id)) : Optional.empty();
    }

    private Optional<DeadLetter> read(String watcher, String id) throws InterruptedException, TimeoutException {
        Optional<BsonDocument> document = letters.find(watcher, id);
        if (document.isEmpty()) {
            return Optional.empty();
        }
        try {
            return Optional.of(DeadLetter.read(document.get(), event(document.get())));
        } catch (CorruptLetterException e) {
            if (LetterDocument.isInParts(document.get())
                    && letters.find(watcher, id).isEmpty()) {
                return Optional.empty(); // removed while its parts were read
            }
            throw new CorruptLetterException(
                    id,
                    "Cannot use the document with the _id '" + id + "' in " + letters.name() + ": " + e.getMessage()
                            + " Restore it from a backup, or drop the letter, which loses its event.",
                    e);
        }
    }

    private byte[] event(BsonDocument document) throws InterruptedException, TimeoutException {
        if (!LetterDocument.isInParts(document)) {
            return bytes(document.get(LetterDocument.EVENT));
        }
        ByteArrayOutputStream event = new ByteArrayOutputStream();
        String parts = document.getString(LetterDocument.PARTS).getValue();
        for (BsonDocument part : letters.partsOf(id(document), parts)) {
            event.writeBytes(bytes(part.get(LetterDocument.BYTES)));
        }
        return event.toByteArray();
    }

    private static byte[] bytes(@Nullable BsonValue value) {
        return value != null && value.isBinary() ? value.asBinary().getData() : new byte[0];
    }

    private static String id(BsonDocument document) {
        return document.getString("_id").getValue();
    }

    @Override
    public Optional<String> oldestOf(String watcher, String key) {
        Objects.requireNonNull(key, "key");
        return call(
                "look for letters",
                watcher,
                () -> letters.oldestOf(watcher, key).map(MongoDeadLetterStore::id));
    }

    @Override
    public Set<String> keys(String watcher, int limit) {
        return call(
                "look for letters",
                watcher,
                () -> letters.keys(watcher, limit).stream()
                        .map(MongoDeadLetterStore::id)
                        .collect(Collectors.toSet()));
    }

    @Override
    public boolean replace(DeadLetter letter) {
        Objects.requireNonNull(letter, "letter");
        return call(
                "replace a letter",
                letter.watcher(),
                () -> letters.set(letter.watcher(), letter.id(), letter.header()));
    }

    @Override
    public boolean remove(String watcher, String id) {
        Objects.requireNonNull(id, "id");
        return DeadLetter.isId(id)
                && call("remove a letter", watcher, () -> {
                    Optional<BsonDocument> removed = letters.remove(watcher, id);
                    if (removed.isPresent() && removed.get().get(LetterDocument.PARTS) instanceof BsonString parts) {
                        letters.removeParts(id, parts.getValue());
                    }
                    return removed.isPresent();
                });
    }

    @Override
    public long count(String watcher) {
        return call("count the letters", watcher, () -> letters.count(watcher));
    }

    /** {@inheritDoc} The time is the server's. */
    @Override
    public boolean reserve(String watcher, String holder, Duration time) {
        Objects.requireNonNull(holder, "holder");
        Objects.requireNonNull(time, "time");
        return call("reserve the letters", watcher, () -> letters.reserve(watcher, holder, time));
    }

    @Override
    public void release(String watcher, String holder) {
        Objects.requireNonNull(holder, "holder");
        call("release the letters", watcher, () -> {
            letters.release(watcher, holder);
            return holder;
        });
    }

    private <V> V call(String what, String watcher, Guard.Request<V> request) {
        Objects.requireNonNull(watcher, "watcher");
        return Guard.call(letters.timeout(), request, (reason, cause) -> failed(what, watcher, reason, cause));
    }

    private StoreException failed(String what, String watcher, String reason, Exception cause) {
        return new StoreException(
                "Cannot " + what + " of watcher '" + watcher + "' in " + letters.name() + ": " + reason
                        + ". Check that the server is up and that the user may find, insert, update, remove and createIndex"
                        + " there.",
                cause);
    }
}
