package io.ovnegress.reconciler.northbound;

import io.ovnegress.ovsdb.nb.AddressSet;
import io.ovnegress.ovsdb.nb.LogicalRouter;
import io.ovnegress.ovsdb.nb.LogicalRouterPort;
import io.ovnegress.ovsdb.nb.LogicalSwitch;
import io.ovnegress.ovsdb.nb.LogicalSwitchPort;
import io.ovnegress.ovsdb.replica.MonitorSpec;
import io.ovnegress.ovsdb.replica.Replica;
import io.ovnegress.ovsdb.replica.ReplicaCopy;
import io.ovnegress.ovsdb.replica.ReplicaListener;
import io.ovnegress.ovsdb.replica.TableUpdates;
import io.ovnegress.ovsdb.row.Column;
import io.ovnegress.ovsdb.row.Reference;
import io.ovnegress.ovsdb.row.Row;
import io.ovnegress.ovsdb.row.Table;
import io.ovnegress.ovsdb.schema.ServerSchema;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * The replica as decisions look at it: rows by owner, parents by child, routers, switches, ports and address sets by name. Every
 * look-up costs the same however many rows there are. Not thread safe.
 */
public final class NorthboundView {

    /** Tells whose row this is, from the row alone; no owner for rows that are none of our business. */
    public interface Claims {
        Optional<Owner> ownerOf(Row row);

        /**
         * The owner of an element of a set of ours that several owners share: of a text, or of a UUID in a weak reference. What
         * hangs on a strong one is a row with an owner of its own.
         */
        Optional<Owner> ownerOfMember(Row set, Column<? extends Set<?>> column, Object member);
    }

    /** Is told what changed, after the view has changed. */
    public interface Listener {
        /** @param table that of the owner's row, or of the set that has a member of the owner's */
        void ownerChanged(Owner owner, Table table);

        /** A router, or a port of one, appeared, changed or went away. */
        void routerChanged(String name);

        void switchChanged(String name);

        /** A row of a table whose rows can have an owner appeared, changed or went away, whoever's it is. */
        void rowChanged(Optional<Row> before, Optional<Row> after);

        /** A port of a switch that is monitored appeared, changed or went away. */
        void switchPortChanged(Optional<Row> before, Optional<Row> after);

        /** A row with an owner appeared, changed or went away, or its place did; for indexes beside this view. */
        void ownedRowChanged(Optional<Row> before, Optional<Row> after);

        void ownedRowAttached(Row row, UUID parent);

        void ownedRowDetached(Row row, UUID parent);
    }

    private record Place(Column<?> column, UUID row) {}

    private static final Row[] NO_ROWS = {};
    /** What rows of owners hang on. */
    private static final Set<Table> STRUCTURE =
            Set.of(LogicalRouter.TABLE, LogicalSwitch.TABLE, LogicalRouterPort.TABLE, LogicalSwitchPort.TABLE);

    private final MonitorSpec spec;
    private Replica replica;
    private Optional<ServerSchema> schema = Optional.empty();
    private final Claims claims;
    private final Listener listener;
    /** To be gone through in parts, between which it changes. */
    private final Map<Owner, Row[]> rowsByOwner = new ConcurrentHashMap<>();

    private final Map<UUID, Owner> owners = new HashMap<>();
    /** The attachment of each child row, or a set of them: most rows have one. */
    private final Map<UUID, Object> parents = new HashMap<>();
    /** Of sets in which owners have members those that are the set's own owner's; only of sets that have some. */
    private final Map<Place, Set<Object>> ownMembers = new HashMap<>();
    /** One object for all children of a parent. */
    private final Map<Attachment, Attachment> attachments = new HashMap<>();

    private final Map<String, NavigableSet<UUID>> routers = new HashMap<>();
    private final Map<String, NavigableSet<UUID>> switches = new HashMap<>();
    private final Map<String, Row> ports = new HashMap<>();
    private final Map<String, UUID> addressSets = new HashMap<>();
    private final ReplicaEvents events = new ReplicaEvents();

    public NorthboundView(MonitorSpec spec, Claims claims, Listener listener) {
        this.spec = spec;
        this.replica = new Replica(spec);
        this.claims = claims;
        this.listener = listener;
    }

    /** Says what the server has whose updates come next. */
    public void serve(ServerSchema serverSchema) {
        schema = Optional.of(serverSchema);
        replica.serve(serverSchema);
    }

