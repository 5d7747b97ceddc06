package io.ovnegress.reconciler;

import static io.ovnegress.reconciler.TestCluster.egressIp;
import static io.ovnegress.reconciler.TestCluster.namespace;
import static io.ovnegress.reconciler.TestCluster.node;
import static io.ovnegress.reconciler.TestCluster.pod;
import static io.ovnegress.reconciler.TestCluster.where;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.reconciler.feature.egressip.EgressIpFeature;
import io.ovnegress.reconciler.feature.egressip.EgressIpOwner;
import io.ovnegress.reconciler.feature.egressip.OwnerGroups;
import io.ovnegress.reconciler.input.InputChange;
import io.ovnegress.reconciler.input.InputKind;
import io.ovnegress.reconciler.input.InputObject;
import io.ovnegress.reconciler.machine.Reconciler;
import io.ovnegress.reconciler.northbound.Owner;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** An egress IP that is to move while some of its pods are on their way to the database. */
class StuckMoveTest {
    private static final int PODS = 200;

    private final List<InputObject> inputs = new ArrayList<>(List.of(
            node(1),
            node(2),
            namespace("simpson", "house=simpson"),
            namespace("bouvier", "house=bouvier"),
            pod("bouvier", "selma", 2, "10.128.2.5"),
            egressIp("demo", where("house=simpson"), "192.168.126.100"),
            egressIp("other", where("house=bouvier"), "192.168.126.101")));

    /** A database in which the egress IPs are on the first node, and a feature that knows it is lost. */
    private EgressIpFeature feature() {
        for (int i = 0; i < PODS; i++) {
            inputs.add(pod("simpson", "p" + i, 1, podIp(i).ip().text()));
        }
        var cluster = new TestCluster().topology(1, 2);
        cluster.start(inputs.toArray(InputObject[]::new));
        var feature = new EgressIpFeature(
                TestCluster.config(false, 500), Reconciler.monitorSpec(), key -> {}, key -> {}, key -> {});
        feature.view().serve(cluster.database.schema());
        feature.view().apply(cluster.database.everything());
        inputs.add(node(1, true, false));
        for (var kind : InputKind.values()) {
            feature.apply(new InputChange.Listed(kind, List.of()));
        }
        inputs.forEach(input -> feature.apply(new InputChange.Put(input)));
        feature.start();
        feature.settlePlacement(cluster.now);
        return feature;
    }

    private static EgressIpOwner.PodIp podIp(int i) {
        return new EgressIpOwner.PodIp(TestCluster.ip("10.128.0." + (10 + i)));
    }

    /** One pod's rows are on their way; counts how often it is asked. */
    private static final class OneInFlight implements OwnerGroups.Busy {
        private int asked;

        @Override
        public boolean isInFlight(Owner key) {
            asked++;
            return key.equals(podIp(PODS / 2));
        }

        @Override
        public boolean isElsewhere(String egressIp, UUID router) {
            return false;
        }
    }

    private static final class NobodyInFlight implements OwnerGroups.Busy {
        @Override
        public boolean isInFlight(Owner key) {
            return false;
        }

        @Override
        public boolean isElsewhere(String egressIp, UUID router) {
            return false;
        }
    }

    /** All have to wait, which takes a few questions for each and not all of them for each. */
    private static void assertEachIsAskedAboutAFewTimes(EgressIpFeature feature) {
        var busy = new OneInFlight();
        var search = feature.groups().search(busy, Set.of());

        for (int i = 0; i < PODS; i++) {
            assertThat(search.of(podIp(i))).as("pod %d", i).isEmpty();
        }

        assertThat(busy.asked).isLessThan(3 * PODS);
    }

    @Test
    void isFoundOutOncePerPlanNotOncePerPod() {
        assertEachIsAskedAboutAFewTimes(feature());
    }

    @Test
    void likewiseForPodsThatHandTheirAddressesOn() {
        var feature = feature();
        for (int i = 0; i < PODS; i++) {
            feature.apply(new InputChange.Put(
                    pod("simpson", "p" + i, 1, podIp((i + 1) % PODS).ip().text())));
        }
        feature.apply(new InputChange.Put(node(1)));
        feature.settlePlacement(Instant.EPOCH);

        assertEachIsAskedAboutAFewTimes(feature);
    }

    @Test
    void holdsNobodyElseUp() {
        var feature = feature();
        var search = feature.groups().search(new OneInFlight(), Set.of());
        assertThat(search.of(podIp(0))).isEmpty();

        assertThat(search.of(new EgressIpOwner.PodIp(TestCluster.ip("10.128.2.5"))))
                .isPresent();
    }

    @Test
    void isTriedAgainWithTheNextPlan() {
        var feature = feature();
        assertThat(feature.groups().search(new OneInFlight(), Set.of()).of(podIp(0)))
                .isEmpty();

        var search = feature.groups().search(new NobodyInFlight(), Set.of());

        assertThat(search.of(podIp(0)))
                .hasValueSatisfying(group -> assertThat(group.members()).hasSize(PODS));
    }
}
