package io.ovnegress.reconciler;

import static io.ovnegress.reconciler.TestCluster.egressIp;
import static io.ovnegress.reconciler.TestCluster.namespace;
import static io.ovnegress.reconciler.TestCluster.node;
import static io.ovnegress.reconciler.TestCluster.notReady;
import static io.ovnegress.reconciler.TestCluster.pod;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.reconciler.feature.StatusCondition;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput.StatusItem;
import io.ovnegress.reconciler.input.InputChange;
import io.ovnegress.reconciler.input.InputKind;
import java.util.List;
import org.junit.jupiter.api.Test;

/** When a status is written, and when it is not. On a strict fake database; every commit is checked for safety. */
final class StatusWritesTest extends OnTheSeedCluster {
    @Test
    void statusChangedByTheUserIsWrittenAgain() {
        cluster.start(SEED);
        var written =
                withStatus(cluster.items("demo"), cluster.statuses.get("demo").conditions());
        cluster.statuses.clear();
        cluster.put(written);
        assertThat(cluster.statuses).as("our own writing comes back").isEmpty();

        cluster.put(egressIp("demo", SIMPSON, "192.168.126.100"));

        assertThat(cluster.items("demo")).containsExactly(new StatusItem("node1", "192.168.126.100"));
    }

    /** By hand, or by an older write of ours that arrived late. */
    @Test
    void conditionsChangedBySomebodyElseAreWrittenAgain() {
        cluster.start(SEED);
        var items = cluster.items("demo");
        var conditions = cluster.statuses.get("demo").conditions();
        cluster.put(withStatus(items, conditions));
        cluster.statuses.clear();

        cluster.put(withStatus(items, conditions.reversed()));
        assertThat(cluster.statuses).as("in another order").isEmpty();

        cluster.put(withStatus(items, conditions.subList(0, 1)));
        assertThat(cluster.statuses.get("demo").conditions()).isEqualTo(conditions);
    }

    @Test
    void aDefinitionThatDoesNotKeepConditionsIsNotToldThemAgain() {
        cluster.start(SEED);
        var items = cluster.items("demo");
        cluster.statuses.clear();

        cluster.put(withStatus(items, List.of()));

        assertThat(cluster.statuses).isEmpty();
    }

    @Test
    void statusOfAMoveWaitsForItsOwnCommit() {
        cluster.start(SEED);
        cluster.reconciler.apply(new InputChange.Put(pod("simpson", "homer", 1, "10.128.0.9")), cluster.now);
        var before = cluster.reconciler.nextTransaction(cluster.now).orElseThrow();
        cluster.reconciler.apply(new InputChange.Put(pod("simpson", "homer", 1, "10.128.0.10")), cluster.now);
        cluster.reconciler.apply(new InputChange.Removed(InputKind.POD, "simpson/marge"), cluster.now);
        cluster.reconciler.apply(new InputChange.Put(notReady(node(1))), cluster.now);
        assertThat(cluster.reconciler.takeStatusChanges()).isEmpty();

        cluster.commit(before);
        assertThat(cluster.reconciler.takeStatusChanges()).isEmpty();

        cluster.settle();
        assertThat(cluster.items("demo")).containsExactly(new StatusItem("node2", "192.168.126.100"));
    }

    @Test
    void changeThatCameDuringACommitIsNotTakenForCommitted() {
        cluster.start(node(1), namespace("simpson", "house=simpson"), pod("simpson", "homer", 1, "10.128.0.5"));
        cluster.reconciler.apply(new InputChange.Put(egressIp("demo", SIMPSON, "192.168.126.100")), cluster.now);
        var first = cluster.reconciler.nextTransaction(cluster.now).orElseThrow();
        cluster.reconciler.apply(new InputChange.Put(egressIp("demo", SIMPSON, "192.168.126.101")), cluster.now);
        assertThat(cluster.reconciler.takeStatusChanges()).isEmpty();

        cluster.commit(first);
        assertThat(cluster.reconciler.takeStatusChanges())
                .as("192.168.126.101 is not in the database yet")
                .isEmpty();

        cluster.settle();
        assertThat(cluster.items("demo")).containsExactly(new StatusItem("node1", "192.168.126.101"));
    }

    @Test
    void statusOfARecreatedObjectFollowsTheCommit() {
        cluster.start(node(1), namespace("simpson", "house=simpson"), pod("simpson", "homer", 1, "10.128.0.5"));
        cluster.reconciler.apply(new InputChange.Put(egressIp("a", SIMPSON, "192.168.126.100")), cluster.now);
        cluster.reconciler.apply(new InputChange.Put(egressIp("b", SIMPSON, "192.168.126.101")), cluster.now);
        var first = cluster.reconciler.nextTransaction(cluster.now).orElseThrow();
        cluster.reconciler.apply(new InputChange.Removed(EgressIpInput.KIND, "a"), cluster.now);
        cluster.reconciler.apply(new InputChange.Put(egressIp("a", SIMPSON, "192.168.126.102")), cluster.now);
        assertThat(cluster.reconciler.takeStatusChanges())
                .filteredOn(change -> change.object().key().equals("a"))
                .isEmpty();

        cluster.commit(first);
        assertThat(cluster.reconciler.takeStatusChanges())
                .filteredOn(change -> change.object().key().equals("a"))
                .isEmpty();

        cluster.settle();
        assertThat(cluster.items("a")).containsExactly(new StatusItem("node1", "192.168.126.102"));
    }

    @Test
    void objectMadeAnewLikeTheFormerOneSaysWhereItIs() {
        cluster.start(SEED);
        cluster.reconciler.apply(new InputChange.Removed(EgressIpInput.KIND, "demo"), cluster.now);
        cluster.reconciler.apply(new InputChange.Put(egressIp("demo", SIMPSON, "192.168.126.100")), cluster.now);

        cluster.settle();

        assertThat(cluster.items("demo")).containsExactly(new StatusItem("node1", "192.168.126.100"));
    }

    private static EgressIpInput withStatus(List<StatusItem> items, List<StatusCondition> conditions) {
        return EgressIpInput.named("demo")
                .uid("uid-demo")
                .egressIps(List.of("192.168.126.100"))
                .namespaceSelector(SIMPSON)
                .statusItems(items)
                .conditions(conditions)
                .build();
    }
}
