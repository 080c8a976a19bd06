package io.changewatch.examples;

import com.mongodb.client.model.changestream.FullDocument;
import io.changewatch.Batching;
import io.changewatch.ChangeWatcher;
import io.changewatch.event.ChangeEvent;
import io.changewatch.event.DocumentEvent;
import io.changewatch.event.Insert;
import io.changewatch.event.Replace;
import io.changewatch.event.Update;
import io.changewatch.resume.file.FileResumeTokenStore;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bson.BsonValue;

/** Keeps an index in step with one request for many changes. */
public final class Batches {

    private Batches() {}

    /** Runs until Ctrl-C. */
    public static void main(String[] args) throws InterruptedException {
        Example.runUntilStopped(watch(Example.uri(args), new Index()));
    }

    static ChangeWatcher watch(String uri, Index index) {
        // @start region="batches"
        return ChangeWatcher.connect(uri)
                .collection("shop", "orders", Order.class)
                .name("order-index")
                .fullDocument(FullDocument.UPDATE_LOOKUP)
                .resumeFrom(FileResumeTokenStore.in(Path.of("checkpoints")))
                .onBatch(Batching.upTo(500).within(Duration.ofMillis(200)), events -> index.apply(newestOf(events)))
                .start();
        // @end
    }

    // @start region="handler"
    /** The newest state of each order that a batch tells of; empty for one that is gone. */
    private static Map<BsonValue, Optional<Order>> newestOf(List<ChangeEvent<Order>> events) {
        Map<BsonValue, Optional<Order>> newest = new LinkedHashMap<>();
        for (ChangeEvent<Order> event : events) {
            if (event instanceof DocumentEvent<Order> change) {
                newest.put(change.documentKey().get("_id"), state(change));
            }
        }
        return newest;
    }

    private static Optional<Order> state(DocumentEvent<Order> change) {
        if (change instanceof Insert<Order> insert) {
            return Optional.of(insert.document());
        }
        if (change instanceof Replace<Order> replace) {
            return Optional.of(replace.document());
        }
        return change instanceof Update<Order> update ? update.document() : Optional.empty();
    }
    // @end

    /** Stands for an index that takes many changes in one request. Used by the thread of the batches only. */
    static final class Index {

        void apply(Map<BsonValue, Optional<Order>> changes) {
            System.out.println("indexed " + changes.keySet());
        }
    }
}
