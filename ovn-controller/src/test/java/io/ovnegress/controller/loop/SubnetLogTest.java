package io.ovnegress.controller.loop;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.reconciler.feature.SubnetContradiction;
import io.ovnegress.reconciler.feature.SubnetContradiction.Flag;
import io.ovnegress.reconciler.feature.SubnetFindings;
import io.ovnegress.reconciler.input.IpFamily;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SubnetLogTest {
    private final LoopFixture given = new LoopFixture();

    private static SubnetContradiction node(String name) {
        return new SubnetContradiction(Flag.CLUSTER_SUBNETS, "10.132.0.0/14", "node " + name, "10.128.0.0/23");
    }

    private static SubnetFindings found(boolean writesNothing, SubnetContradiction... contradictions) {
        return new SubnetFindings(List.of(contradictions), writesNothing, Set.of());
    }

    private double metric(String flag) {
        return given.registry
                .get("ovn.egress.subnet.contradictions")
                .tag("flag", flag)
                .gauge()
                .value();
    }

    @Test
    void wrongFlagsAreToldOnceHoweverManyNodesContradictThem() {
        given.ready();
        try (var log = new CapturedLog()) {
            given.found(found(true, node("node1")));
            given.turn();
            given.found(found(true, node("node1"), node("node2")));
            given.turn();
            given.turn();

            assertThat(log.lines())
                    .containsExactly(
                            "ERROR flags are contradicted by the cluster flags=--cluster-subnets contradictions=1"
                                    + " why=--cluster-subnets is 10.132.0.0/14, but node node1 has 10.128.0.0/23: nothing is"
                                    + " written until the flags are those of ovnkube-master");
            assertThat(metric("--cluster-subnets")).isEqualTo(2);
            assertThat(given.registry.get("ovn.egress.writes.nothing").gauge().value())
                    .isEqualTo(1);
        }
    }

    @Test
    void anotherWrongFlagOrAnotherConsequenceIsAnotherSituationAndItsEndIsTold() {
        given.ready();
        try (var log = new CapturedLog()) {
            var join = new SubnetContradiction(
                    Flag.V4_JOIN_SUBNET, "100.65.0.0/16", "port rtoj-ovn_cluster_router", "100.64.0.1/16");
            given.found(found(false, node("node1")));
            given.turn();
            given.found(found(false, node("node1"), join));
            given.turn();
            given.found(found(true, node("node1"), join));
            given.turn();
            given.found(SubnetFindings.NONE);
            given.turn();

            assertThat(log.lines()).hasSize(4);
            assertThat(log.lines().get(1)).contains("flags=--cluster-subnets,--gateway-v4-join-subnet");
            assertThat(log.lines().getLast()).isEqualTo("INFO flags are not contradicted any more");
            assertThat(metric("--gateway-v4-join-subnet")).isZero();
        }
    }

    @Test
    void aFamilyThatIsNotServedIsToldOnce() {
        given.ready();
        try (var log = new CapturedLog()) {
            for (int i = 0; i < 3; i++) {
                given.found(new SubnetFindings(List.of(), false, Set.of(IpFamily.V6)));
                given.turn();
            }

            assertThat(log.lines())
                    .containsExactly("WARN nodes have pod subnets of a family that --cluster-subnets lacks: it is not"
                            + " served family=v6");
        }
    }

    @Test
    void nothingIsToldOfWhatIsNotKnownYet() {
        given.ready();
        given.found(found(true, node("node1")));
        given.turn();
        try (var log = new CapturedLog()) {
            given.inbox.disconnected("reset");
            given.found(SubnetFindings.NONE);
            given.turn();

            assertThat(log.lines()).noneMatch(line -> line.contains("not contradicted"));
        }
    }
}
