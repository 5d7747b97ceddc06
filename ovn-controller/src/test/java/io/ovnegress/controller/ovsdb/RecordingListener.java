package io.ovnegress.controller.ovsdb;

import static io.ovnegress.controller.Eventually.eventually;

import io.ovnegress.ovsdb.nb.LogicalRouter;
import io.ovnegress.ovsdb.nb.Nat;
import io.ovnegress.ovsdb.replica.MonitorSpec;
import io.ovnegress.ovsdb.replica.Replica;
import io.ovnegress.ovsdb.replica.ReplicaListener;
import io.ovnegress.ovsdb.replica.TableUpdates;
import io.ovnegress.ovsdb.row.Column;
import io.ovnegress.ovsdb.row.Row;
import io.ovnegress.ovsdb.schema.ServerSchema;
import io.ovnegress.reconciler.machine.CommitOutcome;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Callable;

/** Writes down what a session says, and keeps a replica as the loop would. */
final class RecordingListener implements NbSession.Listener {
    sealed interface Event {
        record Connected(ServerSchema schema) implements Event {}

        record Updates(TableUpdates updates) implements Event {}

        record Disconnected(String reason) implements Event {}

        record Outcome(CommitOutcome outcome) implements Event {}
    }

    static final MonitorSpec SPEC = MonitorSpec.builder()
            .table(LogicalRouter.TABLE, List.of(LogicalRouter.NAME, LogicalRouter.NAT, LogicalRouter.EXTERNAL_IDS))
            .table(Nat.TABLE, List.of(Nat.TYPE, Nat.EXTERNAL_IP, Nat.LOGICAL_IP))
            .elementsOf(LogicalRouter.NAT)
            .build();
    private final Replica replica = new Replica(SPEC);
    private final List<Event> events = new ArrayList<>();
    private final Set<Thread> threads = new java.util.HashSet<>();

    @Override
    public void connected(ServerSchema schema) {
        add(new Event.Connected(schema));
    }

    @Override
    public synchronized void updates(TableUpdates updates) {
        add(new Event.Updates(updates));
        replica.apply(updates, new Deaf());
    }

    @Override
    public void disconnected(String reason) {
        add(new Event.Disconnected(reason));
    }

    void ended(CommitOutcome outcome) {
        add(new Event.Outcome(outcome));
    }

    private synchronized void add(Event event) {
        threads.add(Thread.currentThread());
        events.add(event);
    }

    synchronized List<Event> events() {
        return List.copyOf(events);
    }

    synchronized Set<Thread> threads() {
        return Set.copyOf(threads);
    }

    <E> List<E> events(Class<E> kind) {
        return events().stream().filter(kind::isInstance).map(kind::cast).toList();
    }

    synchronized Optional<String> nameOf(UUID router) {
        return replica.row(LogicalRouter.TABLE, router).map(row -> row.get(LogicalRouter.NAME));
    }

    synchronized List<String> routers() {
        return replica.rows(LogicalRouter.TABLE).stream()
                .map(row -> row.get(LogicalRouter.NAME))
                .sorted()
                .toList();
    }

    synchronized List<Row> rows() {
        return List.copyOf(replica.rows(LogicalRouter.TABLE));
    }

    static void until(Callable<Boolean> condition) {
        eventually().until(condition);
    }

    private static final class Deaf implements ReplicaListener {
        @Override
        public void rowChanged(Optional<Row> before, Optional<Row> after) {}

        @Override
        public void elementAdded(Column<? extends Set<?>> column, UUID row, Object element) {}

        @Override
        public void elementRemoved(Column<? extends Set<?>> column, UUID row, Object element) {}
    }
}
