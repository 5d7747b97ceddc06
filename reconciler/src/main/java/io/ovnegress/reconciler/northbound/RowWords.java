package io.ovnegress.reconciler.northbound;

import io.ovnegress.ovsdb.nb.AddressSet;
import io.ovnegress.ovsdb.nb.LogicalRouterPolicy;
import io.ovnegress.ovsdb.nb.Nat;
import io.ovnegress.ovsdb.nb.Qos;
import io.ovnegress.ovsdb.row.Cell;
import io.ovnegress.ovsdb.row.Column;
import io.ovnegress.ovsdb.row.Row;
import io.ovnegress.ovsdb.row.Table;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Rows in words for people: what they are for and where they are instead of their UUIDs, and what was wrong with them. To be asked
 * before what is said of them changes.
 */
public final class RowWords {
    private static final int VALUE_LIMIT = 80;
    private static final int MEMBERS_NAMED = 3;

    private final NorthboundView view;

    public RowWords(NorthboundView view) {
        this.view = view;
    }

    /** What was wrong where these changes put it right. */
    public List<Damage> damage(List<RowChange> changes) {
        var damage = new ArrayList<Damage>();
        var kept = new HashMap<UUID, Attachment>();
        for (var change : changes) {
            if (change instanceof RowChange.Attach(var attachment, var child)) {
                kept.put(child, attachment);
            }
        }
        for (var change : changes) {
            switch (change) {
                case RowChange.Insert(var row) ->
                    damage.add(new Damage(Damage.Kind.Missing, words(row), "was missing"));
                case RowChange.Update(var row, var cells) ->
                    damage.add(new Damage(
                            Damage.Kind.Changed,
                            words(row) + places(row.id()),
                            "had "
                                    + cells.stream()
                                            .map(cell -> difference(row, cell))
                                            .collect(Collectors.joining(" and "))));
                case RowChange.Attach(var attachment, var child) -> {
                    if (view.parentsOf(child).isEmpty()) {
                        damage.add(new Damage(
                                Damage.Kind.Misplaced, child(attachment, child), "was not" + on(attachment)));
                    }
                }
                case RowChange.Rely(var attachment) -> {
                    // Nothing was wrong there.
                }
                case RowChange.Insist(var row) -> {
                    // Nor here.
                }
                case RowChange.Detach(var attachment, var child) ->
                    damage.add(
                            kept.containsKey(child)
                                    ? misplaced(child, attachment, kept.get(child))
                                    : new Damage(
                                            Damage.Kind.Unwanted,
                                            child(attachment, child) + on(attachment),
                                            "was not wanted"));
                case RowChange.Delete(var row) ->
                    damage.add(new Damage(Damage.Kind.Unwanted, words(row), "was not wanted"));
                case RowChange.Members<?>(var column, var id, var add, var remove) -> {
                    var set = words(column.table(), id);
                    if (!add.isEmpty()) {
                        damage.add(new Damage(Damage.Kind.Changed, set, "lacked " + named(add)));
                    }
                    if (!remove.isEmpty()) {
                        damage.add(new Damage(Damage.Kind.Changed, set, "had " + named(remove) + " too many"));
                    }
                }
            }
        }
        return damage;
    }

    private Damage misplaced(UUID row, Attachment place, Attachment wanted) {
        boolean both = view.parentsOf(row).contains(wanted);
        return new Damage(
                Damage.Kind.Misplaced,
                child(place, row),
                "was" + on(place) + (both ? " besides being" : " instead of") + on(wanted));
    }

    private String words(DesiredRow row) {
        var cells = new HashMap<Column<?>, Object>();
        row.cells().forEach(cell -> cells.put(cell.column(), cell.value()));
        return words(row.table(), row.name(), cells::get)
                + row.attachments().stream().map(this::on).collect(Collectors.joining(" and"));
    }

    private static String words(Row row) {
        return words(row.table(), row.id().toString(), row::get);
    }

    private String child(Attachment attachment, UUID id) {
        return words(attachment.column().target(), id);
    }

    private String words(Table table, UUID id) {
        return view.row(table, id).map(RowWords::words).orElse("a row that is gone");
    }

    private static String words(Table table, String otherwise, Function<Column<?>, Object> cell) {
        if (table == Nat.TABLE) {
            return "NAT of " + text(cell.apply(Nat.LOGICAL_IP)) + " as " + text(cell.apply(Nat.EXTERNAL_IP));
        }
        if (table == LogicalRouterPolicy.TABLE) {
            return "policy " + cell.apply(LogicalRouterPolicy.PRIORITY) + " '"
                    + text(cell.apply(LogicalRouterPolicy.MATCH)) + "'";
        }
        if (table == Qos.TABLE) {
            return "QoS " + cell.apply(Qos.PRIORITY) + " '" + text(cell.apply(Qos.MATCH)) + "'";
        }
        if (table == AddressSet.TABLE) {
            return "address set " + text(cell.apply(AddressSet.NAME));
        }
        return table.name() + " "
                + table.nameColumn().map(cell).map(RowWords::text).orElse(otherwise);
    }

    private String places(UUID row) {
        return view.parentsOf(row).stream().map(this::on).collect(Collectors.joining(" and"));
    }

    private String on(Attachment attachment) {
        var table = attachment.column().table();
        return " on "
                + view.row(table, attachment.parent())
                        .flatMap(row -> table.nameColumn().map(row::get))
                        .map(RowWords::text)
                        .orElse(attachment.parent().toString());
    }

    private static String difference(Row row, Cell<?> cell) {
        Object actual = row.get(cell.column());
        Object wanted = cell.value();
        if (actual instanceof Map<?, ?> before && wanted instanceof Map<?, ?> after) {
            actual = without(before, after);
            wanted = without(after, before);
        }
        return cell.column().name() + " '" + text(actual) + "' instead of '" + text(wanted) + "'";
    }

    /** What the other one does not hold. */
    private static Map<Object, Object> without(Map<?, ?> map, Map<?, ?> other) {
        var left = new TreeMap<Object, Object>();
        map.forEach((key, value) -> {
            if (!value.equals(other.get(key))) {
                left.put(key, value);
            }
        });
        return left;
    }

    private static String text(Object value) {
        var text = value instanceof Collection<?> elements
                ? elements.stream().map(Object::toString).sorted().collect(Collectors.joining(","))
                : value.toString();
        return PrintableText.of(text, VALUE_LIMIT);
    }

    private static String named(Collection<?> members) {
        var named = members.stream()
                .map(Object::toString)
                .sorted()
                .limit(MEMBERS_NAMED)
                .map(RowWords::text)
                .collect(Collectors.joining(", "));
        int more = members.size() - MEMBERS_NAMED;
        return more > 0 ? named + " and " + more + " more" : named;
    }
}
