package io.ovnegress.reconciler;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.ovsdb.nb.Acl;
import io.ovnegress.ovsdb.nb.AddressSet;
import io.ovnegress.ovsdb.nb.Bfd;
import io.ovnegress.ovsdb.nb.LoadBalancer;
import io.ovnegress.ovsdb.nb.LoadBalancerGroup;
import io.ovnegress.ovsdb.nb.LogicalRouter;
import io.ovnegress.ovsdb.nb.LogicalRouterPolicy;
import io.ovnegress.ovsdb.nb.LogicalSwitch;
import io.ovnegress.ovsdb.nb.LogicalSwitchPort;
import io.ovnegress.ovsdb.nb.PortGroup;
import io.ovnegress.ovsdb.operation.Operation;
import io.ovnegress.ovsdb.replica.MonitorSpec;
import io.ovnegress.ovsdb.replica.TableUpdates;
import io.ovnegress.ovsdb.row.Cell;
import io.ovnegress.ovsdb.row.Column;
import io.ovnegress.ovsdb.row.Row;
import io.ovnegress.ovsdb.row.Table;
import io.ovnegress.ovsdb.schema.ServerSchema;
import io.ovnegress.reconciler.machine.CommitOutcome;
import io.ovnegress.reconciler.northbound.Attachment;
import io.ovnegress.reconciler.northbound.DesiredRow;
import io.ovnegress.reconciler.northbound.HiddenRows;
import io.ovnegress.reconciler.northbound.Marks;
import io.ovnegress.reconciler.northbound.NorthboundView;
import io.ovnegress.reconciler.northbound.Owner;
import io.ovnegress.reconciler.northbound.RowChange;
import io.ovnegress.reconciler.northbound.RowDiffer;
import io.ovnegress.reconciler.northbound.TransactionPlanner;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * A cluster with a router, two switches and a port on each, and a writer of one owner's rows: access control lists, port groups and
 * load balancers, which hang on several rows, on weak references, or on rows without a name. View, difference and planner without
 * the machine around them.
 */
public final class SharedRows {
    private static final Table[] TABLES = {
        LogicalRouter.TABLE,
        LogicalRouterPolicy.TABLE,
        LogicalSwitch.TABLE,
        LogicalSwitchPort.TABLE,
        PortGroup.TABLE,
        Acl.TABLE,
        LoadBalancer.TABLE,
        LoadBalancerGroup.TABLE,
        AddressSet.TABLE,
        Bfd.TABLE
    };
    private static final Owner OWNER = new Toy("rows");

    record Toy(String text) implements Owner {
        @Override
        public String feature() {
            return "toy";
        }
    }

    final FakeNorthbound database;
    final NorthboundView view;
    /** Owners that were told of a change, members as switches. */
    final Set<Owner> told = new LinkedHashSet<>();

    UUID router;
    UUID policy;
    UUID switch1;
    UUID switch2;
    UUID port1;
    UUID port2;

    private final ServerSchema schema;
    private final RowDiffer differ;
    private final List<TableUpdates> unseen = new ArrayList<>();
    private List<Operation> sent = List.of();

    /** @param journal is told everything that is done to the database */
    SharedRows(ServerSchema schema, FakeNorthbound.Journal journal) {
        this.schema = schema;
        database = new FakeNorthbound(schema, monitored());
        database.tamper(() -> {
            router = database.insert(LogicalRouter.TABLE, Cell.of(LogicalRouter.NAME, "router"));
            policy = database.insert(
                    LogicalRouterPolicy.TABLE,
                    Cell.of(LogicalRouterPolicy.MATCH, "ip4"),
                    Cell.of(LogicalRouterPolicy.ACTION, "allow"));
            database.addTo(LogicalRouter.POLICIES, router, policy);
            switch1 = database.insert(LogicalSwitch.TABLE, Cell.of(LogicalSwitch.NAME, "switch1"));
            switch2 = database.insert(LogicalSwitch.TABLE, Cell.of(LogicalSwitch.NAME, "switch2"));
            port1 = database.insert(LogicalSwitchPort.TABLE, Cell.of(LogicalSwitchPort.NAME, "port1"));
            port2 = database.insert(LogicalSwitchPort.TABLE, Cell.of(LogicalSwitchPort.NAME, "port2"));
            database.addTo(LogicalSwitch.PORTS, switch1, port1);
            database.addTo(LogicalSwitch.PORTS, switch2, port2);
        });
        database.keep(journal);
        view = new NorthboundView(monitored(), new OurClaims(), new Recorder());
        differ = new RowDiffer(view);
        view.serve(schema);
        view.apply(database.everything());
    }

    private static MonitorSpec monitored() {
        var spec = MonitorSpec.builder();
        for (var table : TABLES) {
            spec.table(table, table.columns());
            spec.optional(table.columns().toArray(Column<?>[]::new));
        }
        return spec.elementsOf(PortGroup.ACLS)
                .elementsOf(PortGroup.PORTS)
                .elementsOf(LogicalSwitch.ACLS)
                .elementsOf(LogicalSwitch.LOAD_BALANCER)
                .elementsOf(LogicalRouter.LOAD_BALANCER)
                .elementsOf(LogicalRouter.LOAD_BALANCER_GROUP)
                .elementsOf(LogicalRouterPolicy.BFD_SESSIONS)
                .elementsOf(LoadBalancerGroup.LOAD_BALANCER)
                .elementsOf(AddressSet.ADDRESSES)
                .build();
    }

