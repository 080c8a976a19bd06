package io.changewatch.comparison;

import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.util.Locale;
import java.util.stream.Collectors;

/** On what figures were measured. */
final class Machine {
    private Machine() {}

    static String describe(History history) {
        return String.format(
                Locale.ROOT,
                "%s %s, %s, %s, %d cores, load average before %.1f, mongod %s",
                System.getProperty("java.vm.name"),
                System.getProperty("java.runtime.version"),
                String.join(" ", ChildJvm.OPTIONS),
                ManagementFactory.getGarbageCollectorMXBeans().stream()
                        .map(GarbageCollectorMXBean::getName)
                        .collect(Collectors.joining(", ")),
                Runtime.getRuntime().availableProcessors(),
                ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage(),
                history.serverVersion());
    }
}
