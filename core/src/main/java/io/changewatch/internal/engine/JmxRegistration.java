package io.changewatch.internal.engine;

import io.changewatch.ChangeWatcher;
import java.lang.management.ManagementFactory;
import javax.management.InstanceAlreadyExistsException;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import javax.management.StandardMBean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A watcher's place in the MBean server of the platform. Of several watchers of one name, each after the first gets a number. What
 * goes wrong is logged, and keeps no watcher from its work.
 *
 * <p>Called by the thread that starts the watcher, and then on the watcher's thread.
 */
final class JmxRegistration {
    private static final Logger LOG = LoggerFactory.getLogger(JmxRegistration.class);
    private static final int MOST_OF_ONE_NAME = 1_000;

    private final ChangeWatcher watcher;
    private volatile @Nullable ObjectName registered;

    JmxRegistration(ChangeWatcher watcher) {
        this.watcher = watcher;
    }

    void open() {
        try {
            StandardMBean bean = new DescribedBean(new WatcherBean(watcher));
            register(ManagementFactory.getPlatformMBeanServer(), bean);
        } catch (JMException | RuntimeException e) {
            LOG.warn("[{}] Cannot be exposed through JMX; going on without.", watcher.name(), e);
        }
    }

    private void register(MBeanServer server, StandardMBean bean) throws JMException {
        for (int instance = 1; instance <= MOST_OF_ONE_NAME; instance++) {
            ObjectName name = name(instance);
            try {
                server.registerMBean(bean, name);
                registered = name;
                LOG.info("[{}] Exposed through JMX as {}.", watcher.name(), name);
                return;
            } catch (InstanceAlreadyExistsException taken) {
                LOG.debug("[{}] {} is taken.", watcher.name(), name, taken);
            }
        }
        throw new InstanceAlreadyExistsException(name(1).toString());
    }

    private ObjectName name(int instance) throws JMException {
        String number = instance == 1 ? "" : ",instance=" + instance;
        return new ObjectName("io.changewatch:type=ChangeWatcher,name=" + ObjectName.quote(watcher.name()) + number);
    }

    void close() {
        ObjectName name = registered;
        if (name == null) {
            return;
        }
        try {
            ManagementFactory.getPlatformMBeanServer().unregisterMBean(name);
        } catch (JMException | RuntimeException e) {
            LOG.warn("[{}] Cannot be taken from JMX.", watcher.name(), e);
        }
    }
}
