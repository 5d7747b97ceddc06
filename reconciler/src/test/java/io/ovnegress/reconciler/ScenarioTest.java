package io.ovnegress.reconciler;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.TestFactory;

/** Every file in {@code scenarios/}, in every order; README.md there says how to write one. */
class ScenarioTest {
    @TestFactory
    List<DynamicContainer> scenario() throws IOException {
        return ScenarioFiles.inEveryOrder(
                (scenario, order, asWritten) -> assertThat(new ScenarioRun(scenario, order).play())
                        .as("everything in the database, as when nothing is different")
                        .isEqualTo(asWritten.get()));
    }

    /** Ends as it does where each change is one transaction. */
    @TestFactory
    List<DynamicContainer> scenarioInSteps() throws IOException {
        return ScenarioFiles.inEveryOrder((scenario, order, asWritten) -> assertThat(
                        new ScenarioRun(scenario, order, Beside.NOTHING, true).play())
                .as("everything in the database, as when nothing is different")
                .isEqualTo(asWritten.get()));
    }
}