    static DesiredRow acl(String match, Attachment... places) {
        return row(
                "acl",
                Cell.of(Acl.PRIORITY, 1000L),
                List.of(
                        Cell.of(Acl.DIRECTION, "to-lport"),
                        Cell.of(Acl.MATCH, match),
                        Cell.of(Acl.ACTION, "allow"),
                        Cell.of(Acl.PRIORITY, 1000L)),
                places);
    }

    static DesiredRow portGroup(String name) {
        return named(PortGroup.NAME, name);
    }

    static DesiredRow addressSet(String name) {
        return named(AddressSet.NAME, name);
    }

    static DesiredRow loadBalancerGroup(Attachment... places) {
        return named(LoadBalancerGroup.NAME, "group", places);
    }

    static DesiredRow loadBalancer(String backend, Attachment... places) {
        var name = Cell.of(LoadBalancer.NAME, "balancer");
        return row(
                "balancer", name, List.of(name, Cell.of(LoadBalancer.VIPS, Map.of("10.96.0.1:80", backend))), places);
    }

    static DesiredRow bfd(long minRx, Attachment... places) {
        var port = Cell.of(Bfd.LOGICAL_PORT, "port1");
        return row(
                "bfd",
                port,
                List.of(port, Cell.of(Bfd.DST_IP, "172.18.0.1"), Cell.of(Bfd.MIN_RX, Set.of(minRx))),
                places);
    }

    private static DesiredRow named(Column<String> column, String text, Attachment... places) {
        var name = Cell.of(column, text);
        return row(text, name, List.of(name), places);
    }

    private static DesiredRow row(String id, Cell<?> identity, List<Cell<?>> cells, Attachment... places) {
        var table = identity.column().table();
        return new DesiredRow(
                table,
                id,
                List.of(places),
                identity,
                cells,
                List.of(),
                table.externalIds().isPresent()
                        ? Map.of(Marks.ID_KEY, id, Marks.OWNER_KEY, "Toy")
                        : Map.of()); // load balancer groups are told by their name
    }

    /** Makes the owner's rows these, of which it knows what it was told until now, and tells it what became of that. */
    CommitOutcome write(DesiredRow... rows) {
        return write(List.of(), rows);
    }

    CommitOutcome write(List<RowChange> members, DesiredRow... rows) {
        return commit(plan(members, rows));
    }

    List<Operation> plan(List<RowChange> members, DesiredRow... rows) {
        var planner = new TransactionPlanner(schema, view, new HiddenRows());
        planner.add(0, differ.changes(List.of(rows), view.rowsOf(OWNER)));
        planner.add(1, members);
        return planner.plan().operations();
    }

    /** Commits, and sees what has happened up to then. */
    CommitOutcome commit(List<Operation> operations) {
        sent = operations;
        var commit = database.commit(operations);
        unseen.forEach(view::apply);
        unseen.clear();
        if (commit.outcome() instanceof CommitOutcome.Committed) {
            view.apply(commit.updates());
        }
        return commit.outcome();
    }

    /** What somebody else does, and the writer does not know until its next transaction has ended. */
    void meanwhile(Runnable change) {
        unseen.add(database.tamper(change));
    }

    /** The transaction that was sent last. */
    List<Operation> sent() {
        return sent;
    }

    ServerSchema schema() {
        return schema;
    }

    /** Whether there is nothing to do for these rows. */
    void assertSettled(DesiredRow... rows) {
        assertThat(plan(List.of(), rows)).isEmpty();
    }

    private static final class OurClaims implements NorthboundView.Claims {
        @Override
        public Optional<Owner> ownerOf(Row row) {
            boolean ours = row.table() == LoadBalancerGroup.TABLE
                    || row.table()
                            .externalIds()
                            .filter(column -> row.get(column).containsKey(Marks.ID_KEY))
                            .isPresent();
            return ours ? Optional.of(OWNER) : Optional.empty();
        }

        @Override
        public Optional<Owner> ownerOfMember(Row set, Column<? extends Set<?>> column, Object member) {
            return Optional.of(new Toy(member + " of " + column));
        }
    }

    private final class Recorder implements NorthboundView.Listener {
        @Override
        public void ownerChanged(Owner owner, Table table) {
            told.add(owner);
        }

        @Override
        public void routerChanged(String name) {}

        @Override
        public void switchChanged(String name) {}

        @Override
        public void switchPortChanged(Optional<Row> before, Optional<Row> after) {}

        @Override
        public void rowChanged(Optional<Row> before, Optional<Row> after) {}

        @Override
        public void ownedRowChanged(Optional<Row> before, Optional<Row> after) {}

        @Override
        public void ownedRowAttached(Row row, UUID parent) {}

        @Override
        public void ownedRowDetached(Row row, UUID parent) {}
    }
}
