package io.ovnegress.ovsdb.server;

import io.ovnegress.ovsdb.nb.AddressSet;
import io.ovnegress.ovsdb.nb.LoadBalancer;
import io.ovnegress.ovsdb.nb.LogicalRouter;
import io.ovnegress.ovsdb.nb.LogicalRouterPolicy;
import io.ovnegress.ovsdb.nb.Nat;
import io.ovnegress.ovsdb.nb.Qos;
import io.ovnegress.ovsdb.operation.Operation;
import io.ovnegress.ovsdb.operation.Operation.Mutation;
import io.ovnegress.ovsdb.operation.Operation.Mutator;
import io.ovnegress.ovsdb.operation.Operation.Where;
import io.ovnegress.ovsdb.replica.Replica;
import io.ovnegress.ovsdb.row.Cell;
import io.ovnegress.ovsdb.row.Column;
import io.ovnegress.ovsdb.row.Row;
import io.ovnegress.ovsdb.row.Table;
import io.ovnegress.ovsdb.schema.ServerSchema;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.UUID;

/** Random operations that the server takes, on the rows that a replica shows. The seed decides everything. */
final class RandomOperations {
    private static final List<Table> ROOTS = List.of(LogicalRouter.TABLE, AddressSet.TABLE, LoadBalancer.TABLE);
    private static final List<String> TEXTS = List.of(
            "", "a", "b", "c", "\\", "C:\\\\", "\"", "'", "{[", "\n\t\u0001", "\u00e9\u20ac\ud83d\ude00", "x y");

    private final Random random;
    private final Replica replica;
    private final ServerSchema schema;
    private int names;

    RandomOperations(long seed, Replica replica, ServerSchema schema) {
        this.random = new Random(seed);
        this.replica = replica;
        this.schema = schema;
    }

    /** Each row of the database is changed by at most one of them. */
    Operation[] next() {
        var operations = new ArrayList<Operation>();
        var used = new HashSet<UUID>();
        for (int i = random.nextInt(6); i >= 0; i--) {
            operations.addAll(one(used));
        }
        return operations.toArray(Operation[]::new);
    }

    private List<Operation> one(Set<UUID> used) {
        var table = pick(ROOTS);
        var row = rowOf(table);
        if (row == null || random.nextInt(6) == 0) {
            return List.of(new Operation.Insert(table, id(), cells(table)));
        }
        if (!used.add(row.id())) {
            return List.of();
        }
        var where = new Where.Id(row.id());
        return switch (random.nextInt(8)) {
            case 0 -> List.of(new Operation.Delete(table, where));
            case 1, 2 -> List.of(new Operation.Update(table, where, some(cells(table))));
            case 3 -> List.of(mutateMap(table, where));
            case 4 -> mutateAddresses(table, where);
            default -> children(table, row);
        };
    }

    /** NATs and policies come and go with the references to them, or are changed themselves. */
    private List<Operation> children(Table table, Row row) {
        if (table != LogicalRouter.TABLE) {
            return List.of();
        }
        var child = random.nextBoolean() ? Nat.TABLE : LogicalRouterPolicy.TABLE;
        var column = child == Nat.TABLE ? LogicalRouter.NAT : LogicalRouter.POLICIES;
        var held = List.copyOf(replica.elements(column, row.id()));
        var where = new Where.Id(row.id());
        if (!held.isEmpty() && random.nextInt(3) == 0) {
            return List.of(new Operation.Update(child, new Where.Id(pick(held)), some(cells(child))));
        }
        if (!held.isEmpty() && random.nextInt(3) == 0) {
            return List.of(new Operation.Mutate(
                    table, where, List.of(new Mutation(column, Mutator.DELETE, Set.copyOf(held.subList(0, 1))))));
        }
        var operations = new ArrayList<Operation>();
        var added = new HashSet<UUID>();
        for (int i = random.nextInt(4); i >= 0; i--) {
            added.add(id());
        }
        for (var id : added) {
            operations.add(new Operation.Insert(child, id, cells(child)));
        }
        operations.add(
                new Operation.Mutate(table, where, List.of(new Mutation(column, Mutator.INSERT, Set.copyOf(added)))));
        return operations;
    }

    private static Operation mutateMap(Column<?> column, Where where, Mutation... mutations) {
        return new Operation.Mutate(column.table(), where, List.of(mutations));
    }

