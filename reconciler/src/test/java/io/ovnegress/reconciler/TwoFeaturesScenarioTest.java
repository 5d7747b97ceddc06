package io.ovnegress.reconciler;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.reconciler.feature.Feature;
import io.ovnegress.reconciler.feature.fence.FenceFeature;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.TestFactory;

/** Every scenario of egress IPs once more beside another feature, which writes to the same router: neither sees the other. */
class TwoFeaturesScenarioTest {
    /** Another feature that nobody asks for anything. */
    private static final Beside NO_FENCES = () -> List.<Feature>of(new FenceFeature());

    @TestFactory
    List<DynamicContainer> bothHaveTheirRowsInEveryOrder() throws IOException {
        return ScenarioFiles.inEveryOrder(
                (scenario, order, asWritten) -> assertThat(new ScenarioRun(scenario, order, new FencesBeside()).play())
                        .as("everything of egress IPs, as without fences")
                        .isEqualTo(asWritten.get()));
    }

    @TestFactory
    List<DynamicContainer> aFeatureThatIsNotAskedForLeavesEveryTransactionAsItWas() throws IOException {
        return ScenarioFiles.in(
                List.of(ScenarioOrder.AS_WRITTEN, ScenarioOrder.SPLIT, ScenarioOrder.RESTARTED),
                (scenario, order, asWritten) -> {
                    var without = new ScenarioRun(scenario, order);
                    without.play();
                    var with = new ScenarioRun(scenario, order, NO_FENCES);
                    with.play();
                    assertThat(with.transactions()).isNotEmpty().isEqualTo(without.transactions());
                });
    }
}
