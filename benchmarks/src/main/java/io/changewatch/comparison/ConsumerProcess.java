package io.changewatch.comparison;

import org.bson.Document;

/** The process of one contestant. Prints one line, its measurement as JSON. */
public final class ConsumerProcess {
    private ConsumerProcess() {}

    /** Arguments: the contestant, the task as JSON. */
    public static void main(String[] arguments) throws Exception {
        Task task = Task.read(arguments[1]);
        try (Consumer consumer = Contestant.named(arguments[0]).open(task)) {
            Document measured = new Measurement(task, consumer).run();
            System.out.println(Wire.line(measured));
        }
        System.exit(0); // whatever threads a peer has left behind
    }
}
