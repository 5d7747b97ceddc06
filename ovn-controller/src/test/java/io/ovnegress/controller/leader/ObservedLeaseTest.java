package io.ovnegress.controller.leader;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.extended.leaderelection.resourcelock.LeaderElectionRecord;
import io.fabric8.kubernetes.client.extended.leaderelection.resourcelock.Lock;
import io.ovnegress.controller.TestingClock;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ObservedLeaseTest {
    private final TestingClock clock = new TestingClock();
    private final java.time.Instant start = clock.instant();
    private final Mandate mandate = new Mandate(
            false,
            Duration.ofSeconds(1),
            () -> Duration.between(start, clock.instant()).toNanos());
    private final InMemory stored = new InMemory();
    private boolean holderGone;
    private final ObservedLease lease = new ObservedLease(stored, mandate, () -> holderGone, clock);
    /** Only handed through. */
    private final KubernetesClient client = new KubernetesClientBuilder().build();

    /** The lease as the API server has it. */
    private static final class InMemory implements Lock {
        private LeaderElectionRecord record;

        @Override
        public LeaderElectionRecord get(KubernetesClient client) {
            return record;
        }

        @Override
        public void create(KubernetesClient client, LeaderElectionRecord next) {
            record = next;
        }

        @Override
        public void update(KubernetesClient client, LeaderElectionRecord next) {
            if (next.getLeaderTransitions() < 0) {
                throw new IllegalStateException("refused");
            }
            record = next;
        }

        @Override
        public String identity() {
            return "us";
        }

        @Override
        public String describe() {
            return "in memory";
        }
    }

    @AfterEach
    void closeClient() {
        client.close();
    }

    private ZonedDateTime now() {
        return ZonedDateTime.ofInstant(clock.instant(), ZoneOffset.UTC);
    }

    private static LeaderElectionRecord heldBy(String holder, ZonedDateTime renewed) {
        return new LeaderElectionRecord(holder, Duration.ofSeconds(2), renewed, renewed, 0);
    }

    @Test
    void theAgeOfALeaseIsCountedFromWhenWeSawItRenewedWhateverItsHoldersClockSays() {
        for (var skew : new Duration[] {Duration.ofHours(-3), Duration.ofHours(3)}) {
            stored.record = heldBy("them", now().plus(skew));
            var firstSeen = now();
            assertThat(lease.get(client).getRenewTime()).isEqualTo(firstSeen);
            clock.advance(Duration.ofSeconds(1));
            assertThat(lease.get(client).getRenewTime()).isEqualTo(firstSeen);

            stored.record = heldBy("them", now().plus(skew));
            assertThat(lease.get(client).getRenewTime()).isEqualTo(now());
        }
    }

    @Test
    void theLeaseOfAHolderThatIsGoneHasExpiredButNeverOurOwn() {
        stored.record = heldBy("them", now());
        holderGone = true;
        var seen = lease.get(client);
        assertThat(seen.getRenewTime().plus(seen.getLeaseDuration())).isBefore(now());

        stored.record = heldBy("us", now());
        assertThat(lease.get(client).getRenewTime()).isEqualTo(now());
    }

    @Test
    void withoutALeaseThereIsNone() {
        holderGone = true;
        assertThat(lease.get(client)).isNull();
    }

    @Test
    void whatWeWriteGivesTheMandateAndWhatWeReleaseTakesIt() {
        lease.create(client, heldBy("us", now()));
        assertThat(mandate.isHeld()).isTrue();

        clock.advance(Duration.ofSeconds(2));
        assertThat(mandate.isHeld()).isFalse();
        lease.update(client, heldBy("us", now()));
        assertThat(mandate.isHeld()).isTrue();

        lease.update(client, heldBy(null, now()));
        assertThat(mandate.isHeld()).isFalse();
    }

    @Test
    void aRenewalThatFailsGivesNothing() {
        var refused = new LeaderElectionRecord("us", Duration.ofSeconds(2), now(), now(), -1);

        org.assertj.core.api.Assertions.assertThatThrownBy(() -> lease.update(client, refused))
                .hasMessage("refused");

        assertThat(mandate.isHeld()).isFalse();
    }

    @Test
    void theSightOfAnotherHolderEndsTheMandate() {
        lease.create(client, heldBy("us", now()));
        stored.record = heldBy("them", now());

        lease.get(client);

        assertThat(mandate.isHeld()).isFalse();
    }
}
