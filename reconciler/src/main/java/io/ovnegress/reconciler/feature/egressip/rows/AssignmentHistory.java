package io.ovnegress.reconciler.feature.egressip.rows;

import io.ovnegress.ovsdb.nb.LogicalRouterPolicy;
import io.ovnegress.ovsdb.nb.Nat;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput;
import io.ovnegress.reconciler.feature.egressip.placement.Placement;
import io.ovnegress.reconciler.feature.egressip.rows.EgressIpOwner.Router;
import io.ovnegress.reconciler.feature.egressip.topology.EgressGateways;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.IpFamily;
import io.ovnegress.reconciler.northbound.Holds;
import io.ovnegress.reconciler.northbound.NorthboundView;
import io.ovnegress.reconciler.northbound.Owner;
import io.ovnegress.reconciler.router.NodeUplinks;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Where egress IPs were before this run: what the objects' status says, corrected by where the database has them, since a
 * controller may end between commit and status. Pure.
 */
public final class AssignmentHistory {
    private final NorthboundView view;
    private final Holds holds;
    private final EgressGateways gateways;
    private final NodeUplinks uplinks;
    private final KnownRouters routers;

    public AssignmentHistory(
            NorthboundView view, Holds holds, EgressGateways gateways, NodeUplinks uplinks, KnownRouters routers) {
        this.view = view;
        this.holds = holds;
        this.gateways = gateways;
        this.uplinks = uplinks;
        this.routers = routers;
    }

    public Map<String, List<Placement.Assignment>> of(Collection<EgressIpInput> egressIps) {
        var history = new HashMap<String, List<Placement.Assignment>>();
        for (var egressIp : egressIps) {
            var nodes = new LinkedHashMap<IpAddress, String>();
            for (var item : egressIp.statusItems()) {
                IpAddress.parse(item.egressIp()).ifPresent(ip -> nodes.put(ip, item.node()));
            }
            for (var text : egressIp.egressIps()) {
                IpAddress.parse(text).ifPresent(ip -> correct(egressIp.name(), ip, nodes));
            }
            var assignments = new ArrayList<Placement.Assignment>();
            nodes.forEach((ip, node) -> assignments.add(new Placement.Assignment(ip, node)));
            history.put(egressIp.name(), assignments);
        }
        return history;
    }

    /**
     * An egress IP that OVN has moved with its router.
     *
     * @param from the node that was told last
     */
    public record Failover(Router router, IpAddress egressIp, String from, String to) {}

    /** What OVN has done by itself since the objects' status was written: nobody has asked for it, or the router's order would say so. */
    public List<Failover> failovers(Collection<EgressIpInput> egressIps) {
        var failovers = new ArrayList<Failover>();
        if (routers.isEmpty()) {
            return failovers;
        }
        for (var object : egressIps) {
            for (var item : object.statusItems()) {
                routers.having(item.egressIp()).stream()
                        .filter(router -> router.egressIp().equals(object.name()) && !router.isPinned())
                        .forEach(router -> routers.serving(router)
                                .filter(host -> !routers.chassisInOrder(router).stream()
                                        .findFirst()
                                        .equals(Optional.of(host)))
                                .flatMap(uplinks::nodeOf)
                                .filter(node -> !node.equals(item.node()))
                                .flatMap(node -> IpAddress.parse(item.egressIp())
                                        .map(ip -> new Failover(router, ip, item.node(), node)))
                                .ifPresent(failovers::add));
            }
        }
        return failovers;
    }

    private void correct(String egressIp, IpAddress ip, Map<IpAddress, String> nodes) {
        var itsRouter = nodeOfRouter(egressIp, ip);
        if (itsRouter.isPresent()) {
            nodes.put(ip, itsRouter.get());
            return;
        }
        var found = new ArrayList<OnNode>();
        for (var router : holds.placesOf(ip.text())) {
            var owners = holds.holdersAt(ip.text(), router);
            int rows = rowsOf(egressIp, ip, owners);
            if (rows > 0) {
                gateways.nodeOf(router)
                        .ifPresent(node -> found.add(new OnNode(node, rows, isSentTo(node, ip.family(), owners))));
            }
        }
        // One row that strayed to another router does not decide against the status. No row there at all does, and so
        // does
        // that all traffic goes elsewhere already, since a move was on its way.
        boolean sentSomewhere = found.stream().anyMatch(OnNode::isSentTo);
        var said = nodes.getOrDefault(ip, "");
        if (found.stream().noneMatch(there -> there.node().equals(said) && there.isSentTo() == sentSomewhere)) {
            found.stream()
                    .max(Comparator.comparing(OnNode::isSentTo)
                            .thenComparingInt(OnNode::rows)
                            .thenComparing(OnNode::node, Comparator.reverseOrder()))
                    .ifPresent(most -> nodes.put(ip, most.node()));
        }
    }

    /** Where the egress IP's own router is, if it has one. */
    private Optional<String> nodeOfRouter(String egressIp, IpAddress ip) {
        return routers.isEmpty()
                ? Optional.empty()
                : routers.of(egressIp, ip).stream()
                        .flatMap(router -> routers.chassisOf(router).stream())
                        .flatMap(chassis -> uplinks.nodeOf(chassis).stream())
                        .findFirst();
    }

    /**
     * An egress IP on a node's router.
     *
     * @param rows SNATs
     * @param isSentTo whether a policy leads there
     */
    private record OnNode(String node, int rows, boolean isSentTo) {}

    private boolean isSentTo(String node, IpFamily family, Set<Owner> owners) {
        return owners.stream()
                .flatMap(owner -> view.rowsOf(owner).stream())
                .filter(row -> row.table() == LogicalRouterPolicy.TABLE)
                .anyMatch(policy -> gateways.isSentTo(node, family, policy));
    }

    private int rowsOf(String egressIp, IpAddress ip, Set<Owner> owners) {
        int rows = 0;
        for (var owner : owners) {
            for (var row : view.rowsOf(owner)) {
                if (row.table() == Nat.TABLE
                        && row.get(Nat.EXTERNAL_IP).equals(ip.text())
                        && isOf(egressIp, row.get(Nat.EXTERNAL_IDS))) {
                    rows++;
                }
            }
        }
        return rows;
    }

    /**
     * Ours name it as owner; ovn-kubernetes' have {@code name} in its older format, and in the newer one {@code
     * EGRESSIP_NAMESPACE/POD}, or {@code EGRESSIP_UNKNOWN/UNKNOWN} where it has taken a row for its own.
     */
    private static boolean isOf(String egressIp, Map<String, String> externalIds) {
        return (EgressIpRows.EGRESS_IP_OWNER_PREFIX + egressIp).equals(externalIds.get(EgressIpRows.OWNER_KEY))
                || egressIp.equals(externalIds.get(EgressIpRows.NAME_KEY))
                || externalIds
                        .getOrDefault(EgressIpClaims.OVN_KUBERNETES_PREFIX + "name", "")
                        .startsWith(egressIp + "_");
    }
}
