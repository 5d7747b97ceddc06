package io.ovnegress.reconciler.feature.egressip.rows;

import io.ovnegress.ovsdb.nb.Nat;
import io.ovnegress.ovsdb.row.Row;
import io.ovnegress.reconciler.northbound.RowIds;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The ports that SNATs may use, so that they leave node ports alone: as the operator says, else as ovnkube's own node SNATs show it.
 * As long as any of them shows the range that it was, it stays: rows are not written again and again while ovnkube changes its own
 * one by one. Not thread safe.
 */
public final class PortRange {
    /** ovnkube without a range, OVN of its own accord. */
    private static final String ALL = "";

    private final Optional<String> configured;
    /** How many of ovnkube's rows show each range, those without one among them. */
    private final Map<String, Integer> shown = new TreeMap<>();

    private String text;

    public PortRange(Optional<String> configured) {
        this.configured = configured;
        this.text = configured.orElse(ALL);
    }

    /** {@code NAT.external_port_range}, as {@code 32768-60999}; empty: any port. */
    public String text() {
        return text;
    }

    /** A row changed, whoever's it is. */
    public void rowChanged(Optional<Row> before, Optional<Row> after) {
        before.filter(PortRange::isOvnkubes)
                .ifPresent(row -> shown.computeIfPresent(rangeOf(row), (range, rows) -> rows == 1 ? null : rows - 1));
        after.filter(PortRange::isOvnkubes).ifPresent(row -> shown.merge(rangeOf(row), 1, Integer::sum));
    }

    /** Finds out what the rows show when all of a change are known; whether that is another range now. */
    public boolean settle() {
        if (configured.isPresent() || shown.isEmpty() || (!text.equals(ALL) && shown.containsKey(text))) {
            return false;
        }
        var former = text;
        text = shown.entrySet().stream()
                .filter(entry -> !entry.getKey().equals(ALL))
                .max(Map.Entry.<String, Integer>comparingByValue()
                        .thenComparing(Map.Entry.comparingByKey(Comparator.reverseOrder())))
                .map(Map.Entry::getKey)
                .orElse(ALL);
        return !text.equals(former);
    }

    /** The database is read anew. */
    public void forget() {
        shown.clear();
    }

    /** The SNAT of a node or, where they have their own, of a pod; not one that we have given back. */
    private static boolean isOvnkubes(Row row) {
        return EgressIpClaims.isNodeSnat(row) && !RowIds.isChosen(row.id());
    }

    private static String rangeOf(Row row) {
        return row.knows(Nat.EXTERNAL_PORT_RANGE) ? row.get(Nat.EXTERNAL_PORT_RANGE) : ALL;
    }
}
