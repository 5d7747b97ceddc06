package io.ovnegress.reconciler.feature.egressip.rows;

import io.ovnegress.ovsdb.nb.AddressSet;
import io.ovnegress.ovsdb.nb.LogicalRouter;
import io.ovnegress.ovsdb.nb.LogicalRouterPolicy;
import io.ovnegress.ovsdb.nb.LogicalRouterPort;
import io.ovnegress.ovsdb.nb.LogicalSwitch;
import io.ovnegress.ovsdb.nb.Nat;
import io.ovnegress.ovsdb.nb.PortGroup;
import io.ovnegress.ovsdb.nb.Qos;
import io.ovnegress.ovsdb.operation.Operation.Condition;
import io.ovnegress.ovsdb.operation.Operation.Function;
import io.ovnegress.ovsdb.replica.MonitorSpec;
import io.ovnegress.reconciler.feature.egressip.EgressIpFeature;
import io.ovnegress.reconciler.input.IpFamily;
import io.ovnegress.reconciler.northbound.Marks;
import io.ovnegress.reconciler.router.OwnRouterTables;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The tables and columns of OVN_Northbound that egress IPs are about. */
public final class EgressIpTables {
    private EgressIpTables() {}

    /** Columns that a server lacks are left out by whoever asks it. */
    public static void addTo(MonitorSpec.Builder spec) {
        var ourSets = new ArrayList<Condition>();
        for (var family : IpFamily.values()) {
            for (var name : List.of(
                    EgressIpRows.servedPodsSet(family),
                    EgressIpRows.nodeAddressesSet(family),
                    CutOffRows.podsSet(family))) {
                ourSets.add(new Condition(AddressSet.NAME, Function.EQUALS, name));
            }
        }
        // Even if somebody has given one another name: no new one could be made under its UUID.
        ourSets.add(new Condition(
                AddressSet.EXTERNAL_IDS,
                Function.INCLUDES,
                Map.of(EgressIpRows.OWNER_KEY, EgressIpRows.BASELINE_OWNER)));
        ourSets.add(new Condition(
                AddressSet.EXTERNAL_IDS, Function.INCLUDES, Map.of(Marks.FEATURE_KEY, EgressIpFeature.MARK)));
        OwnRouterTables.addTo(spec, EgressIpFeature.MARK);
        OwnRouterTables.addGroupsTo(spec);
        spec.table(LogicalRouter.TABLE, List.of(LogicalRouter.NAME, LogicalRouter.POLICIES, LogicalRouter.NAT))
                .elementsOf(LogicalRouter.POLICIES)
                .elementsOf(LogicalRouter.NAT)
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
                                LogicalRouterPolicy.BFD_SESSIONS,
                                LogicalRouterPolicy.CHAIN,
                                LogicalRouterPolicy.JUMP_CHAIN,
                                LogicalRouterPolicy.EXTERNAL_IDS))
                .table(
                        Nat.TABLE,
                        List.of(
                                Nat.TYPE,
                                Nat.EXTERNAL_IP,
                                Nat.LOGICAL_IP,
                                Nat.LOGICAL_PORT,
                                Nat.EXTERNAL_MAC,
                                Nat.EXTERNAL_PORT_RANGE,
                                Nat.ALLOWED_EXT_IPS,
                                Nat.EXEMPTED_EXT_IPS,
                                Nat.GATEWAY_PORT,
                                Nat.MATCH,
                                Nat.OPTIONS,
                                Nat.EXTERNAL_IDS))
                .table(LogicalSwitch.TABLE, List.of(LogicalSwitch.NAME, LogicalSwitch.QOS_RULES))
                .elementsOf(LogicalSwitch.QOS_RULES)
                .table(
                        Qos.TABLE,
                        List.of(Qos.PRIORITY, Qos.DIRECTION, Qos.MATCH, Qos.ACTION, Qos.BANDWIDTH, Qos.EXTERNAL_IDS))
                .table(
                        AddressSet.TABLE,
                        List.of(AddressSet.NAME, AddressSet.ADDRESSES, AddressSet.EXTERNAL_IDS),
                        ourSets)
                .elementsOf(AddressSet.ADDRESSES)
                .table(PortGroup.TABLE, List.of(PortGroup.NAME, PortGroup.EXTERNAL_IDS)) // and not their many ports
                .optional( // they came later, or may go
                        LogicalRouterPolicy.NEXTHOP,
                        LogicalRouterPolicy.BFD_SESSIONS,
                        LogicalRouterPolicy.CHAIN,
                        LogicalRouterPolicy.JUMP_CHAIN,
                        Nat.EXTERNAL_PORT_RANGE,
                        Nat.ALLOWED_EXT_IPS,
                        Nat.EXEMPTED_EXT_IPS,
                        Nat.GATEWAY_PORT,
                        Nat.MATCH,
                        Nat.OPTIONS);
    }
}
