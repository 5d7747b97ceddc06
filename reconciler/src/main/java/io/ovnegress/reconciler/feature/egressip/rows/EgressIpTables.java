package io.ovnegress.reconciler.feature.egressip.rows;

import io.ovnegress.ovsdb.nb.Acl;
import io.ovnegress.ovsdb.nb.AddressSet;
import io.ovnegress.ovsdb.nb.HaChassis;
import io.ovnegress.ovsdb.nb.HaChassisGroup;
import io.ovnegress.ovsdb.nb.LogicalRouter;
import io.ovnegress.ovsdb.nb.LogicalRouterPolicy;
import io.ovnegress.ovsdb.nb.LogicalRouterPort;
import io.ovnegress.ovsdb.nb.LogicalRouterStaticRoute;
import io.ovnegress.ovsdb.nb.LogicalSwitch;
import io.ovnegress.ovsdb.nb.LogicalSwitchPort;
import io.ovnegress.ovsdb.nb.Nat;
import io.ovnegress.ovsdb.nb.PortGroup;
import io.ovnegress.ovsdb.nb.Qos;
import io.ovnegress.ovsdb.operation.Operation.Condition;
import io.ovnegress.ovsdb.operation.Operation.Function;
import io.ovnegress.ovsdb.replica.MonitorSpec;
import io.ovnegress.reconciler.feature.egressip.EgressIpFeature;
import io.ovnegress.reconciler.input.IpFamily;
import io.ovnegress.reconciler.northbound.Marks;
import io.ovnegress.reconciler.router.OwnRouterRows;
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
        addRouters(spec);
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

    /** What routers of egress IPs' own are about, those of nodes included, whose ways to the outside they share. */
    private static void addRouters(MonitorSpec.Builder spec) {
        spec.table(
                        LogicalRouter.TABLE,
                        List.of(
                                LogicalRouter.OPTIONS,
                                LogicalRouter.PORTS,
                                LogicalRouter.STATIC_ROUTES,
                                LogicalRouter.EXTERNAL_IDS))
                .elementsOf(LogicalRouter.PORTS)
                .elementsOf(LogicalRouter.STATIC_ROUTES)
                .table(
                        LogicalRouterPort.TABLE,
                        List.of(
                                LogicalRouterPort.MAC,
                                LogicalRouterPort.OPTIONS,
                                LogicalRouterPort.HA_CHASSIS_GROUP,
                                LogicalRouterPort.STATUS,
                                LogicalRouterPort.EXTERNAL_IDS))
                .table(
                        LogicalRouterStaticRoute.TABLE,
                        List.of(
                                LogicalRouterStaticRoute.IP_PREFIX,
                                LogicalRouterStaticRoute.NEXTHOP,
                                LogicalRouterStaticRoute.POLICY,
                                LogicalRouterStaticRoute.OUTPUT_PORT,
                                LogicalRouterStaticRoute.EXTERNAL_IDS))
                .table(
                        LogicalSwitch.TABLE,
                        List.of(
                                LogicalSwitch.PORTS,
                                LogicalSwitch.ACLS,
                                LogicalSwitch.OTHER_CONFIG,
                                LogicalSwitch.EXTERNAL_IDS))
                .elementsOf(LogicalSwitch.PORTS)
                .elementsOf(LogicalSwitch.ACLS)
                .table(
                        LogicalSwitchPort.TABLE,
                        List.of(
                                LogicalSwitchPort.NAME,
                                LogicalSwitchPort.TYPE,
                                LogicalSwitchPort.ADDRESSES,
                                LogicalSwitchPort.OPTIONS,
                                LogicalSwitchPort.TAG_REQUEST),
                        List.of(
                                new Condition(LogicalSwitchPort.TYPE, Function.EQUALS, "router"),
                                new Condition(LogicalSwitchPort.TYPE, Function.EQUALS, "localnet")))
                .table(
                        Acl.TABLE,
                        List.of(Acl.DIRECTION, Acl.PRIORITY, Acl.MATCH, Acl.ACTION, Acl.EXTERNAL_IDS),
                        List.of(
                                new Condition(
                                        Acl.EXTERNAL_IDS,
                                        Function.INCLUDES,
                                        Map.of(Marks.FEATURE_KEY, EgressIpFeature.MARK)),
                                // even if somebody has taken that off: no new one could be made under its UUID
                                new Condition(Acl.PRIORITY, Function.EQUALS, OwnRouterRows.FENCE_PRIORITY)))
                .table(
                        HaChassisGroup.TABLE,
                        List.of(HaChassisGroup.NAME, HaChassisGroup.HA_CHASSIS, HaChassisGroup.EXTERNAL_IDS))
                .elementsOf(HaChassisGroup.HA_CHASSIS)
                .table(HaChassis.TABLE, List.of(HaChassis.CHASSIS_NAME, HaChassis.PRIORITY, HaChassis.EXTERNAL_IDS))
                .optional(LogicalRouterPort.STATUS); // since OVN 24.03
    }
}
