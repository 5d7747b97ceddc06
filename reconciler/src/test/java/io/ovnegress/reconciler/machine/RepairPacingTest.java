package io.ovnegress.reconciler.machine;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.reconciler.feature.egressip.rows.EgressIpOwner;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.machine.RepairPacing.Count;
import io.ovnegress.reconciler.northbound.Owner;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class RepairPacingTest {
    private static final Owner KEY =
            new EgressIpOwner.PodIp(IpAddress.parse("10.128.0.5").orElseThrow());
    private static final Owner OTHER =
            new EgressIpOwner.PodIp(IpAddress.parse("10.128.0.6").orElseThrow());

    private final RepairPacing pacing = new RepairPacing();
    private Instant now = Instant.parse("2026-01-01T00:00:00Z");

    private Optional<Count> written(Owner key, int wanted) {
        return pacing.written(key, () -> wanted, true, now);
    }

    private void repaired(Owner key, int wanted) {
        assertThat(written(key, wanted)).isPresent();
        pacing.settled(key);
    }

    private Duration waits(Owner key, int wanted) {
        return pacing.notBefore(key, () -> wanted, now)
                .map(due -> Duration.between(now, due))
                .orElse(Duration.ZERO);
    }

    @Test
    void theFirstRepairIsMadeAtOnceAndEachFurtherOneWaitsTwiceAsLongUpToAMinute() {
        var pauses = new ArrayList<Long>();
        for (int i = 0; i < 9; i++) {
            var pause = waits(KEY, 1);
            pauses.add(pause.toSeconds());
            now = now.plus(pause);
            repaired(KEY, 1);
        }

        assertThat(pauses).containsExactly(0L, 1L, 2L, 4L, 8L, 16L, 32L, 60L, 60L);
    }

    @Test
    void theTimeThatHasGoneByCounts() {
        repaired(KEY, 1);
        now = now.plusMillis(400);

        assertThat(waits(KEY, 1)).isEqualTo(Duration.ofMillis(600));
    }

    @Test
    void whatIsWantedAnewDoesNotWait() {
        repaired(KEY, 1);
        repaired(KEY, 1);

        assertThat(waits(KEY, 2)).isZero();
        assertThat(written(KEY, 2)).isEmpty();
    }

    @Test
    void whatWasWantedBeforeTheLastChangeDoesNotWaitEither() {
        repaired(KEY, 1);
        assertThat(written(KEY, 2)).isEmpty();
        pacing.settled(KEY);

        assertThat(waits(KEY, 1)).isZero();
    }

    @Test
    void aChangeBeginsTheCountAnew() {
        repaired(KEY, 1);
        repaired(KEY, 1);
        assertThat(written(KEY, 2)).isEmpty();
        pacing.settled(KEY);

        assertThat(written(KEY, 2)).contains(new Count(1, Duration.ofSeconds(1)));
    }

    @Test
    void aRepairThatIsNotCommittedIsTheSameRepairTheNextTime() {
        assertThat(written(KEY, 1)).contains(new Count(1, Duration.ofSeconds(1)));

        assertThat(waits(KEY, 1)).isZero();
        assertThat(written(KEY, 1)).contains(new Count(1, Duration.ofSeconds(1)));
    }

    @Test
    void anOrdinaryWriteIsNoRepair() {
        assertThat(pacing.written(KEY, () -> 1, false, now)).isEmpty();
        pacing.settled(KEY);

        assertThat(waits(KEY, 1)).isZero();
    }

    @Test
    void ownersDoNotWaitForEachOther() {
        repaired(KEY, 1);

        assertThat(waits(OTHER, 1)).isZero();
    }

    @Test
    void whoIsLeftAloneStartsAnew() {
        repaired(KEY, 1);
        repaired(KEY, 1);
        now = now.plus(RepairPacing.QUIET).plusSeconds(1);

        assertThat(written(KEY, 1)).contains(new Count(1, Duration.ofSeconds(1)));
    }

    @Test
    void aClockThatIsSetBackStretchesNoPause() {
        repaired(KEY, 1);
        now = now.minus(Duration.ofDays(1));

        assertThat(waits(KEY, 1)).isZero();
    }
}
