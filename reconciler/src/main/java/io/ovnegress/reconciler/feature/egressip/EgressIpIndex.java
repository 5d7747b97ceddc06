package io.ovnegress.reconciler.feature.egressip;

import io.ovnegress.ovsdb.nb.Nat;
import io.ovnegress.ovsdb.row.Row;
import io.ovnegress.reconciler.actual.NorthboundView;
import io.ovnegress.reconciler.desired.OwnerKey;
import io.ovnegress.reconciler.input.IpAddress;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * On which routers each egress IP is at the moment, and for which pod addresses: what has to move together, since an egress IP
 * must never be on two routers. Not thread safe.
 */
public final class EgressIpIndex {
    private final Map<String, Map<UUID, Set<OwnerKey>>> places = new HashMap<>();

    /** The routers that hold SNAT rows with this external IP, with the owners of those rows. A live view: do not keep it. */
    public Map<UUID, Set<OwnerKey>> placesOf(String egressIp) {
        return places.getOrDefault(egressIp, Map.of());
    }

    public void rowChanged(NorthboundView view, Optional<Row> before, Optional<Row> after) {
        before.ifPresent(row -> view.parentsOf(row.id()).forEach(parent -> remove(row, parent.parent())));
        after.ifPresent(row -> view.parentsOf(row.id()).forEach(parent -> add(row, parent.parent())));
    }

    public void attached(Row row, UUID router) {
        add(row, router);
    }

    public void detached(Row row, UUID router) {
        remove(row, router);
    }

    private void add(Row row, UUID router) {
        owner(row)
                .ifPresent(owner -> places.computeIfAbsent(row.get(Nat.EXTERNAL_IP), unused -> new HashMap<>())
                        .computeIfAbsent(router, unused -> new HashSet<>())
                        .add(owner));
    }

    private void remove(Row row, UUID router) {
        owner(row)
                .ifPresent(owner -> places.computeIfPresent(row.get(Nat.EXTERNAL_IP), (egressIp, byRouter) -> {
                    byRouter.computeIfPresent(router, (unused, owners) -> {
                        owners.remove(owner);
                        return owners.isEmpty() ? null : owners;
                    });
                    return byRouter.isEmpty() ? null : byRouter;
                }));
    }

    /** Damaged rows are found by the address that they translate, which is where they have their effect. */
    private static Optional<OwnerKey> owner(Row row) {
        if (row.table() != Nat.TABLE || EgressIpClaims.isNodeSnat(row)) {
            return Optional.empty();
        }
        return IpAddress.parse(row.get(Nat.LOGICAL_IP)).map(OwnerKey.PodIp::new);
    }
}
