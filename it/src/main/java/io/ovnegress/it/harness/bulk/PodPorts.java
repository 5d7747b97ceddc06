package io.ovnegress.it.harness.bulk;

import io.ovnegress.ovsdb.nb.LogicalSwitch;
import io.ovnegress.ovsdb.nb.LogicalSwitchPort;
import io.ovnegress.ovsdb.operation.Operation;
import io.ovnegress.ovsdb.operation.Operation.Mutation;
import io.ovnegress.ovsdb.operation.Operation.Mutator;
import io.ovnegress.ovsdb.operation.Operation.Where;
import io.ovnegress.ovsdb.row.Cell;
import io.ovnegress.reconciler.NumberedNode;
import io.ovnegress.reconciler.northbound.RowIds;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/** The logical switch ports of the pods of {@link Inputs}, on the switches of {@link NodeRouters}, as ovnkube writes them. */
public final class PodPorts {
    private PodPorts() {}

    /** One transaction for the ports of these pods, which are of as many namespaces. */
    public static List<Operation> of(int firstPod, int endPod, int namespaces) {
        var operations = new ArrayList<Operation>();
        var onSwitch = List.of(new HashSet<UUID>(), new HashSet<UUID>());
        for (int pod = firstPod; pod < endPod; pod++) {
            var name = "ns" + pod % namespaces + "_pod-" + pod;
            var id = RowIds.of("port/" + name);
            var addresses = "0a:58:0a:80:00:05 " + Inputs.podIp(pod).text();
            operations.add(new Operation.Insert(
                    LogicalSwitchPort.TABLE,
                    id,
                    List.of(
                            Cell.of(LogicalSwitchPort.NAME, name),
                            Cell.of(LogicalSwitchPort.ADDRESSES, Set.of(addresses)),
                            Cell.of(LogicalSwitchPort.PORT_SECURITY, Set.of(addresses)),
                            Cell.of(
                                    LogicalSwitchPort.OPTIONS,
                                    Map.of("iface-id-ver", id.toString(), "requested-chassis", Inputs.nodeOf(pod))),
                            Cell.of(
                                    LogicalSwitchPort.EXTERNAL_IDS,
                                    Map.of("namespace", "ns" + pod % namespaces, "pod", "true")))));
            onSwitch.get(pod % 2).add(id);
        }
        for (int n = 1; n <= 2; n++) {
            operations.add(new Operation.Mutate(
                    LogicalSwitch.TABLE,
                    new Where.Id(NodeRouters.id(new NumberedNode(n).name())),
                    List.of(new Mutation(LogicalSwitch.PORTS, Mutator.INSERT, Set.copyOf(onSwitch.get(n - 1))))));
        }
        return operations;
    }
}
