package io.ovnegress.controller.loop;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.ovnegress.controller.ProcessExit;
import io.ovnegress.controller.TestingClock;
import io.ovnegress.controller.metrics.ControllerMetrics;
import io.ovnegress.ovsdb.replica.TableUpdates;
import io.ovnegress.ovsdb.row.Column;
import io.ovnegress.ovsdb.row.Table;
import io.ovnegress.ovsdb.schema.ServerSchema;
import io.ovnegress.reconciler.feature.StatusChange;
import io.ovnegress.reconciler.feature.SubnetFindings;
import io.ovnegress.reconciler.feature.egressip.EgressIpShortfall;
import io.ovnegress.reconciler.input.InputChange;
import io.ovnegress.reconciler.input.InputKind;
import io.ovnegress.reconciler.input.NamespaceInput;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A loop with everything around it in memory, turned by hand. */
public final class LoopFixture {
    public final TestingClock clock = new TestingClock();
    public final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    public final ProcessExit exit = new ProcessExit();
    public final LoopInbox inbox = new LoopInbox(clock);
    final ToyDecisions decisions = new ToyDecisions();
    final FakeDatabase database = new FakeDatabase();
    final List<String> relists = new ArrayList<>();
    final List<StatusChange> status = new ArrayList<>();
    private final ControllerMetrics metrics = new ControllerMetrics(registry, EgressIpShortfall.LACKS);
    public final ReconcileLoop loop = new ReconcileLoop(
            inbox,
            decisions,
            database,
            status::add,
            new FaultPolicy(clock, metrics, database, relists::add, exit),
            metrics,
            clock);

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

    public void put(String... namespaces) {
        for (var name : namespaces) {
            inbox.input(new InputChange.Put(new NamespaceInput(name, Map.of())));
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
        for (var kind : InputKind.core()) {
            list(kind);
        }
        turn();
        decisions.calls.clear();
        return this;
    }

    public void commit() {
        database.commit();
    }

    /** The server says that it cannot write. */
    public void cannotWrite(String error) {
        decisions.serverTrouble = error;
    }

    /** This is what the cluster says to the flags. */
    public void found(SubnetFindings subnets) {
        decisions.subnets = subnets;
    }
}
