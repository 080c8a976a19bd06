package io.changewatch.internal.engine;

import static io.changewatch.internal.engine.Errors.command;
import static io.changewatch.internal.engine.Errors.network;
import static io.changewatch.internal.engine.Events.insert;
import static io.changewatch.internal.engine.Events.time;
import static io.changewatch.internal.engine.Events.token;
import static org.assertj.core.api.Assertions.assertThat;

import io.changewatch.ConfigurationException;
import io.changewatch.StartPosition;
import io.changewatch.internal.source.ClusterFacts;
import io.changewatch.resume.Checkpoint;
import io.changewatch.resume.Fingerprint;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A position is only asked of the cluster it comes from. */
final class ClusterIdentityTest {
    private final WatchSetup setup = new WatchSetup();

    @Test
    void saysInTheCheckpointWhichClusterItIsOf() throws InterruptedException {
        MemoryStore store = MemoryStore.empty();
        setup.store(store).server.tells(facts("rs0/66f1"));
        setup.server.opens().batch(insert(101));
        setup.run();

        assertThat(store.saved())
                .isNotEmpty()
                .extracting(Checkpoint::fingerprint)
                .containsOnly(WatchSetup.FINGERPRINT.on("rs0/66f1"));
    }

    @Test
    void refusesACheckpointOfAnotherCluster() throws InterruptedException {
        setup.store(holding("rs0/66f1")).server.tells(facts("rs0/7777"));

        assertThat(setup.runToFailure())
                .isInstanceOf(ConfigurationException.class)
                .hasMessage(
                        "The checkpoint 'orders' was made on the replica set rs0/66f1, but this client is connected to "
                                + "rs0/7777. A position of one cluster means nothing in another. Connect to the first, give this "
                                + "watcher another name(...), or delete the checkpoint with store.delete(\"orders\")."
                                + " diagnose() on the builder tells more.");
        assertThat(setup.server.opened()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"rs0/66f1,rs0/66f1", "rs0/66f1,rs0/", "rs0/,rs0/66f1", "rs0/66f1,''", "'',rs0/66f1"})
    void acceptsACheckpointThatMayBeOfThisCluster(String saved, String present) throws InterruptedException {
        setup.store(holding(saved)).server.tells(facts(present));
        setup.server.opens().batch(insert(51));
        setup.run();

        assertThat(setup.server.opened()).containsExactly(StartPosition.after(token(50)));
        assertThat(setup.handledTimes()).containsExactly(51);
    }

    @ParameterizedTest
    @CsvSource({"rs0/,rs1/", "rs0/66f1,rs1/66f1", "rs0/66f1,rs1/"})
    void anotherNameIsAnotherCluster(String saved, String present) throws InterruptedException {
        setup.store(holding(saved)).server.tells(facts(present));

        assertThat(setup.runToFailure()).isInstanceOf(ConfigurationException.class);
    }

    @Test
    void refusesAPositionInTheFutureOfTheCluster() throws InterruptedException {
        setup.store(MemoryStore.holding(WatchSetup.checkpoint(token(5_000), time(5_000))))
                .server
                .tells(new ClusterFacts("rs0/", time(200)));

        assertThat(setup.runToFailure())
                .isInstanceOf(ConfigurationException.class)
                .hasMessage(
                        "Cannot resume watcher 'orders': its position of 1970-01-01T01:23:20Z lies in the future of the "
                                + "cluster, whose time is 1970-01-01T00:03:20Z. The server would wait for that time in silence. The "
                                + "position is damaged, or belongs to another cluster, or this one was restored from a backup. Delete "
                                + "the checkpoint, or correct startFrom(...)."
                                + " diagnose() on the builder tells more.");
        assertThat(setup.server.opened()).isEmpty();
    }

    @Test
    void refusesAGivenTokenOfTheFuture() throws InterruptedException {
        setup.startFrom(StartPosition.after(token(5_000))).server.tells(new ClusterFacts("rs0/", time(200)));

        assertThat(setup.runToFailure()).isInstanceOf(ConfigurationException.class);
    }

    @Test
    void waitsForATimeInTheFutureThatTheApplicationNames() throws InterruptedException {
        setup.startFrom(StartPosition.at(time(5_000))).server.tells(new ClusterFacts("rs0/", time(200)));
        setup.server.opens().batch(insert(5_001));
        setup.run();

        assertThat(setup.handledTimes()).containsExactly(5_001);
    }

    @Test
    void aPrimaryThatIsALittleBehindIsNoOtherCluster() throws InterruptedException {
        setup.store(holding("rs0/")).server.tells(new ClusterFacts("rs0/", time(1)));
        setup.server.opens().batch(insert(51));
        setup.run();

        assertThat(setup.handledTimes()).containsExactly(51);
    }

    @Test
    void asksAgainWhereTheServerCannotBeReachedAndThenNoMore() throws InterruptedException {
        setup.server.tells(facts("rs0/")).refusesToTell(network());
        setup.server.opens().batch(insert(101)).fails(network());
        setup.server.opens().batch(insert(102));
        setup.run();

        assertThat(setup.handledTimes()).containsExactly(101, 102);
        assertThat(setup.time.delays()).hasSize(2);
    }

    @Test
    void wrongCredentialsShowAtTheFirstQuestion() throws InterruptedException {
        setup.server.refusesToTell(command(18, "AuthenticationFailed"));

        assertThat(setup.runToFailure())
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("Correct the credentials");
    }

    private static ClusterFacts facts(String identity) {
        return new ClusterFacts(identity, null);
    }

    private static MemoryStore holding(String cluster) {
        Fingerprint fingerprint = WatchSetup.FINGERPRINT.on(cluster);
        return MemoryStore.holding(WatchSetup.checkpoint(token(50), time(50), fingerprint));
    }
}