    /** What the server has; empty before the first one. */
    public Optional<ServerSchema> schema() {
        return schema;
    }

    /** Forgets everything, without telling anybody: what is here may be wrong. A complete update must follow. */
    public void forget() {
        replica = new Replica(spec);
        rowsByOwner.clear();
        owners.clear();
        parents.clear();
        attachments.clear();
        ownMembers.clear();
        routers.clear();
        switches.clear();
        ports.clear();
        addressSets.clear();
    }

    public void apply(TableUpdates updates) {
        replica.apply(updates, events);
    }

    /** The rows of an owner, in no particular order. */
    public List<Row> rowsOf(Owner owner) {
        return List.of(rowsByOwner.getOrDefault(owner, NO_ROWS));
    }

    public boolean hasRows(Owner owner) {
        return rowsByOwner.containsKey(owner);
    }

    /** Whose row this is. */
    public Optional<Owner> ownerOf(UUID row) {
        return Optional.ofNullable(owners.get(row));
    }

    /** The owners that have rows. A live view: an iterator tells none twice, and of those that come or go meanwhile some or none. */
    public Set<Owner> owners() {
        return Collections.unmodifiableSet(rowsByOwner.keySet());
    }

    public Optional<Row> row(Table table, UUID id) {
        return replica.row(table, id);
    }

    /** Where the row is attached: nowhere, in one place, or in several, in no particular order. */
    @SuppressWarnings("unchecked")
    public List<Attachment> parentsOf(UUID child) {
        var parent = parents.get(child);
        if (parent == null) {
            return List.of();
        }
        return parent instanceof Attachment attachment ? List.of(attachment) : List.copyOf((Set<Attachment>) parent);
    }

    /** The router of this name; of several (the name is no index) always the same one. */
    public Optional<UUID> router(String name) {
        return Optional.ofNullable(routers.get(name)).map(NavigableSet::first);
    }

    public Optional<UUID> logicalSwitch(String name) {
        return Optional.ofNullable(switches.get(name)).map(NavigableSet::first);
    }

    /** The router port of this name. */
    public Optional<Row> port(String name) {
        return Optional.ofNullable(ports.get(name));
    }

    /** {@code Logical_Router_Port.networks} of the port of this name; empty if there is no such port. */
    public Set<String> portNetworks(String name) {
        return port(name).map(port -> port.get(LogicalRouterPort.NETWORKS)).orElse(Set.of());
    }

    /** {@code Logical_Router_Port.networks} of all ports. */
    public Stream<String> portNetworks() {
        return ports.values().stream().flatMap(port -> port.get(LogicalRouterPort.NETWORKS).stream());
    }

    public Optional<Row> addressSet(String name) {
        return Optional.ofNullable(addressSets.get(name)).flatMap(id -> replica.row(AddressSet.TABLE, id));
    }

    /** The addresses in the set of this name; empty if there is no such set. A live view: do not keep it. */
    public Set<String> addresses(String name) {
        var id = addressSets.get(name);
        return id == null ? Set.of() : elements(AddressSet.ADDRESSES, id);
    }

    /**
     * Of the addresses in the set of this name those that are the set's own owner's, and nobody else's; none if there is no such set. A
     * live view. Costs the same however many there are of others.
     */
    @SuppressWarnings("unchecked") // elements are of their column's type
    public Set<String> ownAddresses(String name) {
        var id = addressSets.get(name);
        return id == null
                ? Set.of()
                : (Set<String>) (Set<?>) ownMembers.getOrDefault(new Place(AddressSet.ADDRESSES, id), Set.of());
    }

    /** The elements in a column that the monitor keeps element by element; none if there is no such row. A live view. */
    public <E> Set<E> elements(Column<Set<E>> column, UUID row) {
        return replica.elements(column, row);
    }

    /** The tables whose rows can have an owner. */
    public List<Table> ownedTables() {
        return spec.tables().keySet().stream()
                .filter(table -> !STRUCTURE.contains(table))
                .toList();
    }

    /** All rows of a table, whoever's they are. A live view, likewise. */
    public Collection<Row> rowsIn(Table table) {
        return replica.rows(table);
    }

    /** All rows as they are now. */
    public ReplicaCopy copy() {
        return replica.copy();
    }

    /** Whether the column's elements are kept one by one, see {@link #elements}. */
    public boolean isElementColumn(Column<?> column) {
        return spec.isElementColumn(column);
    }

