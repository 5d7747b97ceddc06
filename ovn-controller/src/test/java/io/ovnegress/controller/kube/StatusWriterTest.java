package io.ovnegress.controller.kube;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ArrayNode;
import io.ovnegress.reconciler.feature.StatusChange;
import io.ovnegress.reconciler.feature.StatusCondition;
import io.ovnegress.reconciler.feature.egressip.status.EgressIpConditionType;
import io.ovnegress.reconciler.feature.egressip.status.EgressIpEventReason;
import io.ovnegress.reconciler.feature.egressip.status.EgressIpReason;
import io.ovnegress.reconciler.input.InputKind;
import io.ovnegress.reconciler.input.ObjectRef;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What of a status is written, and what of the object is left as it is. */
class StatusWriterTest extends StatusWriterFixture {
    @Test
    void statusIsWrittenThroughTheSubresourceAndNothingElseIs() {
        var before = server.create(DEMO);

        write(change(before, ON_NODE1, ASSIGNED));

        var after = server.egressIp("egressip-demo");
        assertThat(after.getStatus()).isEqualTo(json("""
                        {"items": [{"node": "node1", "egressIP": "192.168.126.100"}],
                         "conditions": [{"type": "Assigned", "status": "True", "observedGeneration": 1,
                           "lastTransitionTime": "2026-03-01T10:00:00Z", "reason": "Assigned", "message": "all"}]}
                        """));
        assertThat(after.getSpec()).isEqualTo(before.getSpec());
        assertThat(after.getMetadata().getLabels())
                .isEqualTo(before.getMetadata().getLabels());
        assertThat(after.getMetadata().getAnnotations())
                .isEqualTo(before.getMetadata().getAnnotations());
        assertThat(after.getMetadata().getGeneration())
                .isEqualTo(before.getMetadata().getGeneration());
        assertThat(server.requests("PATCH", "/egressips/egressip-demo/status")).isEqualTo(1);
        assertThat(server.requests("GET", "/egressips/egressip-demo/status"))
                .as("not allowed by the role")
                .isZero();
        assertThat(json(server.bodies("PATCH", "/egressips/").getFirst()))
                .extracting(operation -> operation.path("path").asText())
                .containsExactly("/metadata/uid", "/status");
        assertThat(writer.written()).isEqualTo(1);
    }

    @Test
    void statusThatIsThereIsNotWrittenAgain() {
        var object = server.create(DEMO);
        write(change(object, ON_NODE1, ASSIGNED));

        clock.advance(Duration.ofMinutes(1));
        write(change(object, ON_NODE1, ASSIGNED));

        assertThat(server.requests("PATCH", "/egressips/")).isEqualTo(1);
        assertThat(writer.unchanged()).isEqualTo(1);
    }

    @Test
    void emptyStatusOfANewObjectIsNotWritten() {
        write(change(server.create(DEMO), List.of()));

        assertThat(server.requests("PATCH", "/egressips/")).isZero();
    }

    @Test
    void timeOfAConditionMovesOnlyWithItsStatus() {
        var object = server.create(DEMO);
        write(change(object, ON_NODE1, ASSIGNED));

        clock.advance(Duration.ofMinutes(1));
        write(change(
                object,
                ON_NODE1,
                new StatusCondition(EgressIpConditionType.Assigned, true, EgressIpReason.Assigned, "other words", 2)));
        var kept = condition("Assigned");
        assertThat(kept.path("message").asText()).isEqualTo("other words");
        assertThat(kept.path("observedGeneration").asInt()).isEqualTo(2);
        assertThat(kept.path("lastTransitionTime").asText()).isEqualTo("2026-03-01T10:00:00Z");

        clock.advance(Duration.ofMinutes(1));
        write(change(
                object,
                List.of(),
                new StatusCondition(EgressIpConditionType.Assigned, false, EgressIpReason.NoEgressNode, "none", 2)));
        assertThat(condition("Assigned").path("lastTransitionTime").asText()).isEqualTo("2026-03-01T10:02:00Z");

        clock.advance(Duration.ofMinutes(1));
        write(change(
                object,
                List.of(),
                new StatusCondition(EgressIpConditionType.Assigned, false, EgressIpReason.NoMatchingNode, "none", 2)));
        assertThat(condition("Assigned").path("reason").asText()).isEqualTo("NoMatchingNode");
        assertThat(condition("Assigned").path("lastTransitionTime").asText()).isEqualTo("2026-03-01T10:02:00Z");
        assertThat(server.egressIp("egressip-demo").getStatus().path("items")).isEmpty();
    }

    @Test
    void conditionsOfOthersAreKeptAndOursThatNoLongerHoldGo() {
        var object = server.create(DEMO);
        write(change(
                object,
                ON_NODE1,
                ASSIGNED,
                new StatusCondition(
                        EgressIpConditionType.Standby, true, EgressIpReason.ServedByAnotherObject, "older", 1)));
        client.resources(EgressIp.class, EgressIpList.class)
                .withName("egressip-demo")
                .editStatus(egressIp -> {
                    ((ArrayNode) egressIp.getStatus().path("conditions")).add(json(AUDITED));
                    return egressIp;
                });

        write(change(object, ON_NODE2, ASSIGNED));

        assertThat(server.egressIp("egressip-demo").getStatus().path("conditions"))
                .extracting(condition -> condition.path("type").asText())
                .containsExactly("Assigned", "example.org/Audited");
        assertThat(condition("example.org/Audited")).isEqualTo(json(AUDITED));
    }

    @Test
    void anEventOnANodeTakesNoLookAtTheNode() {
        var event = new StatusChange.Event(EgressIpEventReason.InvalidAnnotation, "annotation x is wrong");

        write(new StatusChange(
                new ObjectRef(InputKind.NODE, "worker-1"),
                "worker-1",
                0,
                StatusChange.Fields.NONE,
                List.of(),
                List.of(event)));

        var involved = events().getFirst().getInvolvedObject();
        assertThat(List.of(involved.getApiVersion(), involved.getKind(), involved.getName(), involved.getUid()))
                .containsExactly("v1", "Node", "worker-1", "worker-1");
        assertThat(server.requests("GET", "/nodes")).isZero();
    }
}
