package io.changewatch.internal.engine;

import io.changewatch.observe.WatcherMXBean;
import java.util.Map;
import javax.management.MBeanInfo;
import javax.management.MBeanOperationInfo;
import javax.management.MBeanParameterInfo;
import javax.management.StandardMBean;

/**
 * Tells a tool what the operations of a {@link WatcherMXBean} do and take, which reflection does not know.
 *
 * <p>Thread-safe.
 */
final class DescribedBean extends StandardMBean {
    private static final Map<String, String> OPERATIONS = Map.of(
            "pause", "Stops after the handler in flight, and keeps the place.",
            "resume", "Goes on after a pause.",
            "seekToTime", "Moves the watcher to a time, back or forth; waits for 30 s.",
            "seekToToken", "Moves the watcher to behind a resume token, back or forth; waits for 30 s.",
            "history", "Earlier checkpoints, the newest first, each with the token to seek to.",
            "close", "Ends the watcher for good.");

    private record Parameter(String name, String description) {}

    private static final Map<String, Parameter> PARAMETERS = Map.of(
            "seekToTime", new Parameter("time", "An instant of the server's clock, such as 2026-05-01T10:00:00Z."),
            "seekToToken", new Parameter("token", "A resume token as JSON, as the history shows it."));

    DescribedBean(WatcherMXBean bean) {
        super(bean, WatcherMXBean.class, true);
    }

    @Override
    protected String getDescription(MBeanInfo info) {
        return "A watcher of MongoDB change streams: its figures and its steering.";
    }

    @Override
    protected String getDescription(MBeanOperationInfo operation) {
        return OPERATIONS.getOrDefault(operation.getName(), operation.getDescription());
    }

    @Override
    protected String getParameterName(MBeanOperationInfo operation, MBeanParameterInfo parameter, int sequence) {
        Parameter known = PARAMETERS.get(operation.getName());
        return known == null ? parameter.getName() : known.name();
    }

    @Override
    protected String getDescription(MBeanOperationInfo operation, MBeanParameterInfo parameter, int sequence) {
        Parameter known = PARAMETERS.get(operation.getName());
        return known == null ? parameter.getDescription() : known.description();
    }
}
