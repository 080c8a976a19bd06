package io.changewatch.examples;

import io.changewatch.ChangeWatcher;
import io.changewatch.ChangeWatcherBuilder;
import io.changewatch.diagnose.Diagnosis;
import io.changewatch.resume.file.FileResumeTokenStore;
import java.nio.file.Path;

/** Looks at everything a watcher depends on before it starts, and starts it only if nothing is wrong. */
public final class DiagnoseFirst {

    private DiagnoseFirst() {}

    /** Prints the report, and runs until Ctrl-C if the watcher can work. */
    public static void main(String[] args) throws InterruptedException {
        String uri = Example.uri(args);
        // @start region="diagnose"
        ChangeWatcherBuilder<Order> orders = ChangeWatcher.connect(uri)
                .collection("shop", "orders", Order.class)
                .name("order-printer")
                .resumeFrom(FileResumeTokenStore.in(Path.of("checkpoints")));

        Diagnosis diagnosis = orders.diagnose();
        System.out.println(diagnosis);
        if (!diagnosis.isFit()) {
            return;
        }
        ChangeWatcher watcher = orders.onInsert(event -> System.out.println("new: " + event.document()))
                .start();
        // @end
        Example.runUntilStopped(watcher);
    }
}
