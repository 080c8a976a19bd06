package io.changewatch.examples.orders;

import com.mongodb.client.model.DeleteOneModel;
import com.mongodb.client.model.Filters;
import com.mongodb.client.model.InsertOneModel;
import com.mongodb.client.model.UpdateOneModel;
import com.mongodb.client.model.Updates;
import com.mongodb.client.model.WriteModel;
import io.changewatch.testkit.Publishers;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes orders at the pace that the slider says, on a thread of its own.
 *
 * <p>{@link #pace} may be called from any thread, {@link #start} and {@link #close} once.
 */
final class Load implements AutoCloseable {
    static final int MOST = 2_000;

    private static final Logger LOG = LoggerFactory.getLogger(Load.class);
    private static final List<String> USERS = List.of("ann", "bob", "cleo", "dan", "eve");
    private static final int TICKS_A_SECOND = 20;
    private static final int OPEN_ORDERS = 200;

    private final Orders orders;
    private final RandomGenerator random = RandomGenerator.getDefault();
    private final String run = UUID.randomUUID().toString().substring(0, 4);
    private final List<String> open = new ArrayList<>(); // the writing thread only
    private final CountDownLatch stop = new CountDownLatch(1);
    private final Thread thread = new Thread(this::run, "load");
    private volatile int perSecond;
    private int number;

    Load(Orders orders) {
        this.orders = orders;
    }

    void start() {
        thread.start();
    }

    int perSecond() {
        return perSecond;
    }

    void pace(int changesPerSecond) {
        perSecond = Math.max(0, Math.min(MOST, changesPerSecond));
    }

    private void run() {
        double owed = 0;
        long last = System.nanoTime();
        try {
            while (!stop.await(1_000 / TICKS_A_SECOND, TimeUnit.MILLISECONDS)) {
                long now = System.nanoTime();
                owed = Math.min(perSecond, owed + (double) perSecond * (now - last) / TimeUnit.SECONDS.toNanos(1));
                last = now;
                owed -= write((int) owed);
            }
        } catch (InterruptedException e) {
            LOG.debug("The load was stopped while it waited.");
        }
    }

    private int write(int count) {
        if (count == 0) {
            return 0;
        }
        List<WriteModel<Order>> writes = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            writes.add(next());
        }
        try {
            Publishers.await(orders.collection().bulkWrite(writes));
        } catch (RuntimeException e) {
            if (stop.getCount() > 0) { // close() interrupts a write on purpose
                LOG.warn("The load could not be written; going on with the next.", e);
            }
            open.clear(); // nobody knows which of them were written
        }
        return count;
    }

    private WriteModel<Order> next() {
        int kind = random.nextInt(20);
        boolean isFull = open.size() >= OPEN_ORDERS;
        if (open.size() < 20 || (kind < 6 && !isFull)) {
            return insert();
        }
        int index = random.nextInt(open.size());
        return kind < 1 || (isFull && kind < 6) ? delete(index) : update(open.get(index));
    }

    private WriteModel<Order> insert() {
        String id = run + "-" + ++number;
        open.add(id);
        String user = USERS.get(random.nextInt(USERS.size()));
        return new InsertOneModel<>(new Order(id, user, "open", random.nextInt(500, 50_000), 1, Orders.now()));
    }

    private WriteModel<Order> update(String id) {
        String status = Order.STATUSES.get(random.nextInt(Order.STATUSES.size()));
        return new UpdateOneModel<>(
                Filters.eq(id),
                Updates.combine(
                        Updates.set("status", status),
                        Updates.inc("version", 1),
                        Updates.set("updatedAt", Orders.now())));
    }

    private WriteModel<Order> delete(int index) {
        return new DeleteOneModel<>(Filters.eq(open.remove(index)));
    }

    @Override
    public void close() {
        stop.countDown();
        thread.interrupt();
        try {
            thread.join(TimeUnit.SECONDS.toMillis(10));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
