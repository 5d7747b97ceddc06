package io.ovnegress.it.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.it.harness.process.ControllerProcess;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The first moments of the soak, which {@code make chaos CHAOS="--soak 1h"} goes on with. */
@Tag("long")
class SoakTest {
    @Test
    void aClusterThatChangesAllTheTimeCostsNoMoreThanIsRight() {
        var report = Soak.run(
                Duration.ofSeconds(30),
                1,
                flags -> ControllerProcess.onClassPathAsLaunched(Path.of(".."), flags),
                line -> {});

        assertThat(report.complaints()).as(report.toString()).isEmpty();
        assertThat(report.changes()).isPositive();
    }
}
