package io.ovnegress.reconciler.feature.egressrouter.rows;

import io.ovnegress.ovsdb.nb.Acl;
import io.ovnegress.ovsdb.nb.AddressSet;
import io.ovnegress.ovsdb.nb.LoadBalancer;
import io.ovnegress.ovsdb.nb.LogicalRouter;
import io.ovnegress.ovsdb.nb.LogicalRouterPolicy;
import io.ovnegress.ovsdb.nb.LogicalRouterPort;
import io.ovnegress.ovsdb.nb.LogicalSwitch;
import io.ovnegress.ovsdb.nb.Nat;
import io.ovnegress.ovsdb.nb.PortGroup;
import io.ovnegress.ovsdb.operation.Operation.Condition;
import io.ovnegress.ovsdb.operation.Operation.Function;
import io.ovnegress.ovsdb.replica.MonitorSpec;
import io.ovnegress.reconciler.northbound.Marks;
import io.ovnegress.reconciler.router.OwnRouterTables;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The tables and columns of OVN_Northbound that egress routers are about. */
public final class EgressRouterTables {
    private static final Map<String, String> MARKED = Map.of(Marks.FEATURE_KEY, EgressRouterOwner.MARK);

    private EgressRouterTables() {}

    /** Of ACLs, sets and load balancers those of ours: there are many of others. */
    public static void addTo(MonitorSpec.Builder spec) {
        OwnRouterTables.addTo(spec, EgressRouterOwner.MARK);
        spec.table(
                        LogicalRouter.TABLE,
                        List.of(
                                LogicalRouter.NAME,
                                LogicalRouter.POLICIES,
                                LogicalRouter.NAT,
                                LogicalRouter.LOAD_BALANCER))
                .elementsOf(LogicalRouter.POLICIES)
                .elementsOf(LogicalRouter.NAT)
                .elementsOf(LogicalRouter.LOAD_BALANCER)
                .table(LogicalRouterPort.TABLE, List.of(LogicalRouterPort.NAME, LogicalRouterPort.NETWORKS))
                .table(
                        LogicalRouterPolicy.TABLE,
                        List.of(
                                LogicalRouterPolicy.PRIORITY,
                                LogicalRouterPolicy.MATCH,
                                LogicalRouterPolicy.ACTION,
                                LogicalRouterPolicy.NEXTHOP,
                                LogicalRouterPolicy.NEXTHOPS,
                                LogicalRouterPolicy.OPTIONS,
                                LogicalRouterPolicy.EXTERNAL_IDS))
                .table(
                        Nat.TABLE,
                        List.of(
                                Nat.TYPE,
                                Nat.EXTERNAL_IP,
                                Nat.LOGICAL_IP,
                                Nat.LOGICAL_PORT,
                                Nat.EXTERNAL_PORT_RANGE,
                                Nat.OPTIONS,
                                Nat.EXTERNAL_IDS))
                .table(LogicalSwitch.TABLE, List.of(LogicalSwitch.NAME))
                .table(
                        Acl.TABLE,
                        List.of(Acl.NAME),
                        List.of(new Condition(Acl.NAME, Function.EQUALS, Set.of(EgressRouterRows.ACL_NAME))))
                .table(
                        LoadBalancer.TABLE,
                        List.of(
                                LoadBalancer.NAME,
                                LoadBalancer.PROTOCOL,
                                LoadBalancer.VIPS,
                                LoadBalancer.OPTIONS,
                                LoadBalancer.EXTERNAL_IDS),
                        List.of(new Condition(LoadBalancer.EXTERNAL_IDS, Function.INCLUDES, MARKED)))
                .table(
                        AddressSet.TABLE,
                        List.of(AddressSet.NAME, AddressSet.ADDRESSES, AddressSet.EXTERNAL_IDS),
                        List.of(new Condition(AddressSet.EXTERNAL_IDS, Function.INCLUDES, MARKED)))
                .elementsOf(AddressSet.ADDRESSES)
                .table(PortGroup.TABLE, List.of(PortGroup.NAME, PortGroup.EXTERNAL_IDS))
                .optional(LogicalRouterPolicy.NEXTHOP, Nat.EXTERNAL_PORT_RANGE, Nat.OPTIONS);
    }
}
