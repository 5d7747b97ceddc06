package io.ovnegress.reconciler;

import com.fasterxml.jackson.databind.JsonNode;
import io.ovnegress.ovsdb.nb.AddressSet;
import io.ovnegress.ovsdb.nb.LogicalRouter;
import io.ovnegress.ovsdb.nb.LogicalRouterPolicy;
import io.ovnegress.ovsdb.nb.LogicalRouterPort;
import io.ovnegress.ovsdb.nb.LogicalSwitch;
import io.ovnegress.ovsdb.nb.Nat;
import io.ovnegress.ovsdb.nb.OvnNorthbound;
import io.ovnegress.ovsdb.nb.PortGroup;
import io.ovnegress.ovsdb.nb.Qos;
import io.ovnegress.ovsdb.row.AtomicType;
import io.ovnegress.ovsdb.row.Cell;
import io.ovnegress.ovsdb.row.Column;
import io.ovnegress.ovsdb.row.Row;
import io.ovnegress.ovsdb.row.Table;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/** What a scenario does to the database beside the controller, and the names by which it speaks of rows. */
final class ScenarioDatabase {
    private static final String ID_KEY = "ovn-egress.io/id";
    private static final Map<Table, Column<Set<UUID>>> PARENTS = Map.of(
            LogicalRouterPolicy.TABLE, LogicalRouter.POLICIES,
            Nat.TABLE, LogicalRouter.NAT,
            Qos.TABLE, LogicalSwitch.QOS_RULES);
    private static final List<Column<String>> NAMES =
            List.of(LogicalRouter.NAME, LogicalRouterPort.NAME, LogicalSwitch.NAME, AddressSet.NAME);
    private static final List<Column<Map<String, String>>> EXTERNAL_IDS =
            List.of(LogicalRouterPolicy.EXTERNAL_IDS, Nat.EXTERNAL_IDS, Qos.EXTERNAL_IDS, AddressSet.EXTERNAL_IDS);

    private final TestCluster cluster;
    private final boolean lenient;
    private final Map<String, Place> inserted = new HashMap<>();

    private record Place(Table table, UUID id) {}

    /** @param lenient whether changes of rows that are not there are passed over */
    ScenarioDatabase(TestCluster cluster, boolean lenient) {
        this.cluster = cluster;
        this.lenient = lenient;
    }

    void apply(Scenario.DatabaseChange change) {
        switch (change) {
            case Scenario.DatabaseChange.Topology(String name) -> appear(name);
            case Scenario.DatabaseChange.Group(String namespace) ->
                inserted.put(namespace, new Place(PortGroup.TABLE, cluster.portGroup(namespace)));
            case Scenario.DatabaseChange.Insert(String label, String tableName, String into, var cells) -> {
                var table = OvnNorthbound.table(tableName);
                var place = new Place(table, cluster.database.insert(table));
                inserted.put(label, place);
                set(place, cells);
                if (into != null) {
                    row(into).ifPresent(parent -> link(place, parent));
                }
            }
            case Scenario.DatabaseChange.Update(String row, var cells) ->
                row(row).ifPresent(place -> set(place, cells));
            case Scenario.DatabaseChange.Copy(String row, String into) ->
                row(row).ifPresent(place -> row(into).ifPresent(parent -> link(copy(place), parent)));
            case Scenario.DatabaseChange.Link(String row, String to) ->
                row(row).ifPresent(place -> row(to).ifPresent(parent -> link(place, parent)));
            case Scenario.DatabaseChange.Unlink(String row, String from) ->
                row(row).ifPresent(place -> row(from)
                        .ifPresent(
                                parent -> cluster.database.removeFrom(parentColumn(place), parent.id(), place.id())));
            case Scenario.DatabaseChange.Delete(String row) ->
                row(row).ifPresent(place -> {
                    cluster.database.delete(place.table(), place.id());
                    cluster.routers.values().remove(place.id());
                });
        }
    }

