package io.ovnegress.reconciler.explain;

import io.ovnegress.ovsdb.nb.Acl;
import io.ovnegress.ovsdb.nb.LogicalRouterPolicy;
import io.ovnegress.ovsdb.row.Cell;
import io.ovnegress.ovsdb.row.Column;
import io.ovnegress.ovsdb.row.Row;
import io.ovnegress.ovsdb.row.Table;
import io.ovnegress.reconciler.explain.Match.Fits;
import io.ovnegress.reconciler.explain.Match.Packet;
import io.ovnegress.reconciler.northbound.DesiredRow;
import io.ovnegress.reconciler.northbound.NamespaceGroups;
import io.ovnegress.reconciler.northbound.NorthboundView;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/** Which of a feature's ACLs decides about a packet of a pod: of those that fit the one of the highest priority. Looks only. */
public final class AclRules {
    private final NorthboundView view;
    private final Optional<String> group;
    private final Packet packet;

    /** @param group of the pod's namespace */
    public AclRules(NorthboundView view, Optional<NamespaceGroups.Group> group, Packet packet) {
        this.view = view;
        this.group = group.map(NamespaceGroups.Group::name);
        this.packet = packet;
    }

    /** An ACL that is there, or is to be, or a policy. */
    public record Rule(Table table, long priority, String match, boolean drops, UUID id) {
        static Rule of(Row row) {
            return new Rule(Acl.TABLE, row.get(Acl.PRIORITY), row.get(Acl.MATCH), drops(row.get(Acl.ACTION)), row.id());
        }

        static Rule of(DesiredRow row) {
            return new Rule(
                    Acl.TABLE, cell(row, Acl.PRIORITY), cell(row, Acl.MATCH), drops(cell(row, Acl.ACTION)), row.id());
        }

        static Rule ofPolicy(Row row) {
            return new Rule(
                    LogicalRouterPolicy.TABLE,
                    row.get(LogicalRouterPolicy.PRIORITY),
                    row.get(LogicalRouterPolicy.MATCH),
                    drops(row.get(LogicalRouterPolicy.ACTION)),
                    row.id());
        }

        private static boolean drops(String action) {
            return !action.startsWith("allow");
        }

        @SuppressWarnings("unchecked") // the column's type
        private static <T> T cell(DesiredRow row, Column<T> column) {
            return (T) row.cells().stream()
                    .filter(cell -> cell.column() == column)
                    .findFirst()
                    .<Object>map(Cell::value)
                    .orElseGet(column::defaultValue);
        }

        /** What shows it, once it is there. */
        public String command() {
            return "ovn-nbctl list " + table.name() + " " + id;
        }
    }

    /**
     * @param drops whether the packet is dropped
     * @param by the one that decides, or of which it cannot be told whether it does; empty if none has to do with it
     */
    public record Verdict(Fits drops, Optional<Rule> by) {
        /** As {@link Passage} has it. */
        public Optional<Departure> departure() {
            return switch (drops) {
                case YES -> Optional.of(Departure.dropped());
                case NO -> Optional.empty();
                case UNKNOWN -> Optional.of(Departure.unknown());
            };
        }
    }

    /** Under the rows that are there. */
    public Verdict now(Collection<Row> rows) {
        return decide(rows.stream()
                .filter(row -> row.table() == Acl.TABLE)
                .map(Rule::of)
                .toList());
    }

    /** Under the policies of a router of the feature's own, which let by or drop. */
    public Verdict policies(Collection<Row> rows) {
        return decide(rows.stream().map(Rule::ofPolicy).toList());
    }

    /** Under these. */
    public Verdict wanted(Collection<DesiredRow> rows) {
        return decide(rows.stream()
                .filter(row -> row.table() == Acl.TABLE)
                .map(Rule::of)
                .toList());
    }

    /** One of which it cannot be told whether it fits counts where it would do otherwise than what decides without it. */
    private Verdict decide(List<Rule> rules) {
        Optional<Rule> perhaps = Optional.empty();
        for (var rule : rules.stream()
                .sorted(Comparator.comparingLong(Rule::priority).reversed().thenComparing(Rule::id))
                .toList()) {
            var fits = Match.of(rule.match(), packet, this::members);
            if (fits == Fits.NO) {
                continue;
            }
            if (perhaps.isPresent() && perhaps.get().drops() != rule.drops()) {
                return new Verdict(Fits.UNKNOWN, perhaps);
            }
            if (fits == Fits.YES) {
                return new Verdict(Fits.of(rule.drops()), Optional.of(rule));
            }
            perhaps = Optional.of(rule);
        }
        return perhaps.filter(Rule::drops).isPresent()
                ? new Verdict(Fits.UNKNOWN, perhaps)
                : new Verdict(Fits.NO, Optional.empty());
    }

    /** What sets have in them, those too that ovn-northd keeps of the addresses of port groups. */
    private Optional<Set<String>> members(String name) {
        if (name.startsWith("@")) {
            return Optional.of(
                    group.filter(own -> name.equals("@" + own)).isPresent() ? Set.of(packet.inport()) : Set.of());
        }
        if (view.addressSet(name).isPresent()) {
            return Optional.of(view.addresses(name));
        }
        var end = "_" + packet.source().family().matchField();
        if (name.endsWith(end)) {
            return Optional.of(
                    group.filter(own -> name.equals(own + end)).isPresent()
                            ? Set.of(packet.source().text())
                            : Set.of());
        }
        return Optional.empty();
    }
}
