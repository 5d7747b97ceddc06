package io.ovnegress.reconciler;

import static io.ovnegress.reconciler.TestCluster.createdAt;
import static io.ovnegress.reconciler.TestCluster.egressIp;
import static io.ovnegress.reconciler.TestCluster.finished;
import static io.ovnegress.reconciler.TestCluster.namespace;
import static io.ovnegress.reconciler.TestCluster.pod;
import static io.ovnegress.reconciler.TestCluster.where;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.reconciler.feature.StatusChange;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput;
import io.ovnegress.reconciler.feature.egressip.status.EgressIpConditionType;
import io.ovnegress.reconciler.feature.egressip.status.EgressIpEventReason;
import io.ovnegress.reconciler.feature.egressip.status.EgressIpReason;
import io.ovnegress.reconciler.input.InputChange;
import io.ovnegress.reconciler.input.InputKind;
import io.ovnegress.reconciler.input.LabelSelector;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Objects come, change and go, and the rows of pods with them. On a strict fake database; every commit is checked for safety. */
final class SelectionTest extends OnTheSeedCluster {
    @Test
    void podLosingItsLabelLosesItsRows() {
        cluster.start(seedAnd(egressIp("apps", 0, where("house=bouvier"), where("app=selma"), "192.168.126.101")));
        assertThat(cluster.reroutes()).containsKey("10.128.0.6");

        cluster.put(pod("bouvier", "selma", 1, Map.of("app", "other"), "10.128.0.6"));

        assertThat(cluster.reroutes()).doesNotContainKey("10.128.0.6");
        assertThat(cluster.snats()).noneMatch(snat -> snat.contains("10.128.0.6"));
        assertThat(cluster.servedV4()).doesNotContain("10.128.0.6");
    }

    @Test
    void namespaceLosingItsLabelLosesAllRows() {
        cluster.start(SEED);

        cluster.put(namespace("simpson", "house=other"));

        assertThat(cluster.snats()).isEmpty();
    }

    @Test
    void deletedNamespaceLosesAllRows() {
        cluster.start(SEED);

        cluster.remove(InputKind.NAMESPACE, "simpson");

        assertThat(cluster.snats()).isEmpty();
        assertThat(cluster.reroutes()).isEmpty();
    }

    @Test
    void deletedObjectLeavesNothing() {
        cluster.start(seedAnd());
        cluster.remove(EgressIpInput.KIND, "demo");

        assertThat(cluster.snats()).isEmpty();
        assertThat(cluster.reroutes()).isEmpty();
        assertThat(cluster.servedV4()).isEmpty();
    }

    @Test
    void selectorEditIsFollowed() {
        cluster.start(SEED);

        cluster.put(egressIp("demo", where("house=bouvier"), "192.168.126.100"));

        assertThat(cluster.reroutes()).containsOnlyKeys("10.128.0.6");
    }

    @Test
    void editedAddressReplacesTheOldOneInOneTransaction() {
        cluster.start(SEED);
        int commits = cluster.database.commits;

        cluster.put(egressIp("demo", SIMPSON, "192.168.126.200"));

        assertThat(cluster.database.commits).isEqualTo(commits + 1);
        assertThat(cluster.snats())
                .containsExactly("GR_node1 10.128.0.5 192.168.126.200", "GR_node1 10.128.4.5 192.168.126.200");
    }

    @Test
    void recreatedPodWithNewAddressIsSwappedInOneTransaction() {
        cluster.start(SEED);
        int commits = cluster.database.commits;

        cluster.put(pod("simpson", "homer", 2, "10.128.2.7"));

        assertThat(cluster.database.commits).isEqualTo(commits + 1);
        assertThat(cluster.reroutes()).containsOnlyKeys("10.128.2.7", "10.128.4.5");
    }

    @Test
    void finishedPodLosesItsRowsAndItsAddressIsFree() {
        cluster.start(SEED);
        var homer = pod("simpson", "homer", 1, "10.128.0.5");

        cluster.put(createdAt(pod("bouvier", "patty", 1, "10.128.0.5"), 5));
        assertThat(cluster.reroutes()).containsOnlyKeys("10.128.0.5", "10.128.4.5");
        cluster.put(finished(homer));

        assertThat(cluster.reroutes()).containsOnlyKeys("10.128.4.5");
    }

    @Test
    void hostNetworkAndUnscheduledPodsAreNotServed() {
        cluster.start(seedAnd(pod("simpson", "bart", 0, "10.128.0.7"), pod("simpson", "lisa", 1)));

        assertThat(cluster.reroutes()).containsOnlyKeys("10.128.0.5", "10.128.4.5");
    }

    @Test
    void olderObjectServesAndTheOtherTakesOverInTheSameTransaction() {
        cluster.start(seedAnd(egressIp("later", 10, SIMPSON, LabelSelector.EVERYTHING, "192.168.126.150")));
        assertThat(cluster.snats()).noneMatch(snat -> snat.endsWith("192.168.126.150"));
        assertThat(reason("later", EgressIpConditionType.Standby)).isEqualTo(EgressIpReason.ServedByAnotherObject);
        assertThat(cluster.events)
                .extracting(StatusChange.Event::reason)
                .contains(EgressIpEventReason.UndefinedRequest);
        int commits = cluster.database.commits;

        cluster.remove(EgressIpInput.KIND, "demo");

        assertThat(cluster.database.commits).isEqualTo(commits + 1);
        assertThat(cluster.snats()).hasSize(2).allMatch(snat -> snat.endsWith("192.168.126.150"));
        assertThat(cluster.statuses.get("later").conditions())
                .noneMatch(condition -> condition.type() == EgressIpConditionType.Standby);
    }

    @Test
    void egressIpGivenToAnotherObjectIsNeverOnTwoRouters() {
        cluster.start(
                seedAnd(egressIp("bouvier", 10, where("house=bouvier"), LabelSelector.EVERYTHING, "192.168.126.101")));
        cluster.reconciler.apply(new InputChange.Put(egressIp("demo", SIMPSON, "192.168.126.101")), cluster.now);
        cluster.reconciler.apply(
                new InputChange.Put(
                        egressIp("bouvier", 10, where("house=bouvier"), LabelSelector.EVERYTHING, "192.168.126.100")),
                cluster.now);

        cluster.settle();

        assertThat(cluster.snats())
                .anyMatch(snat -> snat.endsWith("10.128.0.6 192.168.126.100"))
                .anyMatch(snat -> snat.endsWith("10.128.0.5 192.168.126.101"));
    }

    @Test
    void invalidObjectIsRefusedAndTheRestGoesOn() {
        cluster.start(
                seedAnd(egressIp("bad", SIMPSON, "192.168.126.300"), egressIp("clash", SIMPSON, "192.168.126.12")));

        assertThat(reason("bad", EgressIpConditionType.Assigned)).isEqualTo(EgressIpReason.InvalidEgressIP);
        assertThat(reason("clash", EgressIpConditionType.Assigned)).isEqualTo(EgressIpReason.NodeAddressConflict);
        assertThat(cluster.snats()).hasSize(2);
    }
}
