package io.ovnegress.reconciler.feature.egressip.rows;

import com.google.common.collect.ImmutableSortedMap;
import io.ovnegress.ovsdb.nb.LogicalRouter;
import io.ovnegress.ovsdb.nb.LogicalRouterPolicy;
import io.ovnegress.ovsdb.row.Cell;
import io.ovnegress.reconciler.feature.egressip.rows.EgressIpOwner.Routed;
import io.ovnegress.reconciler.feature.egressip.rows.EgressIpOwner.Router;
import io.ovnegress.reconciler.input.IpFamily;
import io.ovnegress.reconciler.northbound.Attachment;
import io.ovnegress.reconciler.northbound.DesiredRow;
import io.ovnegress.reconciler.northbound.RowIds;
import io.ovnegress.reconciler.router.OwnRouterRows;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/** How the rows look that lead pods to the logical routers of egress IPs, which {@link OwnRouterRows} makes. */
public final class RouterRows {
    /**
     * Pods of whole namespaces, below single pods and sets of them ({@link EgressIpRows#REROUTE_PRIORITY}), and below what keeps pods
     * in that must not leave.
     */
    public static final long CARRIED_PRIORITY = 98;

    /** On the egress IP's own router, which has no other policies. */
    static final long STRANGERS_PRIORITY = 700;

    private RouterRows() {}

    /**
     * Keeps out whoever is outside and routes to the egress IP: only answers come in. Without it such a host reaches pods past all
     * Services, and what it sends to other hosts leaves again as the egress IP. {@code !ct.rpl} alone does not match what is not
     * tracked.
     */
    static DesiredRow strangers(Router key, IpFamily family) {
        var part = "policy/strangers/" + family.suffix();
        return policy(
                RowIds.of(key.id("router")),
                key.id(part),
                STRANGERS_PRIORITY,
                "inport == \"" + key.outsidePort() + "\" && " + (family == IpFamily.V4 ? "ip4" : "ip6")
                        + " && (!ct.trk || !ct.rpl)",
                "drop",
                Set.of(),
                key.externalIds(part));
    }

    /** The addresses of an object's pods, those of whole namespaces apart; kept element by element, not as a cell. */
    static DesiredRow set(Routed key, IpFamily family) {
        return EgressIpRows.addressSet(
                RouterNames.set(key, family), EgressIpRows.EGRESS_IP_OWNER_PREFIX + key.egressIp());
    }

    static UUID setId(Routed key, IpFamily family) {
        return EgressIpRows.addressSetId(RouterNames.set(key, family));
    }

    /** The way of an object's pods to its routers. */
    static DesiredRow routed(UUID clusterRouter, Routed key, IpFamily family, Set<String> nextHops) {
        return reroute(
                clusterRouter,
                RouterNames.routedId(key, family),
                EgressIpRows.REROUTE_PRIORITY,
                family.matchField() + ".src == $" + RouterNames.set(key, family),
                nextHops,
                key.egressIp());
    }

    /** The way of all pods of a namespace to an object's routers, from their first packet on. */
    static DesiredRow carried(
            UUID clusterRouter,
            String namespace,
            String portGroup,
            IpFamily family,
            Set<String> nextHops,
            String egressIp) {
        return reroute(
                clusterRouter,
                RouterNames.carriedId(namespace, family),
                CARRIED_PRIORITY,
                CutOffRows.fromGroup(portGroup, family),
                nextHops,
                egressIp);
    }

    static DesiredRow reroute(
            UUID clusterRouter, String id, long priority, String matchText, Set<String> nextHops, String egressIp) {
        var externalIds = ImmutableSortedMap.<String, String>naturalOrder()
                .putAll(EgressIpRows.objectExternalIds(id, egressIp))
                .put(EgressIpRows.NETWORK_KEY, EgressIpRows.CONTROLLER)
                .build();
        return policy(clusterRouter, id, priority, matchText, "reroute", nextHops, externalIds);
    }

    private static DesiredRow policy(
            UUID router,
            String id,
            long priority,
            String matchText,
            String action,
            Set<String> nextHops,
            Map<String, String> externalIds) {
        Cell<String> match = Cell.of(LogicalRouterPolicy.MATCH, matchText);
        return new DesiredRow(
                LogicalRouterPolicy.TABLE,
                id,
                List.of(new Attachment(LogicalRouter.POLICIES, router)),
                match,
                List.of(
                        Cell.of(LogicalRouterPolicy.PRIORITY, priority),
                        match,
                        Cell.of(LogicalRouterPolicy.ACTION, action),
                        Cell.of(LogicalRouterPolicy.NEXTHOPS, nextHops)),
                EgressIpRows.EMPTY_REROUTE_COLUMNS,
                externalIds);
    }
}
