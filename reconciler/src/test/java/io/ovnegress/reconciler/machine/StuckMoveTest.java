package io.ovnegress.reconciler.machine;

import static io.ovnegress.reconciler.TestCluster.egressIp;
import static io.ovnegress.reconciler.TestCluster.namespace;
import static io.ovnegress.reconciler.TestCluster.node;
import static io.ovnegress.reconciler.TestCluster.notReady;
import static io.ovnegress.reconciler.TestCluster.pod;
import static io.ovnegress.reconciler.TestCluster.where;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.reconciler.TestCluster;
import io.ovnegress.reconciler.feature.Decisions;
import io.ovnegress.reconciler.feature.Features;
import io.ovnegress.reconciler.feature.Signals;
import io.ovnegress.reconciler.feature.egressip.rows.EgressIpOwner;
import io.ovnegress.reconciler.input.InputChange;
import io.ovnegress.reconciler.input.InputObject;
import io.ovnegress.reconciler.northbound.Owner;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
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

    /** The features over a database in which the egress IPs are on the first node, which is lost. */
    private FeatureSet features;

    private Groups groups;

    @BeforeEach
    void loseTheFirstNode() {
        for (int i = 0; i < PODS; i++) {
            inputs.add(pod("simpson", "p" + i, 1, podIp(i).ip().text()));
        }
        var cluster = new TestCluster().topology(1, 2);
        cluster.start(inputs.toArray(InputObject[]::new));
        features = new FeatureSet(
                Features.of(TestCluster.config(false, 500)),
                false,
                new Links(),
                owner -> false,
                new BorrowedOptions(Map.of()));
        groups = new Groups(features::want, features.world().holds());
        features.world().northbound().serve(cluster.database.schema());
        features.world().northbound().apply(cluster.database.everything());
        inputs.add(notReady(node(1)));
        for (var kind : List.copyOf(features.world().inputs().missing())) {
            apply(new InputChange.Listed(kind, List.of()));
        }
        inputs.forEach(input -> apply(new InputChange.Put(input)));
        features.all(Decisions::start);
        features.all(each -> each.settle(cluster.now));
    }

    private void apply(InputChange change) {
        features.world().inputs().apply(change);
    }

    /** Listens for nothing but what belongs together. */
    private final class Links implements Signals {
        @Override
        public void dirty(Owner owner) {}

        @Override
        public void urgent(Owner owner) {}

        @Override
        public void changedInDatabase(Owner owner) {}

        @Override
        public void betweenSteps() {}

        @Override
        public void together(Set<? extends Owner> owners) {
            groups.link(owners);
        }
    }

    private static EgressIpOwner.PodIp podIp(int i) {
        return new EgressIpOwner.PodIp(TestCluster.ip("10.128.0." + (10 + i)));
    }

    /** One pod's rows are on their way; counts how often it is asked. */
    private static final class OneInFlight implements Groups.Busy {
        private int asked;

        @Override
        public boolean isInFlight(Owner key) {
            asked++;
            return key.equals(podIp(PODS / 2));
        }

        @Override
        public boolean isElsewhere(String resource, UUID place) {
            return false;
        }
    }

    private static final class NobodyInFlight implements Groups.Busy {
        @Override
        public boolean isInFlight(Owner key) {
            return false;
        }

        @Override
        public boolean isElsewhere(String resource, UUID place) {
            return false;
        }
    }

    /** All have to wait, which takes a few questions for each and not all of them for each. */
    private void assertEachIsAskedAboutAFewTimes() {
        var busy = new OneInFlight();
        var search = groups.search(busy, Set.of());

        for (int i = 0; i < PODS; i++) {
            assertThat(search.of(podIp(i))).as("pod %d", i).isEmpty();
        }

        assertThat(busy.asked).isLessThan(3 * PODS);
    }

    @Test
    void isFoundOutOncePerPlanNotOncePerPod() {
        assertEachIsAskedAboutAFewTimes();
    }

    @Test
    void likewiseForPodsThatHandTheirAddressesOn() {
        for (int i = 0; i < PODS; i++) {
            apply(new InputChange.Put(
                    pod("simpson", "p" + i, 1, podIp((i + 1) % PODS).ip().text())));
        }
        apply(new InputChange.Put(node(1)));
        features.all(each -> each.settle(Instant.EPOCH));

        assertEachIsAskedAboutAFewTimes();
    }

    @Test
    void holdsNobodyElseUp() {
        var search = groups.search(new OneInFlight(), Set.of());
        assertThat(search.of(podIp(0))).isEmpty();

        assertThat(search.of(new EgressIpOwner.PodIp(TestCluster.ip("10.128.2.5"))))
                .isPresent();
    }

    @Test
    void isTriedAgainWithTheNextPlan() {
        assertThat(groups.search(new OneInFlight(), Set.of()).of(podIp(0))).isEmpty();

        var search = groups.search(new NobodyInFlight(), Set.of());

        assertThat(search.of(podIp(0)))
                .hasValueSatisfying(group -> assertThat(group.members()).hasSize(PODS));
    }
}
