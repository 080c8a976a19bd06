package io.changewatch.comparison;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import jdk.jfr.consumer.RecordedClass;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordedFrame;
import jdk.jfr.consumer.RecordedMethod;
import jdk.jfr.consumer.RecordedStackTrace;
import jdk.jfr.consumer.RecordingFile;

/**
 * What the second half of a flight recording shows: the first half is of a JVM that still compiles.
 *
 * @param byThread CPU samples, by the names of threads without their numbers
 * @param byMethod CPU samples, by the method at the top of the stack
 * @param byAllocation bytes, by class and by the nearest method that is not the JDK's
 */
record Recording(Shares byThread, Shares byMethod, Shares byAllocation) {
    private static final String CPU_SAMPLE = "jdk.ExecutionSample";
    private static final String ALLOCATION_SAMPLE = "jdk.ObjectAllocationSample";

    static Recording read(Path file) throws IOException {
        List<RecordedEvent> events = RecordingFile.readAllEvents(file);
        Instant begin = events.stream()
                .map(RecordedEvent::getStartTime)
                .min(Instant::compareTo)
                .orElseThrow();
        Instant end = events.stream()
                .map(RecordedEvent::getStartTime)
                .max(Instant::compareTo)
                .orElseThrow();
        Instant half = begin.plus(Duration.between(begin, end).dividedBy(2));
        Recording recording = new Recording(new Shares(), new Shares(), new Shares());
        events.stream().filter(event -> event.getStartTime().isAfter(half)).forEach(recording::add);
        return recording;
    }

    private void add(RecordedEvent event) {
        RecordedStackTrace stack = event.getStackTrace();
        if (stack == null || stack.getFrames().isEmpty()) {
            return;
        }
        switch (event.getEventType().getName()) {
            case CPU_SAMPLE -> {
                byThread.add(thread(event), 1);
                byMethod.add(name(stack.getFrames().get(0)), 1);
            }
            case ALLOCATION_SAMPLE -> byAllocation.add(allocation(event, stack), event.getLong("weight"));
            default -> {}
        }
    }

    private static String thread(RecordedEvent sample) {
        return sample.getThread("sampledThread").getJavaName().replaceAll("[0-9a-f]{4,}|\\d+", "*");
    }

    private static String allocation(RecordedEvent sample, RecordedStackTrace stack) {
        RecordedFrame allocating = stack.getFrames().stream()
                .filter(frame -> !className(frame.getMethod()).startsWith("java."))
                .findFirst()
                .orElse(stack.getFrames().get(0));
        RecordedClass type = sample.getClass("objectClass");
        return "`" + simple(type.getName()) + "` in " + name(allocating);
    }

    private static String name(RecordedFrame frame) {
        RecordedMethod method = frame.getMethod();
        return "`" + simple(className(method)) + "." + method.getName() + "`";
    }

    private static String className(RecordedMethod method) {
        return method.getType().getName();
    }

    /** Without its package; the classes of lambdas are those that declare them. */
    private static String simple(String name) {
        if (name.equals("[B")) {
            return "byte[]";
        }
        String readable = name.replaceAll("^\\[L(.*);$", "$1[]").replaceAll("\\$\\$Lambda.*", " lambda");
        return readable.substring(readable.lastIndexOf('.') + 1);
    }
}
