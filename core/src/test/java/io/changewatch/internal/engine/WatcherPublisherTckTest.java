package io.changewatch.internal.engine;

import static io.changewatch.internal.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.changewatch.InvalidatedPolicy;
import io.changewatch.event.ChangeEvent;
import java.lang.ref.Reference;
import java.lang.ref.WeakReference;
import org.bson.BsonDocument;
import org.reactivestreams.Publisher;
import org.reactivestreams.tck.PublisherVerification;
import org.reactivestreams.tck.TestEnvironment;
import org.reactivestreams.tck.TestEnvironment.ManualSubscriber;
import org.testng.annotations.Test;

/**
 * The Reactive Streams TCK on the publisher of events.
 *
 * <p>A finite stream is one that the server ends, with the policy to stop. The rules below cannot be tested by the TCK, or
 * are about several subscribers, which this publisher refuses; TestNG would show them as skipped. They are overridden without
 * {@code @Test}, each with its reason, so that nothing is skipped in silence.
 */
public final class WatcherPublisherTckTest extends PublisherVerification<ChangeEvent<BsonDocument>> {
    private static final long TIMEOUT_MILLIS = 2_000;
    private static final long SILENCE_MILLIS = 50;
    /** {@code expectError} of TCK 1.0.4 gives up after one poll instead of its time-out: so the poll is as long. */
    private static final long POLL_MILLIS = TIMEOUT_MILLIS;

    private final TestEnvironment environment;

    public WatcherPublisherTckTest() {
        this(new TestEnvironment(TIMEOUT_MILLIS, SILENCE_MILLIS, POLL_MILLIS));
    }

    private WatcherPublisherTckTest(TestEnvironment environment) {
        super(environment, TIMEOUT_MILLIS);
        this.environment = environment;
    }

    @Override
    public Publisher<ChangeEvent<BsonDocument>> createPublisher(long elements) {
        WatchSetup setup = new WatchSetup().whenInvalidated(InvalidatedPolicy.STOP);
        return new EventPublisher<>(
                new WatcherPublisher<>(setup.settings(), () -> new EndlessSource(elements), false, setup.time));
    }

    @Override
    public Publisher<ChangeEvent<BsonDocument>> createFailedPublisher() {
        WatchSetup setup = new WatchSetup();
        setup.server.refuses(Errors.command(40573));
        return new EventPublisher<>(new WatcherPublisher<>(setup.settings(), () -> setup.server, false, setup.time));
    }

    /** The TCK looks once, 100 ms after a garbage collection, which is too soon on a busy machine. This looks until it is gone. */
    @Override
    @Test
    public void required_spec313_cancelMustMakeThePublisherEventuallyDropAllReferencesToTheSubscriber()
            throws Throwable {
        Publisher<ChangeEvent<BsonDocument>> publisher = createPublisher(3);
        WeakReference<?> subscriber = subscribeAndCancel(publisher);
        try {
            eventually(() -> {
                System.gc();
                return subscriber.get() == null;
            });
        } finally {
            Reference.reachabilityFence(publisher);
        }
    }

    private WeakReference<?> subscribeAndCancel(Publisher<ChangeEvent<BsonDocument>> publisher) throws Throwable {
        ManualSubscriber<ChangeEvent<BsonDocument>> subscriber = environment.newManualSubscriber(publisher);
        subscriber.request(1);
        assertThat(subscriber.nextElement()).isNotNull();
        subscriber.cancel();
        return new WeakReference<>(subscriber);
    }

    /** The TCK cannot see it; {@code SubscriberDelivererTest.Ending} does. */
    @Override
    public void untested_spec106_mustConsiderSubscriptionCancelledAfterOnErrorOrOnCompleteHasBeenCalled() {}

    /** The TCK cannot see it; {@code SubscriberDelivererTest.Ending.happensOnce} does. */
    @Override
    public void untested_spec107_mustNotEmitFurtherSignalsOnceOnErrorHasBeenSignalled() {}

    /** The TCK cannot see it; {@code SubscriberDelivererTest.Ending.cancellingStopsTheWatcherAndTellsNothing} does. */
    @Override
    public void untested_spec108_possiblyCanceledSubscriptionShouldNotReceiveOnErrorOrOnCompleteSignals() {}

    /** The TCK cannot see it; a failing start is told by onError, as {@code WatcherPublisherTest} shows. */
    @Override
    public void untested_spec109_subscribeShouldNotThrowNonFatalThrowable() {}

    /** The TCK cannot see it; {@code WatcherPublisherTest.refusesASecondSubscriber} does. */
    @Override
    public void untested_spec110_rejectASubscriptionRequestIfTheSameSubscriberSubscribesTwice() {}

    /** The TCK cannot see it; a request adds a number and marks events, nothing more. */
    @Override
    public void untested_spec304_requestShouldNotPerformHeavyComputations() {}

    /** The TCK cannot see it; a cancel sets a flag and closes the cursor, which does not wait for the server's answer. */
    @Override
    public void untested_spec305_cancelMustNotSynchronouslyPerformHeavyComputation() {}

    /** One subscriber at a time: the checkpoint is his. A second one gets onError. */
    @Override
    public void optional_spec111_maySupportMultiSubscribe() {}

    /** One subscriber at a time. */
    @Override
    public void optional_spec111_registeredSubscribersMustReceiveOnNextOrOnCompleteSignals() {}

    /** One subscriber at a time. */
    @Override
    public void
            optional_spec111_multicast_mustProduceTheSameElementsInTheSameSequenceToAllOfItsSubscribersWhenRequestingOneByOne() {}

    /** One subscriber at a time. */
    @Override
    public void
            optional_spec111_multicast_mustProduceTheSameElementsInTheSameSequenceToAllOfItsSubscribersWhenRequestingManyUpfront() {}

    /** One subscriber at a time. */
    @Override
    public void
            optional_spec111_multicast_mustProduceTheSameElementsInTheSameSequenceToAllOfItsSubscribersWhenRequestingManyUpfrontAndCompleteAsExpected() {}
}
