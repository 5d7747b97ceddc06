package io.ovnegress.reconciler.router;

import io.ovnegress.ovsdb.nb.Acl;
import io.ovnegress.ovsdb.nb.HaChassis;
import io.ovnegress.ovsdb.nb.HaChassisGroup;
import io.ovnegress.ovsdb.nb.LogicalRouter;
import io.ovnegress.ovsdb.nb.LogicalRouterPort;
import io.ovnegress.ovsdb.nb.LogicalRouterStaticRoute;
import io.ovnegress.ovsdb.nb.LogicalSwitch;
import io.ovnegress.ovsdb.nb.LogicalSwitchPort;
import io.ovnegress.ovsdb.operation.Operation.Condition;
import io.ovnegress.ovsdb.operation.Operation.Function;
import io.ovnegress.ovsdb.replica.MonitorSpec;
import io.ovnegress.reconciler.northbound.Marks;
import java.util.List;
import java.util.Map;

/** The tables and columns of OVN_Northbound that logical routers of our own are about, beside those that every feature reads. */
public final class OwnRouterTables {
    private OwnRouterTables() {}

    /**
     * What these routers are about, those of nodes included, whose ways to the outside they share.
     *
     * @param mark of the feature whose ACLs are read
     */
    public static void addTo(MonitorSpec.Builder spec, String mark) {
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
                                new Condition(Acl.EXTERNAL_IDS, Function.INCLUDES, Map.of(Marks.FEATURE_KEY, mark)),
                                // even if somebody has taken that off: no new one could be made under its UUID
                                new Condition(Acl.PRIORITY, Function.EQUALS, OwnRouterRows.FENCE_PRIORITY)))
                .optional(LogicalRouterPort.STATUS); // since OVN 24.03
    }

    /** What lets OVN choose the chassis that serves a router. */
    public static void addGroupsTo(MonitorSpec.Builder spec) {
        spec.table(
                        HaChassisGroup.TABLE,
                        List.of(HaChassisGroup.NAME, HaChassisGroup.HA_CHASSIS, HaChassisGroup.EXTERNAL_IDS))
                .elementsOf(HaChassisGroup.HA_CHASSIS)
                .table(HaChassis.TABLE, List.of(HaChassis.CHASSIS_NAME, HaChassis.PRIORITY, HaChassis.EXTERNAL_IDS));
    }
}
