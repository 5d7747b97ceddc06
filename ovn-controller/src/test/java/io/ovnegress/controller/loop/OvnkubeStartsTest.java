package io.ovnegress.controller.loop;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import org.junit.jupiter.api.Test;

class OvnkubeStartsTest {
    private static final Instant NOW = Instant.parse("2026-01-01T03:00:00Z");

    @Test
    void aStartIsOneLineHoweverManyTransactionsAnswerItAndTheNextStartAnother() {
        try (var log = new CapturedLog()) {
            var starts = new OvnkubeStarts();
            starts.takenBack(0, NOW);
            for (int second = 1; second <= 100; second++) {
                starts.takenBack(500, NOW.plusSeconds(second));
            }
            assertThat(log.lines())
                    .singleElement()
                    .asString()
                    .startsWith("INFO ovnkube")
                    .contains("owners=500");

            starts.takenBack(3, NOW.plusSeconds(300));
            assertThat(log.lines()).hasSize(2);
        }
    }
}
