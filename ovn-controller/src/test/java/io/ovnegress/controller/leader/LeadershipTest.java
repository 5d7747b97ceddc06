package io.ovnegress.controller.leader;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.controller.TestingClock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class LeadershipTest {
    private static final Duration PATIENCE = Duration.ofSeconds(2);
    private static final Duration LONG = Duration.ofMinutes(1);

    private final TestingClock clock = new TestingClock();
    private final Mandate mandate = new Mandate(false, Duration.ofDays(1), System::nanoTime);
    /** What the loop was told: whether it leads. */
    private final List<Boolean> told = new ArrayList<>();

    private final Leadership standby = new Leadership(mandate, PATIENCE, told::add, clock);

    private void lease(boolean won) {
        if (won) {
            mandate.renewedAt(mandate.now());
        } else {
            mandate.ended();
        }
        standby.look();
    }

    private boolean wantsLock() {
        standby.look();
        return standby.wantsLock();
    }

    @Test
    void aStandbyStandsInLineBehindTheLeader() {
        standby.start();
        assertThat(wantsLock()).isTrue();
        standby.lock(false, Duration.ZERO);
        clock.advance(LONG);

        assertThat(wantsLock()).isTrue();
        assertThat(standby.isHeir()).isFalse();
        assertThat(told).containsExactly(false);
    }

    @Test
    void theLockOfALeaderThatIsGoneIsAMessageAndNoLeaveToWrite() {
        standby.lock(false, Duration.ZERO);
        standby.lock(true, LONG);

        assertThat(standby.isHeir()).isTrue();
        assertThat(wantsLock()).isTrue();
        assertThat(told).isEmpty();

        lease(true);
        assertThat(told).containsExactly(true);
        assertThat(standby.isHeir()).isFalse();
    }

    @Test
    void aLockThatNobodyHadSaysNothingAndIsGivenBackForAWhile() {
        standby.lock(true, Duration.ZERO);

        assertThat(standby.isHeir()).isFalse();
        assertThat(wantsLock()).isFalse();
        clock.advance(Leadership.SETTLED.minusMillis(1));
        assertThat(wantsLock()).isFalse();
        clock.advance(Duration.ofMillis(1));
        assertThat(wantsLock()).isTrue();
    }

    @Test
    void theLockOfSomebodyWhoOnlyPassedBySaysNothing() {
        standby.lock(false, Duration.ZERO);
        standby.lock(true, Leadership.SETTLED.minusMillis(1));

        assertThat(standby.isHeir()).isFalse();
        assertThat(wantsLock()).isFalse();
    }

    @Test
    void whoCannotHaveTheLeaseGivesTheLockOn() {
        standby.lock(false, Duration.ZERO);
        standby.lock(true, LONG);
        clock.advance(PATIENCE.minusMillis(1));
        assertThat(wantsLock()).isTrue();

        clock.advance(Duration.ofMillis(1));

        assertThat(wantsLock()).isFalse();
        assertThat(standby.isHeir()).isFalse();
    }

    @Test
    void aConnectionThatEndsTakesTheMessageWithIt() {
        standby.lock(true, LONG);
        standby.unlocked();

        assertThat(standby.isHeir()).isFalse();
        lease(true);
        assertThat(told).containsExactly(false);
    }

    @Test
    void aLeaderWritesWhenTheServerSaysSo() {
        standby.lock(false, Duration.ZERO);
        lease(true);
        standby.lock(true, LONG);
        standby.lock(false, LONG);

        assertThat(told).containsExactly(false, true, false);
        clock.advance(LONG);
        assertThat(wantsLock()).isTrue();
    }

    @Test
    void whoLosesTheLeaseGivesTheLockBackAndStandsInLineLater() {
        lease(true);
        standby.lock(true, Duration.ZERO);
        lease(false);

        assertThat(told).containsExactly(false, true, false);
        assertThat(wantsLock()).isFalse();
        standby.lock(true, LONG); // said before the server heard that we do not want it
        assertThat(told).hasSize(3);
        assertThat(standby.isHeir()).isFalse();
        clock.advance(Leadership.SETTLED);
        assertThat(wantsLock()).isTrue();
    }

    @Test
    void withoutElectionTheLockAloneDecides() {
        var alone = new Leadership(new Mandate(true, Duration.ZERO, System::nanoTime), PATIENCE, told::add, clock);
        alone.start();
        alone.lock(false, Duration.ZERO);
        clock.advance(LONG);

        assertThat(alone.wantsLock()).isTrue();
        alone.lock(true, LONG);
        alone.unlocked();
        alone.lock(true, Duration.ZERO);

        assertThat(alone.wantsLock()).isTrue();
        assertThat(told).containsExactly(false, true, true);
    }
}
