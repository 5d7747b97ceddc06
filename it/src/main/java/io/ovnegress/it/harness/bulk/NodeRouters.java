package io.ovnegress.it.harness.bulk;

import io.ovnegress.ovsdb.nb.LogicalRouter;
import io.ovnegress.ovsdb.nb.LogicalRouterPort;
import io.ovnegress.ovsdb.nb.LogicalSwitch;
import io.ovnegress.ovsdb.operation.Operation;
import io.ovnegress.ovsdb.operation.Operation.Mutation;
import io.ovnegress.ovsdb.operation.Operation.Mutator;
import io.ovnegress.ovsdb.operation.Operation.Where;
import io.ovnegress.ovsdb.row.Cell;
import io.ovnegress.reconciler.NumberedNode;
import io.ovnegress.reconciler.northbound.RowIds;
import io.ovnegress.reconciler.router.TopologyNames;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;

/** The routers and switches of some nodes: what egress IPs need of a topology, the same rows under the same UUIDs every time. */
public final class NodeRouters {
    private NodeRouters() {}

    /** One transaction for an empty database. */
    public static List<Operation> of(int nodes) {
        var operations = new ArrayList<Operation>();
        operations.add(router(TopologyNames.CLUSTER_ROUTER));
        for (int n = 1; n <= nodes; n++) {
            var node = new NumberedNode(n);
            var gateway = node.gatewayRouter();
            var port = node.joinPort();
            operations.add(router(gateway));
            operations.add(new Operation.Insert(
                    LogicalRouterPort.TABLE,
                    id(port),
                    List.of(
                            Cell.of(LogicalRouterPort.NAME, port),
                            Cell.of(LogicalRouterPort.MAC, "0a:58:64:40:00:01"),
                            Cell.of(
                                    LogicalRouterPort.NETWORKS,
                                    Set.of(node.joinNetworks().getFirst())))));
            operations.add(new Operation.Mutate(
                    LogicalRouter.TABLE,
                    new Where.Id(id(gateway)),
                    List.of(new Mutation(LogicalRouter.PORTS, Mutator.INSERT, Set.of(id(port))))));
            operations.add(new Operation.Insert(
                    LogicalSwitch.TABLE, id(node.name()), List.of(Cell.of(LogicalSwitch.NAME, node.name()))));
        }
        return operations;
    }

    private static Operation router(String name) {
        return new Operation.Insert(LogicalRouter.TABLE, id(name), List.of(Cell.of(LogicalRouter.NAME, name)));
    }

    /** The UUID of a router, port or switch. */
    static UUID id(String name) {
        return RowIds.of("bench/" + name);
    }
}
