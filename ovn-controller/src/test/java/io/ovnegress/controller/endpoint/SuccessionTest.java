package io.ovnegress.controller.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.controller.TestingClock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class SuccessionTest {
    private static final Duration PATIENCE = Duration.ofSeconds(2);
    private static final Duration LONG = Duration.ofMinutes(1);

    private final TestingClock clock = new TestingClock();
    /** What the loop was told: whether it may write. */
    private final List<Boolean> writes = new ArrayList<>();

    private final Succession standby = new Succession(false, PATIENCE, writes::add, clock);

    @Test
    void aStandbyStandsInLineBehindTheLeader() {
        standby.start();
        assertThat(standby.wantsLock()).isTrue();
        standby.lock(false, Duration.ZERO);
        clock.advance(LONG);

        assertThat(standby.wantsLock()).isTrue();
        assertThat(standby.isLeaderGone()).isFalse();
        assertThat(writes).containsExactly(false);
    }

    @Test
    void theLockOfALeaderThatIsGoneIsAMessageAndNoLeaveToWrite() {
        standby.lock(false, Duration.ZERO);
        standby.lock(true, LONG);

        assertThat(standby.isLeaderGone()).isTrue();
        assertThat(standby.wantsLock()).isTrue();
        assertThat(writes).isEmpty();

        standby.lead(true);
        assertThat(writes).containsExactly(true);
        assertThat(standby.isLeaderGone()).isFalse();
    }

    @Test
    void aLockThatNobodyHadSaysNothingAndIsGivenBackForAWhile() {
        standby.lock(true, Duration.ZERO);

        assertThat(standby.isLeaderGone()).isFalse();
        assertThat(standby.wantsLock()).isFalse();
        clock.advance(Succession.SETTLED.minusMillis(1));
        assertThat(standby.wantsLock()).isFalse();
        clock.advance(Duration.ofMillis(1));
        assertThat(standby.wantsLock()).isTrue();
    }

    @Test
    void theLockOfSomebodyWhoOnlyPassedBySaysNothing() {
        standby.lock(false, Duration.ZERO);
        standby.lock(true, Succession.SETTLED.minusMillis(1));

        assertThat(standby.isLeaderGone()).isFalse();
        assertThat(standby.wantsLock()).isFalse();
    }

    @Test
    void whoCannotHaveTheLeaseGivesTheLockOn() {
        standby.lock(false, Duration.ZERO);
        standby.lock(true, LONG);
        clock.advance(PATIENCE.minusMillis(1));
        assertThat(standby.wantsLock()).isTrue();

        clock.advance(Duration.ofMillis(1));

        assertThat(standby.wantsLock()).isFalse();
        assertThat(standby.isLeaderGone()).isFalse();
    }

    @Test
    void aConnectionThatEndsTakesTheMessageWithIt() {
        standby.lock(true, LONG);
        standby.unlocked();

        assertThat(standby.isLeaderGone()).isFalse();
        standby.lead(true);
        assertThat(writes).containsExactly(false);
    }

    @Test
    void aLeaderWritesWhenTheServerSaysSo() {
        standby.lock(false, Duration.ZERO);
        standby.lead(true);
        standby.lock(true, LONG);
        standby.lock(false, LONG);

        assertThat(writes).containsExactly(false, true, false);
        clock.advance(LONG);
        assertThat(standby.wantsLock()).isTrue();
    }

    @Test
    void whoLosesTheLeaseGivesTheLockBackAndStandsInLineLater() {
        standby.lead(true);
        standby.lock(true, Duration.ZERO);
        standby.lead(false);

        assertThat(writes).containsExactly(false, true, false);
        assertThat(standby.wantsLock()).isFalse();
        standby.lock(true, LONG); // said before the server heard that we do not want it
        assertThat(writes).hasSize(3);
        assertThat(standby.isLeaderGone()).isFalse();
        clock.advance(Succession.SETTLED);
        assertThat(standby.wantsLock()).isTrue();
    }

    @Test
    void withoutElectionTheLockAloneDecides() {
        var alone = new Succession(true, PATIENCE, writes::add, clock);
        alone.start();
        alone.lock(false, Duration.ZERO);
        clock.advance(LONG);

        assertThat(alone.wantsLock()).isTrue();
        alone.lock(true, LONG);
        alone.unlocked();
        alone.lock(true, Duration.ZERO);

        assertThat(alone.wantsLock()).isTrue();
        assertThat(writes).containsExactly(false, true, true);
    }
}