    /** The columns of a table that are known. */
    public List<Column<?>> columns(Table table) {
        return spec.tables().get(table).columns();
    }

    /** How many rows of a table the replica holds. */
    public int rows(Table table) {
        return replica.rows(table).size();
    }

    /** How many rows the replica holds. */
    public int rows() {
        int rows = 0;
        for (var table : replica.spec().tables().keySet()) {
            rows += replica.rows(table).size();
        }
        return rows;
    }

    private static void add(Map<String, NavigableSet<UUID>> index, String name, UUID id) {
        index.computeIfAbsent(name, unused -> new TreeSet<>()).add(id);
    }

    private static void remove(Map<String, NavigableSet<UUID>> index, String name, UUID id) {
        index.computeIfPresent(name, (unused, ids) -> {
            ids.remove(id);
            return ids.isEmpty() ? null : ids;
        });
    }

    private final class ReplicaEvents implements ReplicaListener {
        @Override
        public void rowChanged(Optional<Row> before, Optional<Row> after) {
            var table = after.or(() -> before).orElseThrow().table();
            if (table == LogicalRouter.TABLE) {
                renamed(routers, LogicalRouter.NAME, before, after);
                before.ifPresent(row -> listener.routerChanged(row.get(LogicalRouter.NAME)));
                after.ifPresent(row -> listener.routerChanged(row.get(LogicalRouter.NAME)));
            } else if (table == LogicalSwitch.TABLE) {
                renamed(switches, LogicalSwitch.NAME, before, after);
                before.ifPresent(row -> listener.switchChanged(row.get(LogicalSwitch.NAME)));
                after.ifPresent(row -> listener.switchChanged(row.get(LogicalSwitch.NAME)));
            } else if (table == LogicalRouterPort.TABLE) {
                // A port that is made anew in one transaction may come before its predecessor goes.
                before.ifPresent(row -> ports.computeIfPresent(
                        row.get(LogicalRouterPort.NAME),
                        (name, port) -> port.id().equals(row.id()) ? null : port));
                after.ifPresent(row -> ports.put(row.get(LogicalRouterPort.NAME), row));
                before.ifPresent(row -> listener.routerChanged(row.get(LogicalRouterPort.NAME)));
                after.ifPresent(row -> listener.routerChanged(row.get(LogicalRouterPort.NAME)));
            } else if (table == LogicalSwitchPort.TABLE) {
                listener.switchPortChanged(before, after);
            } else if (table == AddressSet.TABLE) {
                before.ifPresent(row -> addressSets.remove(row.get(AddressSet.NAME), row.id()));
                after.ifPresent(row -> addressSets.put(row.get(AddressSet.NAME), row.id()));
            }
            ownedRowChanged(before, after);
        }

        private void renamed(
                Map<String, NavigableSet<UUID>> index, Column<String> name, Optional<Row> before, Optional<Row> after) {
            before.ifPresent(row -> remove(index, row.get(name), row.id()));
            after.ifPresent(row -> add(index, row.get(name), row.id()));
        }

        private void ownedRowChanged(Optional<Row> before, Optional<Row> after) {
            listener.rowChanged(before, after);
            var id = after.or(() -> before).orElseThrow().id();
            var ownerAfter = after.flatMap(claims::ownerOf);
            var ownerBefore =
                    Optional.ofNullable(ownerAfter.isPresent() ? owners.put(id, ownerAfter.get()) : owners.remove(id));
            ownerBefore.ifPresent(owner -> dropRow(owner, id));
            ownerAfter.ifPresent(
                    owner -> rowsByOwner.merge(owner, new Row[] {after.orElseThrow()}, ReplicaEvents::join));
            if (ownerBefore.isPresent() || ownerAfter.isPresent()) {
                listener.ownedRowChanged(
                        before.filter(row -> ownerBefore.isPresent()), after.filter(row -> ownerAfter.isPresent()));
            }
            var table = after.or(() -> before).orElseThrow().table();
            if (before.isPresent()) {
                after.ifPresent(this::tellOwnMembers);
            }
            ownerBefore.ifPresent(owner -> listener.ownerChanged(owner, table));
            ownerAfter
                    .filter(owner -> !Optional.of(owner).equals(ownerBefore))
                    .ifPresent(owner -> listener.ownerChanged(owner, table));
        }

