package io.ovnegress.controller.health;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.controller.loop.Backlog;
import java.util.List;
import org.junit.jupiter.api.Test;

class ReadinessTest {
    @Test
    void readyOnlyIfEveryConditionHolds() {
        var holds = new Readiness.Condition("one", true, "fine");
        var fails = new Readiness.Condition("two", false, "not yet");

        assertThat(Readiness.of(List.of(holds), new Backlog.Work(0, 0)).ready()).isTrue();
        assertThat(Readiness.of(List.of(holds, fails), new Backlog.Work(0, 0)).ready())
                .isFalse();
    }

    @Test
    void theTextShowsHowFarTheWorkHasCome() {
        var fails = new Readiness.Condition("two", false, "not yet");

        assertThat(Readiness.of(List.of(fails), new Backlog.Work(3, 5)).toText())
                .isEqualTo("[-]two missing: not yet\nprogress: 3 of 5\nnot ready\n");
    }
}
