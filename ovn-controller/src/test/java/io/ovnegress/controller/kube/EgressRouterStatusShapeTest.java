package io.ovnegress.controller.kube;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.ovnegress.reconciler.feature.StatusChange;
import io.ovnegress.reconciler.feature.StatusCondition;
import io.ovnegress.reconciler.feature.egressrouter.EgressRouterInput;
import io.ovnegress.reconciler.feature.egressrouter.status.EgressRouterConditionType;
import io.ovnegress.reconciler.feature.egressrouter.status.EgressRouterReason;
import io.ovnegress.reconciler.feature.egressrouter.status.EgressRouterState;
import io.ovnegress.reconciler.input.ObjectRef;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a controller that has just started says of an EgressRouter, of which not everything has been found out yet. */
class EgressRouterStatusShapeTest {
    private static List<String> conditionsAfter(boolean isLossKnown, StatusCondition... said) throws IOException {
        var live = new ObjectMapper().readTree("""
                        {"conditions": [
                          {"type": "Ready", "status": "True"},
                          {"type": "HighlyAvailable", "status": "True"},
                          {"type": "FailoverReady", "status": "False", "reason": "NoOtherNode"}]}""");
        var change = new StatusChange(
                new ObjectRef(EgressRouterInput.KIND, "simpson/bank"),
                "uid",
                1,
                new EgressRouterState(List.of(), List.of(), List.of(), isLossKnown),
                List.of(said),
                List.of());
        var patch = StatusPatch.of(change, new EgressRouterStatusShape(), live, Instant.EPOCH);
        return patch.conditions().findParents("type").stream()
                .map((JsonNode condition) -> condition.path("type").asText() + " "
                        + condition.path("reason").asText())
                .toList();
    }

    private static StatusCondition condition(EgressRouterConditionType type, EgressRouterReason reason) {
        return new StatusCondition(type, true, reason, "", 1);
    }

    private static final StatusCondition READY = condition(EgressRouterConditionType.Ready, EgressRouterReason.Serving);

    @Test
    void whetherItIsReadyForTheLossOfANodeStaysUntilThatIsFoundOut() throws IOException {
        assertThat(conditionsAfter(false, READY)).containsExactly("Ready Serving", "FailoverReady NoOtherNode");
        var foundOut = condition(EgressRouterConditionType.FailoverReady, EgressRouterReason.FailoverReady);
        assertThat(conditionsAfter(true, READY, foundOut))
                .containsExactly("Ready Serving", "FailoverReady FailoverReady");
    }

    @Test
    void whereItIsFoundOutThatThereIsNothingToSayItGoes() throws IOException {
        assertThat(conditionsAfter(true, READY)).containsExactly("Ready Serving");
    }
}
