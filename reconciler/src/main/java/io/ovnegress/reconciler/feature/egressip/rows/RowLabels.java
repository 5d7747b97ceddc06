package io.ovnegress.reconciler.feature.egressip.rows;

import io.ovnegress.ovsdb.nb.LogicalRouterPolicy;
import io.ovnegress.ovsdb.nb.Nat;
import io.ovnegress.ovsdb.row.Row;
import java.util.Map;
import java.util.Optional;

/** What the {@code external_ids} of a pod's row say, ours and ovn-kubernetes'. Pure. */
final class RowLabels {
    private RowLabels() {}

    /** The pod that the row was written for; empty if it does not say. */
    static String podOf(Row row) {
        return externalIds(row).getOrDefault(EgressIpRows.POD_KEY, "");
    }

    /** The EgressIP that the row was written for, if it says. */
    static Optional<String> egressIpOf(Row row) {
        var externalIds = externalIds(row);
        var ours = EgressIpRows.egressIpOf(externalIds);
        if (ours.isPresent()) {
            return ours;
        }
        var name = externalIds.get(EgressIpRows.NAME_KEY);
        if (name != null) {
            return Optional.of(name);
        }
        // EGRESSIP_NAMESPACE/POD
        var theirs = externalIds.getOrDefault(EgressIpClaims.OVN_KUBERNETES_PREFIX + "name", "");
        int end = theirs.indexOf('_');
        return end > 0 ? Optional.of(theirs.substring(0, end)) : Optional.empty();
    }

    private static Map<String, String> externalIds(Row row) {
        if (row.table() == Nat.TABLE) {
            return row.get(Nat.EXTERNAL_IDS);
        }
        return row.table() == LogicalRouterPolicy.TABLE ? row.get(LogicalRouterPolicy.EXTERNAL_IDS) : Map.of();
    }
}
