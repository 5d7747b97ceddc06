package io.ovnegress.controller.leader;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.StatusBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.extended.leaderelection.resourcelock.LeaderElectionRecord;
import io.fabric8.kubernetes.client.extended.leaderelection.resourcelock.Lock;
import io.ovnegress.controller.TestingClock;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.Optional;
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
    private final LeaseAccess access = new LeaseAccess("ovn/ovn-egress", clock);
    private final ObservedLease lease = new ObservedLease(stored, mandate, access, () -> holderGone, clock);
    /** Only handed through. */
    private final KubernetesClient client = new KubernetesClientBuilder().build();

    /** The lease as the API server has it. */
    private static final class InMemory implements Lock {
        private LeaderElectionRecord record;
        private Optional<RuntimeException> unreadable = Optional.empty();

        @Override
        public LeaderElectionRecord get(KubernetesClient client) {
            if (unreadable.isPresent()) {
                throw unreadable.get();
            }
            return record;
        }

        @Override
        public void create(KubernetesClient client, LeaderElectionRecord next) {
            record = next;
        }

        @Override
        public void update(KubernetesClient client, LeaderElectionRecord next) {
            if (next.getLeaderTransitions() < 0) {
                throw answer(422, "refused");
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

    private static KubernetesClientException answer(int code, String words) {
        return new KubernetesClientException(
                new StatusBuilder().withCode(code).withMessage(words).build());
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

        assertThatThrownBy(() -> lease.update(client, refused)).hasMessageContaining("refused");

        assertThat(mandate.isHeld()).isFalse();
    }

    @Test
    void theSightOfAnotherHolderEndsTheMandate() {
        lease.create(client, heldBy("us", now()));
        stored.record = heldBy("them", now());

        lease.get(client);

        assertThat(mandate.isHeld()).isFalse();
    }

    @Test
    void aLeaseThatWasNotReadYetIsTroubleUntilItIs() {
        assertThat(access.trouble()).contains("Lease ovn/ovn-egress has not been read yet");

        lease.get(client);

        assertThat(access.trouble()).isEmpty();
    }

    @Test
    void aLeaseThatMayNotBeReadIsTroubleWithTheServersWords() {
        stored.unreadable = Optional.of(answer(403, "leases \"ovn-egress\" is forbidden"));

        assertThatThrownBy(() -> lease.get(client)).isInstanceOf(KubernetesClientException.class);

        assertThat(access.trouble())
                .hasValueSatisfying(words -> assertThat(words)
                        .isEqualTo("Lease ovn/ovn-egress cannot be read: HTTP 403: leases \"ovn-egress\" is forbidden"
                                + " (Role ovn-egress-leader-election of deploy/base grants it)"));
    }

    @Test
    void aLeaseThatNobodyUnderstandsIsTroubleAndDoesNotEndTheElection() {
        stored.unreadable = Optional.of(new NullPointerException("no duration"));

        assertThatThrownBy(() -> lease.get(client)).isInstanceOf(KubernetesClientException.class);

        assertThat(access.trouble())
                .hasValueSatisfying(words -> assertThat(words)
                        .contains("cannot be read: it is not what a leader writes")
                        .endsWith("delete it"));
    }

    @Test
    void whoMayReadAndNotWriteIsInTroubleUntilAnotherLeaderIsSeenAtWork() {
        stored.record = heldBy("them", now());
        lease.get(client);
        var refused = new LeaderElectionRecord("us", Duration.ofSeconds(2), now(), now(), -1);
        assertThatThrownBy(() -> lease.update(client, refused)).isInstanceOf(KubernetesClientException.class);
        assertThat(access.trouble()).contains("Lease ovn/ovn-egress cannot be written: HTTP 422: refused");

        lease.get(client);
        assertThat(access.trouble()).as("nobody has renewed it since").isPresent();

        clock.advance(Duration.ofSeconds(1));
        stored.record = heldBy("them", now());
        lease.get(client);
        assertThat(access.trouble()).isEmpty();
    }

    @Test
    void aConflictIsNoTrouble() {
        lease.get(client);
        access.notWritten(answer(409, "somebody else was faster"));

        assertThat(access.trouble()).isEmpty();
    }
}
