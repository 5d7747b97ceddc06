package io.ovnegress.reconciler.feature.firewall.rows;

import io.ovnegress.ovsdb.nb.Acl;
import io.ovnegress.ovsdb.nb.AddressSet;
import io.ovnegress.ovsdb.nb.LogicalSwitch;
import io.ovnegress.ovsdb.nb.Meter;
import io.ovnegress.ovsdb.nb.PortGroup;
import io.ovnegress.ovsdb.nb.Qos;
import io.ovnegress.ovsdb.operation.Operation.Condition;
import io.ovnegress.ovsdb.operation.Operation.Function;
import io.ovnegress.ovsdb.replica.MonitorSpec;
import io.ovnegress.reconciler.northbound.Marks;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The tables and columns of OVN_Northbound that firewalls are about. */
public final class FirewallTables {
    private static final Map<String, String> MARKED = Map.of(Marks.FEATURE_KEY, FirewallOwner.MARK);

    private FirewallTables() {}

    /** Of ACLs and sets those of ours: there are many of others. */
    public static void addTo(MonitorSpec.Builder spec) {
        spec.table(LogicalSwitch.TABLE, List.of(LogicalSwitch.NAME, LogicalSwitch.ACLS, LogicalSwitch.QOS_RULES))
                .elementsOf(LogicalSwitch.ACLS)
                .elementsOf(LogicalSwitch.QOS_RULES)
                .table(
                        Qos.TABLE,
                        List.of(Qos.PRIORITY, Qos.DIRECTION, Qos.MATCH, Qos.BANDWIDTH, Qos.EXTERNAL_IDS),
                        List.of(new Condition(Qos.EXTERNAL_IDS, Function.INCLUDES, MARKED)))
                .table(
                        AddressSet.TABLE,
                        List.of(AddressSet.NAME, AddressSet.ADDRESSES, AddressSet.EXTERNAL_IDS),
                        List.of(new Condition(AddressSet.EXTERNAL_IDS, Function.INCLUDES, MARKED)))
                .elementsOf(AddressSet.ADDRESSES)
                .table(PortGroup.TABLE, List.of(PortGroup.NAME, PortGroup.EXTERNAL_IDS, PortGroup.ACLS))
                .elementsOf(PortGroup.ACLS)
                .table(Meter.TABLE, List.of(Meter.NAME))
                .table(
                        Acl.TABLE,
                        List.of(
                                Acl.PRIORITY,
                                Acl.DIRECTION,
                                Acl.MATCH,
                                Acl.ACTION,
                                Acl.NAME,
                                Acl.TIER,
                                Acl.LOG,
                                Acl.SEVERITY,
                                Acl.METER,
                                Acl.EXTERNAL_IDS),
                        List.of(
                                new Condition(Acl.EXTERNAL_IDS, Function.INCLUDES, MARKED),
                                new Condition(Acl.NAME, Function.EQUALS, Set.of(FirewallRows.ACL_NAME))))
                .optional(Acl.TIER); // since 23.06
    }
}
