package io.ovnegress.controller.loop;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.ovnegress.controller.ProcessExit;
import io.ovnegress.controller.TestingClock;
import io.ovnegress.controller.history.History;
import io.ovnegress.controller.metrics.ControllerMetrics;
import io.ovnegress.ovsdb.operation.OvsdbError;
import io.ovnegress.ovsdb.replica.RowUpdate;
import io.ovnegress.ovsdb.replica.TableUpdates;
import io.ovnegress.ovsdb.row.Column;
import io.ovnegress.ovsdb.row.Table;
import io.ovnegress.ovsdb.schema.ServerSchema;
import io.ovnegress.reconciler.feature.Feature;
import io.ovnegress.reconciler.feature.HostNames;
import io.ovnegress.reconciler.feature.NodeProbes;
import io.ovnegress.reconciler.feature.PoolWrites;
import io.ovnegress.reconciler.feature.StatusChange;
import io.ovnegress.reconciler.feature.SubnetFindings;
import io.ovnegress.reconciler.feature.egressip.EgressIpInput;
import io.ovnegress.reconciler.feature.egressip.status.EgressIpShortfall;
import io.ovnegress.reconciler.input.InputChange;
import io.ovnegress.reconciler.input.InputKind;
import io.ovnegress.reconciler.input.InputObject;
import io.ovnegress.reconciler.machine.CommitOutcome;
import io.ovnegress.reconciler.machine.Reconciler;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** A loop with everything around it in memory, turned by hand. */
public final class LoopFixture {
    static final List<InputKind> KINDS =
            List.of(EgressIpInput.KIND, InputKind.NAMESPACE, InputKind.POD, InputKind.NODE);

    private static final int MAX_ROWS = 100;

    public final TestingClock clock = new TestingClock();
    public final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    public final ProcessExit exit = new ProcessExit();
    public final LoopInbox inbox = new LoopInbox(clock);
    final ToyFeature toys = new ToyFeature();
    private final List<Feature> features;
    final FakeDatabase database = new FakeDatabase();
    final List<String> relists = new ArrayList<>();
    final List<StatusChange> status = new ArrayList<>();
    final List<HostNames> names = new ArrayList<>();
    final List<PoolWrites> pools = new ArrayList<>();
    final List<NodeProbes> probes = new ArrayList<>();
    private final ControllerMetrics metrics = new ControllerMetrics(registry, EgressIpShortfall.LACKS);
    public final History history = new History(1_000_000);
    public final ReconcileLoop loop;

    /** With toys. */
    public LoopFixture() {
        this(List.of());
    }

    /** @param others instead of toys */
    public LoopFixture(List<Feature> others) {
        features = others.isEmpty() ? List.of(toys) : others;
        loop = new ReconcileLoop(
                inbox,
                new Reconciler(features, MAX_ROWS),
                database,
                new KeptStatuses(),
                probes::add,
                names::add,
                dials -> {},
                ClusterObjects.NONE,
                pools::add,
                new FaultPolicy(clock, metrics, database, relists::add, exit),
                metrics,
                history,
                clock);
    }

    /** Nothing is ever written: it waits. */
    private final class KeptStatuses implements Statuses {
        @Override
        public void write(StatusChange change) {
            status.add(change);
        }

        @Override
        public void forgetWaiting() {
            status.clear();
        }
    }

    private static final ServerSchema SCHEMA = new ServerSchema() {
        @Override
        public boolean has(Table table) {
            return true;
        }

        @Override
        public boolean has(Column<?> column) {
            return true;
        }

        @Override
        public boolean accepts(Column<?> column, String text) {
            return true;
        }
    };

    public List<Feature> features() {
        return features;
    }

    public void connect() {
        inbox.connected(SCHEMA);
    }

    /** The first, complete answer of the database. */
    public void synchronise() {
        inbox.updates(new TableUpdates(true, "first", List.of()));
    }

    public void list(InputKind kind) {
        inbox.input(new InputChange.Listed(kind, List.of()));
    }

    public void put(String... names) {
        for (var name : names) {
            inbox.input(new InputChange.Put(new ToyFeature.Toy(name), "17"));
        }
    }

    /** Those of the features too. */
    private Set<InputKind> kinds() {
        var kinds = new LinkedHashSet<>(KINDS);
        features.forEach(feature -> kinds.addAll(feature.inputs()));
        return kinds;
    }

    /** Of every kind these are all. */
    public void list(InputObject... objects) {
        for (var kind : kinds()) {
            inbox.input(new InputChange.Listed(
                    kind,
                    Stream.of(objects)
                            .filter(object -> object.kind().equals(kind))
                            .toList()));
        }
    }

    /** How many transactions have been sent. */
    public int sent() {
        return database.submitted.size();
    }

    /** Objects of any kind. */
    public void put(InputObject... objects) {
        for (var object : objects) {
            inbox.input(new InputChange.Put(object));
        }
    }

    public void turn() {
        try {
            loop.turn(Duration.ZERO);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Connected, read, every kind listed, and nothing to do. */
    public LoopFixture ready() {
        connect();
        synchronise();
        for (var kind : kinds()) {
            list(kind);
        }
        turn();
        toys.heard.clear();
        return this;
    }

    /** Its row has come into the database. */
    public void written(String name) {
        var row = ToyFeature.row(name);
        inbox.updates(new TableUpdates(
                false,
                TableUpdates.NO_TRANSACTION,
                List.of(new RowUpdate(row.table(), row.id(), RowUpdate.Kind.INSERT, row.copyOfCells()))));
    }

    public void commit() {
        database.commit();
    }

    /** The server says that it cannot write. */
    public void cannotWrite(String error) {
        put("one that finds the disk full");
        turn();
        database.end(new CommitOutcome.Unable(new OvsdbError("I/O error", error)));
    }

    /** This is what the cluster says to the flags. */
    public void found(SubnetFindings subnets) {
        toys.subnets = subnets;
    }
}
