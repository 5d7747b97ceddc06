package io.ovnegress.controller.loop;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.controller.ProcessExit;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class FaultPolicyTest {
    private final LoopFixture given = new LoopFixture();

    @Test
    void aMessageThatCannotBeTakenInStopsNothingAfterIt() {
        given.ready().put("poison", "a");
        given.turn();

        assertThat(given.toys.heard).containsExactly("put a", "planned a");
        assertThat(given.exit.isRequested()).isFalse();
    }

    @Test
    void aFaultIsLoggedOnceCountedAndAnsweredWithAResyncOfBothSides() {
        given.ready().put("poison");
        try (var log = new CapturedLog()) {
            given.turn();
            given.turn();

            assertThat(log.lines())
                    .containsExactly("ERROR fault during=input subject=TOY poison faultsInLastMinute=1 answer=resync");
        }
        assertThat(given.registry
                        .get("ovn.egress.faults")
                        .tag("during", "input")
                        .counter()
                        .count())
                .isEqualTo(1);
        assertThat(given.database.resyncs).containsExactly("fault while working on input");
        assertThat(given.relists).containsExactly("fault while working on TOY poison");
    }

    @Test
    void aFaultThatConcernsNoInputDoesNotListTheClusterAgain() {
        given.database.broken = true;
        given.ready().put("a");
        given.turn();

        assertThat(given.database.resyncs).containsExactly("fault while working on plan");
        assertThat(given.relists).isEmpty();
    }

    @Test
    void aTransactionThatCannotBeSentIsEndedSoThatItIsDecidedAgain() {
        given.database.broken = true;
        given.ready().put("a");
        given.turn();
        assertThat(given.database.submitted).isEmpty();

        given.database.broken = false;
        given.clock.advance(Duration.ofSeconds(1));
        given.turn();
        assertThat(given.database.submitted).containsExactly(ToyFeature.rowsOf("a"));
    }

    @Test
    void whoCannotBePlannedKeepsNobodyElseFromItAndIsTriedAgainInAMinute() {
        given.ready().put("a", "broken", "b");
        given.turn();
        given.turn();
        assertThat(given.database.submitted).containsExactly(ToyFeature.rowsOf("a", "b"));
        assertThat(faults("plan")).isEqualTo(1);

        given.clock.advance(Duration.ofMinutes(1));
        given.turn();
        assertThat(faults("plan")).isEqualTo(2);
        assertThat(given.exit.isRequested()).isFalse();
    }

    @Test
    void aStartThatFailsIsMadeUpFor() {
        given.toys.failsToStart = true;
        given.ready();
        given.toys.failsToStart = false;

        given.turn();
        given.turn();

        assertThat(given.toys.heard).containsExactly("start");
    }

    private double faults(String during) {
        return given.registry
                .get("ovn.egress.faults")
                .tag("during", during)
                .counter()
                .count();
    }

    @Test
    void faultsThatKeepComingEndTheProcess() {
        given.ready();
        for (int i = 1; i < FaultPolicy.LIMIT; i++) {
            given.put("poison" + i);
            given.turn();
            given.clock.advance(Duration.ofSeconds(14));
        }
        assertThat(given.exit.isRequested()).isFalse();

        given.put("poison");
        given.turn();

        assertThat(given.exit.await()).isEqualTo(ProcessExit.FAULT);
        assertThat(given.database.resyncs).hasSize(FaultPolicy.LIMIT - 1);
    }

    @Test
    void faultsFarApartDoNot() {
        given.ready();
        for (int i = 0; i < 3 * FaultPolicy.LIMIT; i++) {
            given.put("poison" + i);
            given.turn();
            given.clock.advance(
                    FaultPolicy.WINDOW.dividedBy(FaultPolicy.LIMIT - 1).plusMillis(1));
        }

        assertThat(given.exit.isRequested()).isFalse();
        assertThat(given.database.resyncs).hasSize(3 * FaultPolicy.LIMIT);
    }
}
