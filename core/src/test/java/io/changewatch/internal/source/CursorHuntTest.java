package io.changewatch.internal.source;

import static org.assertj.core.api.Assertions.assertThat;

import com.mongodb.MongoConfigurationException;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.bson.BsonArray;
import org.bson.BsonDocument;
import org.bson.BsonInt64;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
final class CursorHuntTest {
    private final BsonDocument killCursors = BsonDocument.parse("{killCursors: 'orders'}");
    private final List<Server> servers =
            IntStream.range(0, 2).mapToObj(number -> new Server()).toList();

    private final CursorHunt hunt = new CursorHunt(() -> true, this::askTheLeastBusy);

    /** As the driver does. */
    private CompletableFuture<BsonDocument> askTheLeastBusy(BsonDocument command) {
        return servers.stream()
                .min(Comparator.comparingInt(server -> server.busy.get()))
                .orElseThrow()
                .ask();
    }

    private static final class Server {
        final AtomicInteger busy = new AtomicInteger();
        final List<CompletableFuture<BsonDocument>> asked = new CopyOnWriteArrayList<>();
        volatile boolean hasCursor;
        volatile boolean silent;

        CompletableFuture<BsonDocument> ask() {
            busy.incrementAndGet();
            CompletableFuture<BsonDocument> reply = new CompletableFuture<>();
            asked.add(reply);
            if (!silent) {
                CompletableFuture.delayedExecutor(5, TimeUnit.MILLISECONDS).execute(() -> {
                    busy.decrementAndGet();
                    reply.complete(answer());
                });
            }
            return reply;
        }

        private BsonDocument answer() {
            BsonArray killed = new BsonArray(hasCursor ? List.of(new BsonInt64(7)) : List.of());
            hasCursor = false;
            return new BsonDocument("cursorsKilled", killed);
        }
    }

    private boolean end() throws Exception {
        return hunt.end(killCursors).get(10, TimeUnit.SECONDS);
    }

    @Test
    void asksOnceWhereTheLeastBusyHasTheCursor() throws Exception {
        servers.get(0).hasCursor = true;
        servers.get(1).busy.set(1);

        assertThat(end()).isTrue();
        assertThat(servers.get(0).asked).hasSize(1);
        assertThat(servers.get(1).asked).isEmpty();
    }

    /** A stream has its getMore in flight there nearly always. */
    @Test
    void findsTheCursorOnTheServerThatIsBusyForEver() throws Exception {
        servers.get(0).hasCursor = true;
        servers.get(0).busy.set(1);

        assertThat(end()).isTrue();
    }

    @Test
    void doesNotWaitForASilentServerWhenAnotherHadTheCursor() throws Exception {
        servers.get(0).silent = true;
        servers.get(1).busy.set(1);
        servers.get(1).hasCursor = true;
        CompletableFuture<Boolean> end = hunt.end(killCursors);
        servers.get(0).asked.get(0).completeExceptionally(new IllegalStateException("timed out"));

        assertThat(end.get(10, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void givesUpWhereNobodyHasIt() throws Exception {
        assertThat(end()).isFalse();
    }

    @Test
    void doesNotFailWhereTheServersCannotBeChosenFrom() throws Exception {
        CursorHunt unfit = new CursorHunt(
                () -> {
                    throw new MongoConfigurationException("maxStalenessSeconds");
                },
                this::askTheLeastBusy);

        assertThat(unfit.end(killCursors).get(10, TimeUnit.SECONDS)).isFalse();
    }

    @Test
    void asksNobodyWhereNobodyIsKnown() throws Exception {
        CursorHunt nobody = new CursorHunt(() -> false, this::askTheLeastBusy);

        assertThat(nobody.end(killCursors).get(10, TimeUnit.SECONDS)).isFalse();
        assertThat(servers).allMatch(server -> server.asked.isEmpty());
    }
}
