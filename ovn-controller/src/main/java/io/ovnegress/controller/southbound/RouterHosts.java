package io.ovnegress.controller.southbound;

import io.ovnegress.controller.ovsdb.NbSession;
import io.ovnegress.ovsdb.operation.Operation.Condition;
import io.ovnegress.ovsdb.operation.Operation.Function;
import io.ovnegress.ovsdb.replica.MonitorSpec;
import io.ovnegress.ovsdb.replica.Replica;
import io.ovnegress.ovsdb.replica.ReplicaListener;
import io.ovnegress.ovsdb.replica.TableUpdates;
import io.ovnegress.ovsdb.row.BaseType;
import io.ovnegress.ovsdb.row.Column;
import io.ovnegress.ovsdb.row.Row;
import io.ovnegress.ovsdb.row.Table;
import io.ovnegress.ovsdb.schema.ServerSchema;
import io.ovnegress.reconciler.input.InputChange;
import io.ovnegress.reconciler.input.RouterHost;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;

/**
 * Follows which chassis has the redirect port of each router, and tells what has changed. One that nobody has at the moment is still
 * where it was: chassis hand it over. Called on the thread of the session.
 */
final class RouterHosts implements NbSession.Listener {
    /** Only what is needed of it: the database is a big one. */
    private static final Table PORT_BINDING = new Table("Port_Binding", true);

    private static final Table CHASSIS = new Table("Chassis", true);
    private static final Column<String> LOGICAL_PORT = PORT_BINDING.scalar("logical_port", BaseType.STRING);
    private static final Column<String> TYPE = PORT_BINDING.scalar("type", BaseType.STRING);
    private static final Column<Set<UUID>> ON_CHASSIS = PORT_BINDING.set("chassis", BaseType.weak(() -> CHASSIS), 0, 1);
    private static final Column<String> NAME = CHASSIS.scalar("name", BaseType.STRING);

    /** Before the name of the router's port: what ovn-northd calls the port that is where the router is. */
    private static final String REDIRECT_PREFIX = "cr-";

    static final MonitorSpec SPEC = MonitorSpec.builder()
            .table(
                    PORT_BINDING,
                    List.of(LOGICAL_PORT, TYPE, ON_CHASSIS),
                    List.of(new Condition(TYPE, Function.EQUALS, "chassisredirect")))
            .table(CHASSIS, List.of(NAME))
            .build();

    private final Consumer<InputChange> inbox;
    private final Replica replica = new Replica(SPEC);
    /** By router port. */
    private Map<String, String> told = Map.of();

    RouterHosts(Consumer<InputChange> inbox) {
        this.inbox = inbox;
    }

    @Override
    public void connected(ServerSchema schema) {
        replica.serve(schema);
    }

    @Override
    public void updates(TableUpdates updates) {
        replica.apply(updates, new Unheard());
        var now = hosts();
        now.forEach((port, chassis) -> {
            if (!chassis.equals(told.get(port))) {
                inbox.accept(new InputChange.Put(new RouterHost(port, chassis)));
            }
        });
        told.keySet().stream()
                .filter(port -> !now.containsKey(port))
                .forEach(port -> inbox.accept(new InputChange.Removed(RouterHost.KIND, port)));
        told = now;
    }

    private Map<String, String> hosts() {
        var hosts = new HashMap<String, String>();
        for (var binding : replica.rows(PORT_BINDING)) {
            var name = binding.get(LOGICAL_PORT);
            if (name.startsWith(REDIRECT_PREFIX)) {
                var port = name.substring(REDIRECT_PREFIX.length());
                binding.get(ON_CHASSIS).stream()
                        .flatMap(chassis -> replica.row(CHASSIS, chassis).stream())
                        .map(chassis -> chassis.get(NAME))
                        .findFirst()
                        .or(() -> Optional.ofNullable(told.get(port)))
                        .ifPresent(chassis -> hosts.put(port, chassis));
            }
        }
        return hosts;
    }

    /** What was told last is still the best that is known. */
    @Override
    public void disconnected(String reason) {}

    /** All of it is looked at after each message: there are few of these rows. */
    private static final class Unheard implements ReplicaListener {
        @Override
        public void rowChanged(Optional<Row> before, Optional<Row> after) {}

        @Override
        public void elementAdded(Column<? extends Set<?>> column, UUID row, Object element) {}

        @Override
        public void elementRemoved(Column<? extends Set<?>> column, UUID row, Object element) {}
    }
}