    void appear(String name) {
        if (name.startsWith("node")) {
            cluster.topology(Integer.parseInt(name.substring("node".length())));
        } else {
            cluster.router(name);
        }
    }

    /** What ovnkube-master writes of the nodes, and own routers of egress IPs are connected to. */
    void connectRouters(List<String> topology) {
        cluster.uplinks(topology.stream()
                .filter(name -> name.startsWith("node"))
                .mapToInt(name -> Integer.parseInt(name.substring("node".length())))
                .toArray());
    }

    private void link(Place child, Place parent) {
        cluster.database.addTo(parentColumn(child), parent.id(), child.id());
    }

    private static Column<Set<UUID>> parentColumn(Place child) {
        var column = PARENTS.get(child.table());
        if (column == null) {
            throw new AssertionError("rows of " + child.table() + " have no parent");
        }
        return column;
    }

    private Place copy(Place place) {
        var row = cluster.database.row(place.table(), place.id());
        var copy = new Place(place.table(), cluster.database.insert(place.table()));
        place.table().columns().forEach(column -> copyCell(row, column, copy));
        return copy;
    }

    private <T> void copyCell(Row row, Column<T> column, Place copy) {
        cluster.database.set(copy.table(), copy.id(), Cell.of(column, row.get(column)));
    }

    private void set(Place place, Map<String, JsonNode> cells) {
        cells.forEach((name, value) -> {
            var column = place.table().column(name);
            cluster.database.set(place.table(), place.id(), cell(column, value));
        });
    }

    @SuppressWarnings("unchecked") // the value is read by the column's type
    private static <T> Cell<T> cell(Column<T> column, JsonNode json) {
        if (column.isMap()) {
            var pairs = new HashMap<Object, Object>();
            json.properties()
                    .forEach(pair ->
                            pairs.put(pair.getKey(), atom(column.valueType().orElseThrow(), pair.getValue())));
            return Cell.of(column, (T) Map.copyOf(pairs));
        }
        if (column.isScalar()) {
            return Cell.of(column, (T) atom(column.keyType(), json));
        }
        var elements = new HashSet<Object>();
        json.forEach(element -> elements.add(atom(column.keyType(), element)));
        return Cell.of(column, (T) Set.copyOf(elements));
    }

    private static Object atom(AtomicType type, JsonNode json) {
        return switch (type) {
            case STRING -> json.asText();
            case INTEGER -> json.asLong();
            case BOOLEAN -> json.asBoolean();
            case REAL -> json.asDouble();
            case UUID -> UUID.fromString(json.asText());
        };
    }

    /** A row by its label in the file, its name, or the {@code ovn-egress.io/id} that the controller gave it. */
    private Optional<Place> row(String name) {
        var place = find(name);
        if (place.isEmpty() && !lenient) {
            throw new AssertionError("no row " + name);
        }
        return place;
    }

    private Optional<Place> find(String name) {
        var place = inserted.get(name);
        if (place != null) {
            return isThere(name) ? Optional.of(place) : Optional.empty();
        }
        for (var column : NAMES) {
            for (var row : cluster.database.rows(column.table())) {
                if (row.get(column).equals(name)) {
                    return Optional.of(new Place(row.table(), row.id()));
                }
            }
        }
        for (var column : EXTERNAL_IDS) {
            for (var row : cluster.database.rows(column.table())) {
                if (name.equals(row.get(column).get(ID_KEY))) {
                    return Optional.of(new Place(row.table(), row.id()));
                }
            }
        }
        return Optional.empty();
    }

    /** Whether the row that the file inserted under this label still is. */
    boolean isThere(String label) {
        var place = inserted.get(label);
        if (place == null) {
            throw new AssertionError("the file inserts no row " + label);
        }
        return cluster.database.rows(place.table()).stream()
                .anyMatch(row -> row.id().equals(place.id()));
    }

    /** Whether the row that the file inserted under this label is, or was, a NAT. */
    boolean isNat(String label) {
        return inserted.containsKey(label) && inserted.get(label).table() == Nat.TABLE;
    }
}
