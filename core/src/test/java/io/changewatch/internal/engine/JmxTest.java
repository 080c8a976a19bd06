package io.changewatch.internal.engine;

import static io.changewatch.internal.Eventually.eventually;
import static io.changewatch.internal.engine.Events.insert;
import static io.changewatch.internal.engine.Events.token;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.changewatch.observe.HistoryEntry;
import io.changewatch.observe.WatcherMXBean;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Map;
import javax.management.JMX;
import javax.management.MBeanInfo;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import org.bson.BsonDocument;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class JmxTest {
    private static final MBeanServer SERVER = ManagementFactory.getPlatformMBeanServer();
    private static final String NAME = "io.changewatch:type=ChangeWatcher,name=\"orders\"";

    private final WatchSetup setup = new WatchSetup();
    private final WatcherEngine<BsonDocument> watcher =
            setup.store(MemoryStore.empty()).build().exposeThroughJmx();

    @AfterEach
    void close() {
        watcher.close();
    }

    private static boolean isRegistered(String name) throws Exception {
        return SERVER.isRegistered(new ObjectName(name));
    }

    private static WatcherMXBean bean() throws Exception {
        return JMX.newMXBeanProxy(SERVER, new ObjectName(NAME), WatcherMXBean.class);
    }

    @Test
    void isThereFromTheStartToTheEnd() throws Exception {
        assertThat(isRegistered(NAME)).isFalse();
        watcher.start();
        assertThat(isRegistered(NAME)).isTrue();

        bean().close();

        assertThat(isRegistered(NAME)).isFalse();
        assertThat(watcher.state()).isEqualTo(io.changewatch.WatcherState.STOPPED);
    }

    @Test
    void isGoneBeforeAFailureShows() throws Exception {
        setup.server.refuses(Errors.command(40573));
        assertThatThrownBy(watcher::start).hasMessageContaining("40573");

        assertThat(isRegistered(NAME)).isFalse();
    }

    @Test
    void showsWhatTheStatsShow() throws Exception {
        setup.server.opens().batch(insert(101), insert(102));
        watcher.start();
        eventually(() -> bean().getEvents() == 2);

        WatcherMXBean bean = bean();
        assertThat(bean.getName()).isEqualTo("orders");
        assertThat(bean.getState()).isEqualTo("RUNNING");
        assertThat(bean.getActivity()).isEqualTo("LIVE");
        assertThat(bean.getEventsByOperation()).isEqualTo(Map.of("insert", 2L));
        assertThat(bean.getLastPosition()).isEqualTo("1970-01-01T00:01:42Z");
        assertThat(bean.getFailure()).isNull();
        assertThat(bean.getHeadroomMillis()).isNull();
    }

    @Test
    void everyAttributeCanBeReadAsOpenData() throws Exception {
        watcher.start();
        MBeanInfo info = SERVER.getMBeanInfo(new ObjectName(NAME));

        assertThat(info.getAttributes()).hasSize(21).allSatisfy(attribute -> {
            SERVER.getAttribute(new ObjectName(NAME), attribute.getName());
            assertThat(attribute.isWritable()).isFalse();
        });
        assertThat(info.getOperations())
                .extracting("name")
                .containsExactlyInAnyOrder("pause", "resume", "seekToTime", "seekToToken", "history", "close");
    }

    @Test
    void saysWhatEachOperationDoesAndTakes() throws Exception {
        watcher.start();
        MBeanInfo info = SERVER.getMBeanInfo(new ObjectName(NAME));

        assertThat(info.getOperations())
                .allSatisfy(operation -> assertThat(operation.getDescription())
                        .isNotEqualTo(operation.getName())
                        .endsWith("."));
        assertThat(info.getOperations())
                .filteredOn(operation -> operation.getName().equals("seekToTime"))
                .flatExtracting(operation -> List.of(operation.getSignature()))
                .singleElement()
                .satisfies(parameter -> {
                    assertThat(parameter.getName()).isEqualTo("time");
                    assertThat(parameter.getDescription())
                            .isEqualTo("An instant of the server's clock, such as 2026-05-01T10:00:00Z.");
                });
        assertThat(info.getOperations())
                .filteredOn(operation -> operation.getName().equals("seekToToken"))
                .flatExtracting(operation -> List.of(operation.getSignature()))
                .extracting("name")
                .containsExactly("token");
    }

    @Test
    void steers() throws Exception {
        setup.server.opens().batch(insert(101), insert(102));
        setup.server.opens().batch(insert(102));
        setup.server.opens().batch(insert(102));
        watcher.start();
        eventually(() -> setup.handled.size() == 2);
        WatcherMXBean bean = bean();

        bean.pause();
        eventually(() -> bean.getState().equals("PAUSED"));
        bean.seekToToken(token(101).toJson());
        bean.resume();
        eventually(() -> setup.handled.size() == 3);

        assertThat(setup.handledTimes()).containsExactly(101, 102, 102);
        assertThat(bean.history()).isEmpty();
    }

    @Test
    void aMistakeIsToldInWordsThatEveryToolUnderstands() throws Exception {
        watcher.start();

        assertThatThrownBy(() -> bean().seekToTime("yesterday"))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("'yesterday' is no time: expected an instant such as 2026-05-01T10:00:00Z.")
                .hasNoCause();
        assertThatThrownBy(() -> bean().seekToToken("nonsense"))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageStartingWith("Not a resume token: expected a JSON object such as {\"_data\": \"8263...\"}")
                .hasNoCause();
    }

    @Test
    void aHistoryIsCompositeData() throws Exception {
        watcher.start();
        List<HistoryEntry> none = bean().history();
        assertThat(none).isEmpty();
        assertThat(SERVER.invoke(new ObjectName(NAME), "history", null, null))
                .isInstanceOf(javax.management.openmbean.CompositeData[].class);
    }

    @Test
    void ofTwoWatchersOfOneNameTheSecondGetsANumber() throws Exception {
        watcher.start();
        WatchSetup other = new WatchSetup();
        WatcherEngine<BsonDocument> second = other.build().exposeThroughJmx();
        second.start();
        assertThat(isRegistered(NAME + ",instance=2")).isTrue();

        second.close();

        assertThat(isRegistered(NAME + ",instance=2")).isFalse();
        assertThat(isRegistered(NAME)).isTrue();
    }
}
