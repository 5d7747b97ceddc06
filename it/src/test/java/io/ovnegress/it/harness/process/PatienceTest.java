package io.ovnegress.it.harness.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.core.ConditionTimeoutException;
import org.junit.jupiter.api.Test;

class PatienceTest {
    private static final Duration LIMIT = Duration.ofSeconds(10);

    private long now;
    private double share = 1;
    private final Patience patience = new Patience(LIMIT, () -> now, () -> share);

    private boolean isExhaustedAfter(int seconds) {
        now += Duration.ofSeconds(seconds).toNanos();
        return patience.isExhausted();
    }

    @Test
    void endsWhenNothingHappens() {
        assertThat(isExhaustedAfter(9)).isFalse();
        assertThat(isExhaustedAfter(2)).isTrue();
        assertThat(patience).hasToString("nothing has changed for 10 s of an idle machine");
    }

    @Test
    void beginsAnewWithEveryProgress() {
        for (int rows = 0; rows < 5; rows++) {
            patience.saw(rows + " rows");
            assertThat(isExhaustedAfter(9)).isFalse();
        }
        patience.saw("4 rows");
        assertThat(isExhaustedAfter(9)).isTrue();
    }

    @Test
    void lastsLongerWhereOthersWaitForTheProcessorToo() {
        share = 0.1;
        assertThat(isExhaustedAfter(90)).isFalse();
        share = 1;
        assertThat(isExhaustedAfter(2)).isTrue();
    }

    @Test
    void doesNotLastForEver() {
        int seen = 0;
        while (!isExhaustedAfter(9)) {
            patience.saw(++seen);
        }
        assertThat(seen).isEqualTo(11);
        assertThat(patience).hasToString("it changed all the time but did not come to that within 100 s");
    }

    @Test
    void timesOutWithWhatWasLastComplainedAbout() {
        var polls = new AtomicInteger();
        var quick = new Patience(LIMIT, () -> polls.get() * LIMIT.toNanos() / 5, () -> share);

        assertThatThrownBy(() -> Await.await("ten rows", () -> "", quick).untilAsserted(() -> {
                    polls.incrementAndGet();
                    assertThat(Math.min(polls.get(), 3)).as("rows").isEqualTo(10);
                }))
                .isInstanceOf(ConditionTimeoutException.class)
                .hasMessageStartingWith("ten rows: nothing has changed for 10 s of an idle machine: ")
                .hasMessageContaining("[rows]")
                .hasMessageContaining("expected: 10")
                .hasMessageContaining("but was: 3");
        assertThat(polls).as("three that differ, and five more").hasValue(8);
    }
}
