package io.changewatch.resume.mongo;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.bson.conversions.Bson;
import org.junit.jupiter.api.Test;

final class LeaseDocumentTest {

    /** So a client whose clock is wrong has the lease neither longer nor shorter. */
    @Test
    void namesNoTimeButThatOfTheServer() {
        Duration ttl = Duration.ofSeconds(15);

        assertThat(List.of(
                        LeaseDocument.acquisition("web-3/4711/9f2c01ab", 7, ttl),
                        LeaseDocument.renewal(ttl),
                        LeaseDocument.release()))
                .allSatisfy(update -> assertThat(json(update)).contains("$$NOW").doesNotContain("$date"));
    }

    private static String json(List<Bson> update) {
        return update.stream()
                .map(stage -> stage.toBsonDocument().toJson())
                .toList()
                .toString();
    }
}
