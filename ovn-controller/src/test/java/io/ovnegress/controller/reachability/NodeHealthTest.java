package io.ovnegress.controller.reachability;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class NodeHealthTest {
    private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

    private final NodeHealth health = new NodeHealth(3, Duration.ofSeconds(5), START);

    private static Instant at(double seconds) {
        return START.plusMillis((long) (seconds * 1000));
    }

    @Test
    void itTakesSeveralMissesInARowToBeUnreachable() {
        assertThat(health.missed()).isFalse();
        assertThat(health.missed()).isFalse();
        assertThat(health.heard(at(1))).isFalse();
        assertThat(health.missed()).isFalse();
        assertThat(health.missed()).isFalse();
        assertThat(health.isReachable()).isTrue();

        assertThat(health.missed()).isTrue();

        assertThat(health.isReachable()).isFalse();
        assertThat(health.lastHeard()).isEqualTo(at(1));
        assertThat(health.missed()).isFalse();
    }

    @Test
    void itTakesAWhileWithoutAMissToBeReachableAgain() {
        lose();

        assertThat(health.heard(at(10))).isFalse();
        assertThat(health.heard(at(14.9))).isFalse();
        assertThat(health.heard(at(15))).isTrue();

        assertThat(health.isReachable()).isTrue();
        assertThat(health.heard(at(16))).isFalse();
    }

    @Test
    void aNodeThatFlapsStaysUnreachable() {
        lose();

        for (int second = 10; second < 60; second += 4) {
            assertThat(health.heard(at(second))).isFalse();
            assertThat(health.heard(at(second + 3))).isFalse();
            assertThat(health.missed()).isFalse();
        }

        assertThat(health.isReachable()).isFalse();
    }

    @Test
    void withoutARecoveryTimeOneAnswerIsEnough() {
        var quick = new NodeHealth(1, Duration.ZERO, START);

        assertThat(quick.missed()).isTrue();
        assertThat(quick.heard(at(1))).isTrue();
    }

    private void lose() {
        health.missed();
        health.missed();
        health.missed();
    }
}