    private Operation mutateMap(Table table, Where where) {
        var column = table.externalIds().orElseThrow();
        return mutateMap(
                column,
                where,
                new Mutation(column, Mutator.DELETE, random.nextBoolean() ? texts() : map()),
                new Mutation(column, Mutator.INSERT, map()));
    }

    private List<Operation> mutateAddresses(Table table, Where where) {
        if (table != AddressSet.TABLE) {
            return List.of();
        }
        return List.of(new Operation.Mutate(
                table,
                where,
                List.of(
                        new Mutation(AddressSet.ADDRESSES, Mutator.INSERT, texts()),
                        new Mutation(AddressSet.ADDRESSES, Mutator.DELETE, texts()))));
    }

    private List<Cell<?>> cells(Table table) {
        List<Cell<?>> cells = switch (table.name()) {
            case "Logical_Router" ->
                List.of(
                        Cell.of(LogicalRouter.NAME, text()),
                        Cell.of(LogicalRouter.ENABLED, optional(random.nextBoolean())),
                        Cell.of(LogicalRouter.OPTIONS, map()),
                        Cell.of(LogicalRouter.EXTERNAL_IDS, map()));
            case "Address_Set" ->
                List.of(
                        Cell.of(AddressSet.NAME, "set" + names++),
                        Cell.of(AddressSet.ADDRESSES, texts()),
                        Cell.of(AddressSet.EXTERNAL_IDS, map()));
            case "Load_Balancer" ->
                List.of(
                        Cell.of(LoadBalancer.NAME, text()),
                        Cell.of(LoadBalancer.VIPS, map()),
                        Cell.of(LoadBalancer.PROTOCOL, optional(pick(List.of("tcp", "udp")))),
                        Cell.of(
                                LoadBalancer.SELECTION_FIELDS,
                                random.nextBoolean() ? Set.of() : Set.of("ip_src", "tp_dst")));
            case "NAT" ->
                List.of(
                        Cell.of(Nat.TYPE, pick(List.of("snat", "dnat"))),
                        Cell.of(Nat.EXTERNAL_IP, text()),
                        Cell.of(Nat.LOGICAL_IP, text()),
                        Cell.of(Nat.LOGICAL_PORT, optional(text())),
                        Cell.of(Nat.MATCH, text()),
                        Cell.of(Nat.OPTIONS, map()),
                        Cell.of(Nat.EXTERNAL_IDS, map()));
            case "Logical_Router_Policy" ->
                List.of(
                        Cell.of(LogicalRouterPolicy.PRIORITY, (long) random.nextInt(32768)),
                        Cell.of(LogicalRouterPolicy.MATCH, text()),
                        Cell.of(LogicalRouterPolicy.ACTION, pick(List.of("allow", "reroute"))),
                        Cell.of(LogicalRouterPolicy.NEXTHOP, optional(text())),
                        Cell.of(LogicalRouterPolicy.NEXTHOPS, texts()),
                        Cell.of(LogicalRouterPolicy.EXTERNAL_IDS, map()));
            default -> throw new IllegalArgumentException(Qos.TABLE + " and others are not made here: " + table);
        };
        return cells.stream().filter(cell -> schema.has(cell.column())).toList();
    }

    private List<Cell<?>> some(List<Cell<?>> cells) {
        return cells.stream().filter(cell -> random.nextBoolean()).toList();
    }

    private Row rowOf(Table table) {
        var rows = replica.rows(table).stream()
                .sorted(java.util.Comparator.comparing(Row::id))
                .toList();
        return rows.isEmpty() ? null : pick(rows);
    }

    private <T> Set<T> optional(T value) {
        return random.nextBoolean() ? Set.of() : Set.of(value);
    }

    private Set<String> texts() {
        var texts = new HashSet<String>();
        for (int i = random.nextInt(5); i > 0; i--) {
            texts.add(text());
        }
        return Set.copyOf(texts);
    }

    private Map<String, String> map() {
        var map = new HashMap<String, String>();
        for (int i = random.nextInt(5); i > 0; i--) {
            map.put(text(), text());
        }
        return Map.copyOf(map);
    }

    private String text() {
        return pick(TEXTS);
    }

    private UUID id() {
        return new UUID(random.nextLong(), random.nextLong());
    }

    private <T> T pick(List<T> list) {
        return list.get(random.nextInt(list.size()));
    }
}
