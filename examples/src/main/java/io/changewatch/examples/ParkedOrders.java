package io.changewatch.examples;

import com.mongodb.reactivestreams.client.MongoClient;
import com.mongodb.reactivestreams.client.MongoClients;
import io.changewatch.ChangeWatcher;
import io.changewatch.ChangeWatcherBuilder;
import io.changewatch.deadletter.DeadLetter;
import io.changewatch.deadletter.DeadLetters;
import io.changewatch.deadletter.ParkingOrder;
import io.changewatch.deadletter.RedriveReport;
import io.changewatch.resume.mongo.MongoDeadLetterStore;
import io.changewatch.resume.mongo.MongoResumeTokenStore;

/** Keeps the orders that cannot be charged, and charges them later: {@code ParkedOrders uri redrive}. */
public final class ParkedOrders {

    private ParkedOrders() {}

    /** Runs until Ctrl-C, or, told to {@code redrive}, handles what is parked and ends. */
    public static void main(String[] args) throws InterruptedException {
        boolean isToRedrive = args.length > 1 && args[1].equals("redrive");
        try (MongoClient client = MongoClients.create(Example.uri(args))) {
            ChangeWatcherBuilder<Order> orders = orders(client, isToRedrive ? 0 : 1_000);
            if (isToRedrive) {
                redrive(orders);
            } else {
                Example.runUntilStopped(orders.start());
            }
        }
    }

    static ChangeWatcherBuilder<Order> orders(MongoClient client, long limit) {
        // @start region="park"
        return ChangeWatcher.of(client)
                .collection("shop", "orders", Order.class)
                .name("payments")
                .resumeFrom(MongoResumeTokenStore.in(client.getDatabase("shop")))
                .parkIn(MongoDeadLetterStore.in(client.getDatabase("shop")), ParkingOrder.BLOCK_KEY)
                .onInsert(event -> charge(event.document(), limit))
                .onReplace(event -> charge(event.document(), limit));
        // @end
    }

    private static void redrive(ChangeWatcherBuilder<Order> orders) throws InterruptedException {
        // @start region="redrive"
        DeadLetters letters = orders.deadLetters();
        for (DeadLetter letter : letters.list()) {
            String why = letter.cause()
                    .map(cause -> cause.type() + ": " + cause.message())
                    .orElse("behind an earlier one");
            System.out.println(letter.operationType() + " " + letter.reason() + " " + why);
        }
        RedriveReport report = letters.redriveAll();
        System.out.println(report.handled() + " handled, " + report.failed() + " failed, " + letters.count() + " left");
        // @end
    }

    /** Stands for a bank, which takes everything when its limit is 0. */
    private static void charge(Order order, long limit) {
        if (limit > 0 && order.cents() > limit) {
            throw new IllegalStateException("the bank refuses it");
        }
        System.out.println("charged " + order.id());
    }
}