        private void dropRow(Owner owner, UUID id) {
            rowsByOwner.computeIfPresent(owner, (unused, rows) -> {
                if (rows.length == 1) {
                    return rows[0].id().equals(id) ? null : rows;
                }
                var left = new ArrayList<Row>(rows.length);
                for (var row : rows) {
                    if (!row.id().equals(id)) {
                        left.add(row);
                    }
                }
                return left.toArray(NO_ROWS);
            });
        }

        private static Row[] join(Row[] some, Row[] more) {
            var all = java.util.Arrays.copyOf(some, some.length + more.length);
            System.arraycopy(more, 0, all, some.length, more.length);
            return all;
        }

        @Override
        public void elementAdded(Column<? extends Set<?>> column, UUID row, Object element) {
            var reference = column.reference();
            if (reference.isPresent()) {
                var child = (UUID) element;
                parents.merge(child, attachment(column, row), ReplicaEvents::alsoAttached);
                var owner = owners.get(child);
                if (owner != null) {
                    replica.row(column.target(), child).ifPresent(owned -> listener.ownedRowAttached(owned, row));
                    listener.ownerChanged(owner, column.target());
                }
            }
            if (isMember(column)) {
                memberChanged(column, row, element, true);
            }
        }

        @Override
        public void elementRemoved(Column<? extends Set<?>> column, UUID row, Object element) {
            var reference = column.reference();
            if (reference.isPresent()) {
                var child = (UUID) element;
                parents.computeIfPresent(child, (unused, where) -> without(where, attachment(column, row)));
                var owner = owners.get(child);
                if (owner != null) {
                    replica.row(column.target(), child).ifPresent(owned -> listener.ownedRowDetached(owned, row));
                    listener.ownerChanged(owner, column.target());
                }
            }
            if (isMember(column)) {
                memberChanged(column, row, element, false);
            }
        }

        /** What hangs on a strong reference is a row with an owner of its own. */
        private static boolean isMember(Column<?> column) {
            return column.reference().filter(Reference::isStrong).isEmpty();
        }

        @SuppressWarnings("unchecked")
        private Attachment attachment(Column<? extends Set<?>> column, UUID parent) {
            var attachment = new Attachment((Column<Set<UUID>>) column, parent);
            return attachments.computeIfAbsent(attachment, Function.identity());
        }

        @SuppressWarnings("unchecked")
        private static Object alsoAttached(Object there, Object here) {
            if (there instanceof Attachment attachment) {
                return new HashSet<>(List.of(attachment, (Attachment) here));
            }
            ((Set<Attachment>) there).add((Attachment) here);
            return there;
        }

        @SuppressWarnings({"unchecked", "NullAway"})
        private static Object without(Object where, Attachment gone) {
            if (where instanceof Attachment attachment) {
                return attachment.equals(gone) ? null : where;
            }
            var left = (Set<Attachment>) where;
            left.remove(gone);
            return left.size() == 1 ? left.iterator().next() : left;
        }

        private void memberChanged(Column<? extends Set<?>> column, UUID set, Object member, boolean isThere) {
            var owner = replica.row(column.table(), set).flatMap(row -> claims.ownerOfMember(row, column, member));
            if (isThere && owner.isPresent() && owner.get().equals(owners.get(set))) {
                ownMembers
                        .computeIfAbsent(new Place(column, set), unused -> new HashSet<>())
                        .add(member);
            } else {
                ownMembers.computeIfPresent(new Place(column, set), (unused, members) -> {
                    members.remove(member);
                    return members.isEmpty() ? null : members;
                });
            }
            owner.ifPresent(changed -> listener.ownerChanged(changed, column.table()));
        }

        /** Whose a member is depends on what the set is called. */
        @SuppressWarnings("unchecked") // an element column is a set column
        private void tellOwnMembers(Row set) {
            for (var column : set.table().columns()) {
                if (spec.isElementColumn(column) && isMember(column)) {
                    var members = (Column<Set<Object>>) column;
                    ownMembers.remove(new Place(column, set.id()));
                    Optional.ofNullable(owners.get(set.id())).ifPresent(owner -> {
                        for (var member : replica.elements(members, set.id())) {
                            if (claims.ownerOfMember(set, members, member)
                                    .filter(owner::equals)
                                    .isPresent()) {
                                ownMembers
                                        .computeIfAbsent(new Place(column, set.id()), unused -> new HashSet<>())
                                        .add(member);
                            }
                        }
                    });
                }
            }
        }
    }
}
