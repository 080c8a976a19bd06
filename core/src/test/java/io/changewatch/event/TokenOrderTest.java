package io.changewatch.event;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.bson.BsonDocument;
import org.bson.BsonString;
import org.junit.jupiter.api.Test;

/** Tokens as MongoDB 6.0.27 sends them, of streams that split large events (version 2) and that do not (version 1). */
final class TokenOrderTest {
    private static final String TIME = "82000000640000000";

    private static ResumeToken token(String data) {
        return new ResumeToken(new BsonDocument("_data", new BsonString(data)));
    }

    private static ResumeToken place(int increment, String version) {
        return token(TIME + increment + version + "29296E1404");
    }

    private static ResumeToken event(int increment, String version, String index, String name) {
        return token(TIME + increment + version + "2C0100" + index + "6E5A1004AAAA" + name);
    }

    /** In their order; those of one row stand for the same place. */
    private static final List<List<ResumeToken>> ORDER = List.of(
            List.of(place(1, "2B02"), place(1, "2B04")),
            List.of(event(1, "2B02", "29", "46645F"), event(1, "2B04", "29", "463C6F")),
            List.of(event(1, "2B02", "2B02", "46645F"), event(1, "2B04", "2B02", "463C6F")),
            List.of(event(1, "2B02", "2B04", "46645E"), event(1, "2B04", "2B04", "463C6E")),
            List.of(event(1, "2B02", "2C0100", "46645E"), event(1, "2B04", "2C0100", "463C6E")),
            List.of(place(2, "2B02"), place(2, "2B04")),
            List.of(event(2, "2B02", "29", "46645F"), event(2, "2B04", "29", "463C6F")));

    @Test
    void isTheSameInBothVersions() {
        for (int left = 0; left < ORDER.size(); left++) {
            for (int right = 0; right < ORDER.size(); right++) {
                for (ResumeToken one : ORDER.get(left)) {
                    for (ResumeToken other : ORDER.get(right)) {
                        assertThat(one.isBefore(other))
                                .as("%s, %s", one.value(), other.value())
                                .isEqualTo(left < right);
                        assertThat(one.isAt(other))
                                .as("%s, %s", one.value(), other.value())
                                .isEqualTo(left == right);
                    }
                }
            }
        }
    }

    @Test
    void tellsEventsOfOneTimeApartWithinAVersion() {
        assertThat(event(1, "2B02", "29", "46645E").isBefore(event(1, "2B02", "29", "46645F")))
                .isTrue();
        assertThat(event(1, "2B02", "29", "46645E").isAt(event(1, "2B02", "29", "46645F")))
                .isFalse();
    }

    @Test
    void doesNotStumbleOverWhatItDoesNotKnow() {
        assertThat(token("82").isBefore(token("83"))).isTrue();
        assertThat(token(TIME + "12B02").isBefore(token(TIME + "12B04"))).isTrue();
        assertThat(token(TIME + "12B022C").isBefore(token(TIME + "12B0429"))).isFalse();
        assertThat(new ResumeToken(new BsonDocument()).isBefore(token("82"))).isFalse();
        assertThat(new ResumeToken(new BsonDocument()).isAt(token("82"))).isFalse();
    }
}
