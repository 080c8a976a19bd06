package io.changewatch.benchmarks;

import io.changewatch.pipeline.Condition;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.IntFunction;

/**
 * Which clients a feed has, and how many events.
 *
 * @param name as the table shows it
 * @param clients how many are attached
 * @param users how many users the events are of, one after the other: event {@code n} is of user {@code n % users}
 * @param events of one round
 * @param condition what the client of this number asks for
 */
record Scenario(String name, int clients, int users, int events, IntFunction<Optional<Condition>> condition) {
    private static final int UNFILTERED = 100;

    static List<Scenario> all(int clients, int events) {
        return List.of(
                new Scenario("no client", 0, clients, events, i -> Optional.empty()),
                ownUser(clients, events),
                // Says the same so that the index cannot help. Far fewer events, as each takes so much longer.
                new Scenario(
                        named(clients, "userId gte and lte u<i>"),
                        clients,
                        clients,
                        Math.max(1, events / 100),
                        i -> Optional.of(Condition.document("userId")
                                .gte(user(i))
                                .and(Condition.document("userId").lte(user(i))))),
                new Scenario(
                        named(UNFILTERED, "without a filter"),
                        UNFILTERED,
                        clients,
                        Math.max(1, events / 5),
                        i -> Optional.empty()));
    }

    /** Each client wants the events of one user, and each event goes to one client. */
    static Scenario ownUser(int clients, int events) {
        return new Scenario(
                named(clients, "userId eq u<i>"),
                clients,
                clients,
                events,
                i -> Optional.of(Condition.document("userId").eq(user(i))));
    }

    private static String named(int clients, String filter) {
        return String.format(Locale.ROOT, "%,d clients, %s", clients, filter);
    }

    static String user(int number) {
        return "u" + number;
    }

    /** A client that expects its events. */
    CountingClient client(int number, Deliveries deliveries) {
        return isFiltered() ? new CountingClient(number, users, deliveries) : new CountingClient(0, 1, deliveries);
    }

    /** How many messages the events of one round are. */
    long messages() {
        return isFiltered() ? events : (long) events * clients;
    }

    private boolean isFiltered() {
        return clients > 0 && condition.apply(0).isPresent();
    }
}
