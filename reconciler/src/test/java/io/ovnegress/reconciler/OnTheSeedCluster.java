package io.ovnegress.reconciler;

import static io.ovnegress.reconciler.TestCluster.egressIp;
import static io.ovnegress.reconciler.TestCluster.namespace;
import static io.ovnegress.reconciler.TestCluster.node;
import static io.ovnegress.reconciler.TestCluster.notLabelled;
import static io.ovnegress.reconciler.TestCluster.pod;
import static io.ovnegress.reconciler.TestCluster.where;

import io.ovnegress.ovsdb.nb.AddressSet;
import io.ovnegress.ovsdb.nb.LogicalRouter;
import io.ovnegress.ovsdb.nb.LogicalRouterPolicy;
import io.ovnegress.reconciler.feature.StatusCondition;
import io.ovnegress.reconciler.input.InputObject;
import io.ovnegress.reconciler.input.LabelSelector;
import java.util.List;
import java.util.UUID;

/** Three nodes, of which two can host egress IPs, with the pods of the seed scenario; not started yet. */
abstract class OnTheSeedCluster {
    static final LabelSelector SIMPSON = where("house=simpson");

    static final InputObject[] SEED = {
        node(1),
        node(2),
        notLabelled(node(3)),
        namespace("simpson", "house=simpson"),
        namespace("bouvier", "house=bouvier"),
        pod("simpson", "homer", 1, "10.128.0.5"),
        pod("simpson", "marge", 3, "10.128.4.5"),
        pod("bouvier", "selma", 1, "10.128.0.6"),
        egressIp("demo", SIMPSON, "192.168.126.100")
    };

    final TestCluster cluster = new TestCluster().topology(1, 2, 3);

    static InputObject[] seedAnd(InputObject... more) {
        var all = new InputObject[SEED.length + more.length];
        System.arraycopy(SEED, 0, all, 0, SEED.length);
        System.arraycopy(more, 0, all, SEED.length, more.length);
        return all;
    }

    List<String> policies(long priority) {
        return cluster.database.children(LogicalRouter.POLICIES, cluster.routers.get("ovn_cluster_router")).stream()
                .filter(row -> row.get(LogicalRouterPolicy.PRIORITY) == priority)
                .map(row -> row.get(LogicalRouterPolicy.MATCH) + " " + row.get(LogicalRouterPolicy.OPTIONS))
                .toList();
    }

    StatusCondition.Reason reason(String egressIp, StatusCondition.Type type) {
        return cluster.statuses.get(egressIp).conditions().stream()
                .filter(condition -> condition.type().equals(type))
                .findAny()
                .orElseThrow()
                .reason();
    }

    static UUID addressSet(FakeNorthbound database, String name) {
        return database.rows(AddressSet.TABLE).stream()
                .filter(row -> row.get(AddressSet.NAME).equals(name))
                .findAny()
                .orElseThrow()
                .id();
    }
}
