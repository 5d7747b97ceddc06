package io.ovnegress.reconciler.feature.egressip.rows;

import io.ovnegress.ovsdb.nb.LogicalRouter;
import io.ovnegress.ovsdb.nb.Nat;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput;
import io.ovnegress.reconciler.feature.egressip.placement.Placement;
import io.ovnegress.reconciler.feature.egressip.topology.TopologyNames;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.northbound.Holds;
import io.ovnegress.reconciler.northbound.NorthboundView;
import io.ovnegress.reconciler.northbound.Owner;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * Where egress IPs were before this run: what the objects' status says, corrected by where the database has them, since a
 * controller may end between commit and status. Pure.
 */
public final class AssignmentHistory {
    private final NorthboundView view;
    private final Holds holds;

    public AssignmentHistory(NorthboundView view, Holds holds) {
        this.view = view;
        this.holds = holds;
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

    private void correct(String egressIp, IpAddress ip, Map<IpAddress, String> nodes) {
        var rowsByNode = new HashMap<String, Integer>();
        for (var router : holds.placesOf(ip.text())) {
            int rows = rowsOf(egressIp, ip, holds.holdersAt(ip.text(), router));
            if (rows > 0) {
                gatewayNode(router).ifPresent(node -> rowsByNode.put(node, rows));
            }
        }
        // One row that strayed to another router does not decide against the status; no row there at all does.
        if (!rowsByNode.isEmpty() && !rowsByNode.containsKey(nodes.getOrDefault(ip, ""))) {
            rowsByNode.entrySet().stream()
                    .max(Map.Entry.<String, Integer>comparingByValue()
                            .thenComparing(Map.Entry.comparingByKey(Comparator.reverseOrder())))
                    .ifPresent(most -> nodes.put(ip, most.getKey()));
        }
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

    private Optional<String> gatewayNode(UUID router) {
        return view.row(LogicalRouter.TABLE, router)
                .map(row -> row.get(LogicalRouter.NAME))
                .filter(name -> name.startsWith(TopologyNames.GATEWAY_ROUTER_PREFIX))
                .map(name -> name.substring(TopologyNames.GATEWAY_ROUTER_PREFIX.length()));
    }
}
