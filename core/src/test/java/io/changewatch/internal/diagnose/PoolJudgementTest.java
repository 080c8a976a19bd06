package io.changewatch.internal.diagnose;

import static io.changewatch.diagnose.Check.POOL;
import static io.changewatch.diagnose.Severity.NOTE;
import static io.changewatch.diagnose.Severity.OK;
import static io.changewatch.diagnose.Severity.WARNING;
import static org.assertj.core.api.Assertions.assertThat;

import io.changewatch.diagnose.Finding;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class PoolJudgementTest {
    private static final Answer NONE =
            Streams.reply("{cursor: {id: 0, firstBatch: [], ns: 'admin.$cmd.aggregate'}, ok: 1}");
    private static final Answer THREE = Streams.reply("{cursor: {id: 0, firstBatch: ["
            + stream("op", "changewatch orders") + ", " + stream("idleCursor", "changewatch carts") + ", "
            + stream("idleCursor", "changewatch orders") + ", "
            + "{type: 'idleCursor', cursor: {originatingCommand: {aggregate: 'orders', pipeline: [{$match: {}}]}}}"
            + "], ns: 'admin.$cmd.aggregate'}, ok: 1}");

    private static String stream(String type, String comment) {
        return "{type: '" + type
                + "', ns: 'shop.orders', cursor: {cursorId: {$numberLong: '42'}, originatingCommand: {aggregate:"
                + " 'orders', pipeline: [{$changeStream: {}}], comment: '" + comment + "'}}}";
    }

    @Test
    void oneConnectionIsTooFew() {
        assertThat(PoolJudgement.judge(Optional.of(1), NONE))
                .containsExactly(Finding.of(
                        WARNING,
                        POOL,
                        "The pool of the watcher's own client has one connection (maxPoolSize), which the stream occupies: looking "
                                + "at the oplog, and closing the stream, wait until the server answers it, for up to maxAwait. This user "
                                + "has no change stream open on the primary now.",
                        "Set maxPoolSize to 2 or more."));
    }

    @Test
    void twoAreEnoughForAClientOfItsOwn() {
        assertThat(PoolJudgement.judge(Optional.of(2), NONE))
                .containsExactly(Finding.of(
                        OK,
                        POOL,
                        "The watcher has a client of its own, with a pool of up to 2 connections, and needs two. This user has no "
                                + "change stream open on the primary now."));
        assertThat(PoolJudgement.judge(Optional.of(0), NONE).get(0).found()).contains("any number of connections");
    }

    @Test
    void countsTheStreamsOfThisUserByTheirWatchers() {
        assertThat(PoolJudgement.judge(Optional.empty(), THREE))
                .containsExactly(
                        Finding.of(
                                NOTE,
                                POOL,
                                "Each watcher keeps one connection of its client's pool busy, and the application's client does not tell how "
                                        + "many it has. This user has 3 change streams open on the primary now: 'changewatch carts', 'changewatch "
                                        + "orders' (2).",
                                "See that maxPoolSize (100 if it is not set) is larger than the number of watchers on that client, with "
                                        + "room for what else it does; or give watchers a client of their own with ChangeWatcher.connect(...)."));
    }

    @Test
    void saysWhatCouldNotBeChecked() {
        assertThat(PoolJudgement.judge(Optional.of(100), Streams.unauthorized())
                        .get(0)
                        .found())
                .endsWith("How many streams this user has open could not be checked: error 13 Unauthorized.");
    }
}
