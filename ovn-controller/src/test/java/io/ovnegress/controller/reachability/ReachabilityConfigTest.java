package io.ovnegress.controller.reachability;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ReachabilityConfigTest {
    private static ReachabilityConfig config(long total, long interval, int failures) {
        return new ReachabilityConfig(
                Duration.ofMillis(total), 0, Duration.ofMillis(interval), failures, Duration.ofSeconds(5));
    }

    @ParameterizedTest
    @CsvSource({"1000, 250, 3", "1000, 100, 3", "5000, 250, 3", "1000, 900, 1", "60000, 1000, 10"})
    void aNodeThatDiesRightAfterItsAnswerIsNoticedInTime(long total, long interval, int failures) {
        long timeout = config(total, interval, failures).probeTimeout().toMillis();

        // The first missed probe begins an interval later; a probe begins when its turn has come and the last has
        // ended.
        long begin = interval;
        for (int missed = 1; missed < failures; missed++) {
            begin += Math.max(interval, timeout);
        }
        assertThat(begin + timeout).isLessThan(total).isGreaterThan(total / 2);
        assertThat(timeout).isPositive();
    }

    @Test
    void byDefaultAProbeMayTakeAFifthOfASecond() {
        assertThat(config(1000, 250, 3).probeTimeout()).isEqualTo(Duration.ofMillis(200));
    }

    @Test
    void probesThatDoNotFitIntoTheTotalAreRefused() {
        assertThatThrownBy(() -> config(1000, 500, 2)).hasMessageContaining("do not fit into 1000 ms");
    }
}
