package io.ovnegress.reconciler.feature.egressip;

import io.ovnegress.ovsdb.nb.Nat;
import io.ovnegress.ovsdb.row.Row;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.northbound.NorthboundView;
import io.ovnegress.reconciler.northbound.Owner;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * On which routers each egress IP is at the moment, and for which pod addresses: what has to move together, since an egress IP
 * must never be on two routers. Not thread safe.
 */
public final class EgressIpIndex {
    /** By egress IP and router: the owners, with their number of rows (one in all but damaged databases). */
    private final Map<String, Map<UUID, Map<Owner, Integer>>> places = new HashMap<>();

    /** Forgets everything: the view is read anew. */
    public void forget() {
        places.clear();
    }

    /** The routers that hold SNAT rows with this external IP. */
    public Set<UUID> placesOf(String egressIp) {
        return Collections.unmodifiableSet(
                places.getOrDefault(egressIp, Map.of()).keySet());
    }

    /** The owners of SNAT rows with this external IP on this router. A live view: do not keep it. */
    public Set<Owner> ownersAt(String egressIp, UUID router) {
        return places.getOrDefault(egressIp, Map.of())
                .getOrDefault(router, Map.of())
                .keySet();
    }

    public void rowChanged(NorthboundView view, Optional<Row> before, Optional<Row> after) {
        before.ifPresent(row -> view.parentsOf(row.id()).forEach(parent -> detached(view, row, parent.parent())));
        after.ifPresent(row -> view.parentsOf(row.id()).forEach(parent -> attached(view, row, parent.parent())));
    }

    public void attached(NorthboundView view, Row row, UUID router) {
        owner(view, row)
                .ifPresent(owner -> places.computeIfAbsent(row.get(Nat.EXTERNAL_IP), unused -> new HashMap<>())
                        .computeIfAbsent(router, unused -> new HashMap<>())
                        .merge(owner, 1, Integer::sum));
    }

    public void detached(NorthboundView view, Row row, UUID router) {
        owner(view, row)
                .ifPresent(owner -> places.computeIfPresent(row.get(Nat.EXTERNAL_IP), (egressIp, byRouter) -> {
                    byRouter.computeIfPresent(router, (unused, owners) -> {
                        owners.computeIfPresent(owner, (same, rows) -> rows == 1 ? null : rows - 1);
                        return owners.isEmpty() ? null : owners;
                    });
                    return byRouter.isEmpty() ? null : byRouter;
                }));
    }

    /** Damaged rows are found by the address that they translate, which is where they have their effect. */
    private static Optional<Owner> owner(NorthboundView view, Row row) {
        if (row.table() != Nat.TABLE || EgressIpClaims.isNodeSnat(row)) {
            return Optional.empty();
        }
        var logicalIp = row.get(Nat.LOGICAL_IP);
        var owner = view.ownerOf(row.id());
        return owner.filter(key -> key instanceof EgressIpOwner.PodIp(IpAddress ip)
                        && ip.text().equals(logicalIp))
                .or(() -> IpAddress.parse(logicalIp).map(EgressIpOwner.PodIp::new));
    }
}
