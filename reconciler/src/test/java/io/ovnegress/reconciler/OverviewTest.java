package io.ovnegress.reconciler;

import static io.ovnegress.reconciler.TestCluster.egressIp;
import static io.ovnegress.reconciler.TestCluster.namespace;
import static io.ovnegress.reconciler.TestCluster.node;
import static io.ovnegress.reconciler.TestCluster.notReady;
import static io.ovnegress.reconciler.TestCluster.pod;
import static io.ovnegress.reconciler.TestCluster.where;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.ovsdb.nb.Nat;
import io.ovnegress.ovsdb.operation.Operation;
import io.ovnegress.reconciler.explain.Overview;
import io.ovnegress.reconciler.explain.Standing;
import io.ovnegress.reconciler.feature.egressip.status.EgressIpReason;
import io.ovnegress.reconciler.input.InputChange;
import org.junit.jupiter.api.Test;

/** How things stand as a whole. */
class OverviewTest {
    private final TestCluster cluster = new TestCluster().topology(1, 2);

    private Overview overview() {
        return cluster.reconciler.overview(cluster.now);
    }

    private void start() {
        cluster.start(
                node(1),
                notReady(node(2)),
                namespace("simpson", "house=simpson"),
                pod("simpson", "homer", 1, "10.128.0.5"),
                egressIp("demo", where("house=simpson"), "192.168.126.100", "192.168.126.101"));
    }

    @Test
    void addressesAreCountedByWhatBecameOfThemAndNodesByWhatTheyHave() {
        start();

        assertThat(overview().assigned()).isEqualTo(1);
        assertThat(overview().pending()).isZero();
        assertThat(overview().unassigned())
                .containsOnlyKeys(EgressIpReason.NoMatchingNode)
                .containsValue(1);
        assertThat(overview().nodes())
                .extracting(node -> node.name() + " " + node.addresses() + " "
                        + node.why().map(Enum::name).orElse("available"))
                .containsExactly("node1 1 available", "node2 0 NotReady");
        assertThat(overview().troubled()).isEmpty();
    }

    @Test
    void whatIsNotInTheDatabaseYetIsPending() {
        start();
        cluster.reconciler.apply(new InputChange.Put(notReady(node(1))), cluster.now);
        cluster.reconciler.apply(new InputChange.Put(node(2)), cluster.now);
        var planned = cluster.reconciler.nextTransaction(cluster.now).orElseThrow();

        assertThat(overview().pending()).isEqualTo(1);

        cluster.commit(planned);
        cluster.settle();
        assertThat(overview().pending()).isZero();
    }

    @Test
    void whatTheDatabaseRefusesIsNamedWithItsWords() {
        cluster.database.refuse(
                operation -> operation instanceof Operation.Insert insert && insert.table() == Nat.TABLE);
        start();

        assertThat(overview().troubled()).singleElement().satisfies(troubled -> {
            assertThat(troubled.owner()).isEqualTo("10.128.0.5");
            assertThat(troubled.object()).contains("demo");
            assertThat(troubled.standing().code()).isEqualTo(Standing.Refused);
        });
    }
}
