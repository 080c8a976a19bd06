package io.changewatch.comparison;

import java.time.Duration;
import org.bson.Document;

/** The process of one contestant that reads while others write. Prints one line, its latencies as JSON. */
public final class LatencyProcess {
    private LatencyProcess() {}

    /** Arguments: the contestant, the task as JSON, how many orders warm up, how many there are, seconds after which to give up. */
    public static void main(String[] arguments) throws Exception {
        Task task = Task.read(arguments[1]);
        LatencyReceiver receiver = new LatencyReceiver(
                Integer.parseInt(arguments[2]),
                Integer.parseInt(arguments[3]),
                Duration.ofSeconds(Long.parseLong(arguments[4])));
        try (Consumer consumer = Contestant.named(arguments[0]).open(task)) {
            consumer.read(receiver);
            receiver.await();
            Document measured = receiver.document();
            System.out.println(Wire.line(measured));
        }
        System.exit(0); // whatever threads a peer has left behind
    }
}
