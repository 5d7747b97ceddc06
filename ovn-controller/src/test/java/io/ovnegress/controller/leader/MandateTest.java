package io.ovnegress.controller.leader;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class MandateTest {
    private long now = Long.MAX_VALUE - 10; // nanoTime may overflow
    private final Mandate mandate = new Mandate(false, Duration.ofNanos(100), () -> now);

    @Test
    void itIsNotHeldBeforeTheFirstRenewal() {
        assertThat(mandate.isHeld()).isFalse();
    }

    @Test
    void itEndsByItself() {
        mandate.renewedAt(mandate.now());
        now += 99;
        assertThat(mandate.isHeld()).isTrue();
        now += 1;
        assertThat(mandate.isHeld()).isFalse();
    }

    @Test
    void aRenewalCountsFromItsBeginning() {
        long begun = mandate.now();
        now += 150;
        mandate.renewedAt(begun);

        assertThat(mandate.isHeld()).isFalse();
    }

    @Test
    void itCanEndAtOnceAndBeginAgain() {
        mandate.renewedAt(mandate.now());
        mandate.ended();
        assertThat(mandate.isHeld()).isFalse();

        mandate.renewedAt(mandate.now());
        assertThat(mandate.isHeld()).isTrue();
    }

    @Test
    void withoutElectionItIsAlwaysHeld() {
        assertThat(new Mandate(true, Duration.ZERO, () -> now).isHeld()).isTrue();
    }
}
