package io.ovnegress.reconciler.northbound;

import io.ovnegress.ovsdb.nb.LogicalRouterPolicy;
import io.ovnegress.ovsdb.nb.Nat;
import io.ovnegress.ovsdb.row.Column;
import io.ovnegress.ovsdb.row.Row;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * Rows of others that decide about the same packets as rows of ours, by ovn-nb(5): of policies with the same match on a router the
 * one of the highest priority decides, and of those of the same priority any; of SNATs of the same {@code logical_ip} on a router
 * any. Filled for one audit; not thread safe.
 */
public final class Shadows {
    /** @param what the match, or the {@code logical_ip} */
    private record Spot(Attachment place, String what) {}

    /**
     * @param foreign the row of somebody else
     * @param what it does to the one of ours, for people
     */
    public record Shadow(Row foreign, String what) {}

    private final NorthboundView view;
    private final Map<Spot, List<UUID>> foreign = new HashMap<>();

    public Shadows(NorthboundView view) {
        this.view = view;
    }

    /** Takes note of a row of somebody else. */
    public void add(Row row) {
        what(row)
                .ifPresent(what -> view.parentsOf(row.id())
                        .forEach(place -> foreign.computeIfAbsent(new Spot(place, what), unused -> new ArrayList<>(1))
                                .add(row.id())));
    }

    private static Optional<String> what(Row row) {
        if (row.table() == LogicalRouterPolicy.TABLE) {
            return Optional.of(row.get(LogicalRouterPolicy.MATCH));
        }
        return row.table() == Nat.TABLE && isSource(row.get(Nat.TYPE))
                ? Optional.of(row.get(Nat.LOGICAL_IP))
                : Optional.empty();
    }

    private static boolean isSource(String type) {
        return type.equals("snat") || type.equals("dnat_and_snat");
    }

    /** The rows of others that decide before this one, or may. */
    public List<Shadow> over(DesiredRow wanted) {
        if (foreign.isEmpty()) {
            return List.of();
        }
        boolean isPolicy = wanted.table() == LogicalRouterPolicy.TABLE;
        if (!isPolicy && wanted.table() != Nat.TABLE) {
            return List.of();
        }
        var what = cell(wanted, isPolicy ? LogicalRouterPolicy.MATCH : Nat.LOGICAL_IP);
        var shadows = new ArrayList<Shadow>(0);
        for (var place : wanted.attachments()) {
            for (var id : foreign.getOrDefault(new Spot(place, what), List.of())) {
                view.row(wanted.table(), id)
                        .flatMap(row -> isPolicy ? overPolicy(row, wanted) : overSnat(row, wanted))
                        .ifPresent(shadows::add);
            }
        }
        return shadows;
    }

    private static Optional<Shadow> overPolicy(Row row, DesiredRow wanted) {
        long priority = cell(wanted, LogicalRouterPolicy.PRIORITY);
        long its = row.get(LogicalRouterPolicy.PRIORITY);
        if (its < priority || doesTheSame(row, wanted)) {
            return Optional.empty();
        }
        return Optional.of(new Shadow(
                row,
                its > priority
                        ? "decides before ours with the same match: its priority is " + its + ", ours " + priority
                        : "has the match and the priority (" + its
                                + ") of ours, and does something else: either may decide"));
    }

    private static boolean doesTheSame(Row row, DesiredRow wanted) {
        var action = row.get(LogicalRouterPolicy.ACTION);
        if (!action.equals(cell(wanted, LogicalRouterPolicy.ACTION))) {
            return false;
        }
        Set<String> nexthops = new HashSet<>(row.get(LogicalRouterPolicy.NEXTHOPS));
        nexthops.addAll(row.get(LogicalRouterPolicy.NEXTHOP));
        return !action.equals("reroute") || nexthops.equals(cell(wanted, LogicalRouterPolicy.NEXTHOPS));
    }

    private static Optional<Shadow> overSnat(Row row, DesiredRow wanted) {
        var ours = cell(wanted, Nat.EXTERNAL_IP);
        var its = row.get(Nat.EXTERNAL_IP);
        return its.equals(ours)
                ? Optional.empty()
                : Optional.of(new Shadow(
                        row, "gives the same logical_ip " + its + " where ours gives " + ours + ": either may decide"));
    }

    @SuppressWarnings("unchecked") // a cell's value is of its column's type
    private static <T> T cell(DesiredRow row, Column<T> column) {
        for (var cell : row.cells()) {
            if (cell.column() == column) {
                return (T) cell.value();
            }
        }
        return column.defaultValue();
    }
}
