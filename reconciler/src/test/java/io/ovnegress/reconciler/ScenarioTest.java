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
        return ScenarioFiles.inEveryOrder(ScenarioTest::play);
    }

    private static void play(Scenario scenario, ScenarioOrder order) {
        var reference = new ScenarioRun(scenario, ScenarioOrder.AS_WRITTEN).play();
        var content = new ScenarioRun(scenario, order).play();
        assertThat(content)
                .as("everything in the database, as when nothing is different")
                .isEqualTo(reference);
    }
}
