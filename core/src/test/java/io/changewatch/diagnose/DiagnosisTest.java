package io.changewatch.diagnose;

import static org.assertj.core.api.Assertions.assertThat;

import io.changewatch.diagnose.ServerFacts.Member;
import io.changewatch.diagnose.ServerFacts.Topology;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class DiagnosisTest {
    private static final Finding POOL = Finding.of(Severity.NOTE, Check.POOL, "One.", "Have two.");
    private static final Finding OPTIONS = Finding.of(Severity.OK, Check.OPTIONS, "They fit together.");
    private static final Finding IMAGES = Finding.of(
            Severity.PROBLEM,
            Check.IMAGES,
            "The collection shop.orders keeps no images, and these options ask for them: the first change fails the stream.",
            "Run collMod with changeStreamPreAndPostImages: {enabled: true} on it, which also takes more than a line.");

    private static Diagnosis of(Finding... findings) {
        ServerFacts server = new ServerFacts(
                Topology.REPLICA_SET,
                "MongoDB",
                Optional.of("6.0.27"),
                Optional.of("6.0"),
                Optional.of("rs0"),
                List.of(
                        new Member("db1.example:27017", "primary", "6.0"),
                        new Member("db2.example:27017", "secondary", "6.0")));
        return new Diagnosis("order-indexer", "shop.orders", server, List.of(findings));
    }

    @Test
    void theWorstComesFirst() {
        Diagnosis diagnosis = of(OPTIONS, POOL, IMAGES);

        assertThat(diagnosis.findings()).containsExactly(IMAGES, POOL, OPTIONS);
        assertThat(diagnosis.worst()).isEqualTo(Severity.PROBLEM);
        assertThat(diagnosis.isFit()).isFalse();
        assertThat(diagnosis.findings(Check.POOL)).containsExactly(POOL);
        assertThat(diagnosis.findings(Severity.OK)).containsExactly(OPTIONS);
    }

    @Test
    void withoutAProblemItIsFit() {
        assertThat(of(POOL).isFit()).isTrue();
        assertThat(of().worst()).isEqualTo(Severity.OK);
    }

    @Test
    void theReportIsInColumns() {
        assertThat(of(OPTIONS, POOL, IMAGES)).hasToString("""
                        Diagnosis of watcher 'order-indexer' on shop.orders: 1 problem, 1 note.
                        Server: replica set rs0, MongoDB 6.0.27, feature compatibility 6.0:
                          db1.example:27017 (primary, 6.0), db2.example:27017 (secondary, 6.0)

                        PROBLEM  images      The collection shop.orders keeps no images, and these options ask for them: the
                                             first change fails the stream.
                                             Remedy: Run collMod with changeStreamPreAndPostImages: {enabled: true} on it,
                                                     which also takes more than a line.
                        NOTE     pool        One.
                                             Remedy: Have two.
                        OK       options     They fit together.""");
    }

    @Test
    void whereNothingIsWrongTheReportSaysSo() {
        assertThat(of(OPTIONS).toString())
                .startsWith("Diagnosis of watcher 'order-indexer' on shop.orders: all is well.\n");
    }
}
