package io.changewatch.push;

import static org.assertj.core.api.Assertions.assertThat;

import io.changewatch.push.Admission.Reason;
import io.changewatch.push.FeedOptions.Clients;
import java.security.Principal;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

final class SeatsTest {
    private static final long MINUTE = TimeUnit.MINUTES.toNanos(1);

    private static Seats seats(int max, int maxPerPrincipal) {
        return new Seats(new Clients(max, maxPerPrincipal, 1, 1));
    }

    private static Principal named(String name) {
        return () -> name;
    }

    @Nested
    final class Taking {

        @Test
        void endsAtTheLimit() {
            Seats seats = seats(2, 10);

            assertThat(seats.take(named("ann"))).isEmpty();
            assertThat(seats.take(named("bob"))).isEmpty();
            assertThat(seats.take(named("eve"))).contains(Reason.FULL);
            assertThat(seats.taken()).isEqualTo(2);
        }

        @Test
        void endsAtThePrincipalsLimit() {
            Seats seats = seats(10, 2);
            seats.take(named("ann"));
            seats.take(named("ann"));

            assertThat(seats.take(named("ann"))).contains(Reason.PRINCIPAL_LIMIT);
            assertThat(seats.take(named("bob"))).isEmpty();
            assertThat(seats.taken()).isEqualTo(3);
        }

        @Test
        void saysFullBeforeItSaysThatOneHasTooMany() {
            Seats seats = seats(1, 1);
            seats.take(named("ann"));

            assertThat(seats.take(named("ann"))).contains(Reason.FULL);
        }

        @Test
        void doesNotCountThoseWhomNobodyAsked() {
            Seats seats = seats(3, 1);

            assertThat(seats.take(Anyone.INSTANCE)).isEmpty();
            assertThat(seats.take(Anyone.INSTANCE)).isEmpty();
            assertThat(seats.take(Anyone.INSTANCE)).isEmpty();
            assertThat(seats.take(Anyone.INSTANCE)).contains(Reason.FULL);
        }

        @Test
        void bySeveralThreadsEndsAtTheLimit() throws ExecutionException, InterruptedException {
            Seats seats = seats(100, 60);
            ExecutorService threads = Executors.newFixedThreadPool(8);
            List<Future<Long>> taken = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                Principal principal = named(i % 2 == 0 ? "ann" : "bob");
                taken.add(threads.submit(() -> IntStream.range(0, 50)
                        .filter(attempt -> seats.take(principal).isEmpty())
                        .count()));
            }
            long all = 0;
            for (Future<Long> one : taken) {
                all += one.get();
            }
            threads.shutdown();

            assertThat(all).isEqualTo(100);
            assertThat(seats.taken()).isEqualTo(100);
        }
    }

    @Nested
    final class Looking {

        @Test
        void takesNone() {
            Seats seats = seats(1, 1);

            assertThat(seats.look(named("ann"))).isEmpty();
            assertThat(seats.look(named("ann"))).isEmpty();
            assertThat(seats.taken()).isZero();
        }

        @Test
        void saysWhatTakingWould() {
            Seats seats = seats(2, 1);
            seats.take(named("ann"));
            assertThat(seats.look(named("ann"))).contains(Reason.PRINCIPAL_LIMIT);
            assertThat(seats.look(named("bob"))).isEmpty();

            seats.take(named("bob"));
            assertThat(seats.look(named("eve"))).contains(Reason.FULL);
        }
    }

    @Nested
    final class Freeing {

        @Test
        void letsTheNextOneIn() {
            Seats seats = seats(1, 1);
            seats.take(named("ann"));
            seats.free(named("ann"));

            assertThat(seats.taken()).isZero();
            assertThat(seats.take(named("ann"))).isEmpty();
        }

        @Test
        void countsForItsPrincipalOnly() {
            Seats seats = seats(10, 2);
            seats.take(named("ann"));
            seats.take(named("ann"));
            seats.take(named("bob"));
            seats.free(named("bob"));
            assertThat(seats.take(named("ann"))).contains(Reason.PRINCIPAL_LIMIT);

            seats.free(named("ann"));
            assertThat(seats.take(named("ann"))).isEmpty();
            assertThat(seats.take(named("ann"))).contains(Reason.PRINCIPAL_LIMIT);
        }
    }

    @Nested
    final class Waiting {

        @Test
        void endsAtOnceWhereNobodySits() throws InterruptedException {
            Seats seats = seats(1, 1);
            seats.awaitEmpty(MINUTE);

            assertThat(seats.taken()).isZero();
        }

        @Test
        void endsWhenTheLastOneLeaves() throws InterruptedException {
            Seats seats = seats(2, 1);
            seats.take(named("ann"));
            seats.take(named("bob"));
            CompletableFuture<Void> leaving = CompletableFuture.runAsync(() -> {
                seats.free(named("ann"));
                seats.free(named("bob"));
            });
            seats.awaitEmpty(MINUTE);

            assertThat(seats.taken()).isZero();
            leaving.join();
        }

        @Test
        void endsWhenTheTimeIsOver() throws InterruptedException {
            Seats seats = seats(1, 1);
            seats.take(named("ann"));
            seats.awaitEmpty(1);
            seats.awaitEmpty(0);
            seats.awaitEmpty(-1);

            assertThat(seats.taken()).isEqualTo(1);
        }
    }
}
