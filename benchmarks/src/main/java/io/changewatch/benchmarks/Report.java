package io.changewatch.benchmarks;

import java.util.Locale;

/** Prints what was measured, line by line as it comes. Not thread-safe. */
final class Report {
    private static final String COLUMNS = "%-40s %9s %10s  %-17s %10s %11s";

    private final String mongod;
    private boolean good = true;

    Report(String mongod) {
        this.mongod = mongod;
    }

    void machine() {
        Runtime machine = Runtime.getRuntime();
        say(
                "%s %s, %d cores, heap of %d MB, mongod %s",
                System.getProperty("java.vm.name"),
                System.getProperty("java.runtime.version"),
                machine.availableProcessors(),
                machine.maxMemory() >> 20,
                mongod);
    }

    void memory(MemoryRun run) {
        good &= run.good();
        say("");
        say("Memory for each of %,d clients with a filter of its own: %,.0f bytes", run.clients(), run.idle());
    }

    void head() {
        say("");
        say("CPU of this process, median of %d rounds after warming up", CpuRun.MEASURED);
        say(COLUMNS, "", "events", "µs/event", "(least to most)", "msgs/event", "µs/message");
    }

    void row(CpuRun run) {
        good &= run.good();
        long messages = run.messagesPerEvent();
        say(
                COLUMNS,
                run.scenario().name(),
                String.format(Locale.ROOT, "%,d", run.scenario().events()),
                number(run.median()),
                "(" + number(run.least()) + " to " + number(run.most()) + ")",
                messages == 0 ? "0" : messages,
                messages == 0 ? "-" : number(run.median() / messages));
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, value < 100 ? "%,.2f" : "%,.0f", value);
    }

    /** Says whether the figures count. */
    boolean verdict() {
        say("");
        say(
                good
                        ? "Every event reached exactly the clients it should, once and in order."
                        : "WRONG: a client was sent too much, too little, or in the wrong order. The figures say nothing.");
        return good;
    }

    private static void say(String format, Object... values) {
        System.out.println(String.format(Locale.ROOT, format, values));
    }
}
