package io.ovnegress.reconciler.machine;

import io.ovnegress.ovsdb.nb.LogicalSwitchPort;
import io.ovnegress.ovsdb.operation.Operation.Condition;
import io.ovnegress.ovsdb.operation.Operation.Function;
import io.ovnegress.ovsdb.replica.MonitorSpec;
import io.ovnegress.ovsdb.row.Row;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.PodName;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The logical switch ports of pods on the cluster default network, as ovnkube writes them: named {@code NAMESPACE_POD}, of no type,
 * with addresses {@code MAC IP [IP6]}. Ports of other networks have a prefix before the namespace, and do not count. Not thread safe.
 */
final class PodPorts {
    /** Is told after the change. */
    interface Listener {
        void changed(PodName pod, Optional<List<IpAddress>> before, Optional<List<IpAddress>> after);
    }

    /** How ovnkube marks them. */
    private static final Map<String, String> MARK = Map.of("pod", "true");

    /** By name, which says whose the port is: neither namespaces nor pods have an underscore in theirs. */
    private final Map<String, Row> rows = new HashMap<>();

    static void addTo(MonitorSpec.Builder spec) {
        spec.table(
                LogicalSwitchPort.TABLE,
                List.of(LogicalSwitchPort.NAME, LogicalSwitchPort.TYPE, LogicalSwitchPort.ADDRESSES),
                List.of(new Condition(LogicalSwitchPort.EXTERNAL_IDS, Function.INCLUDES, MARK)));
    }

    Optional<List<IpAddress>> of(PodName pod) {
        return Optional.ofNullable(rows.get(pod.namespace() + "_" + pod.name())).map(PodPorts::addresses);
    }

    void rowChanged(Optional<Row> before, Optional<Row> after, Listener listener) {
        var name = before.filter(PodPorts::isPods).map(PodPorts::name);
        var newName = after.filter(PodPorts::isPods).map(PodPorts::name);
        // A port that is made anew in one transaction may come before its predecessor goes.
        name.filter(port -> !newName.equals(Optional.of(port)))
                .filter(port -> isAt(port, before.orElseThrow()))
                .ifPresent(port -> {
                    rows.remove(port);
                    listener.changed(podOf(port), before.map(PodPorts::addresses), Optional.empty());
                });
        newName.ifPresent(port -> {
            var predecessor = Optional.ofNullable(rows.put(port, after.orElseThrow()));
            listener.changed(podOf(port), predecessor.map(PodPorts::addresses), after.map(PodPorts::addresses));
        });
    }

    private boolean isAt(String port, Row row) {
        var there = rows.get(port);
        return there != null && there.id().equals(row.id());
    }

    void forget(Listener listener) {
        var gone = Map.copyOf(rows);
        rows.clear();
        gone.forEach((name, row) -> listener.changed(podOf(name), Optional.of(addresses(row)), Optional.empty()));
    }

    private static String name(Row row) {
        return row.get(LogicalSwitchPort.NAME);
    }

    private static boolean isPods(Row row) {
        int underscore = name(row).indexOf('_');
        return underscore > 0
                && underscore == name(row).lastIndexOf('_')
                && row.get(LogicalSwitchPort.TYPE).isEmpty();
    }

    private static PodName podOf(String port) {
        int underscore = port.indexOf('_');
        return new PodName(port.substring(0, underscore), port.substring(underscore + 1));
    }

    private static List<IpAddress> addresses(Row row) {
        var addresses = new ArrayList<IpAddress>(2);
        for (var text : row.get(LogicalSwitchPort.ADDRESSES)) {
            for (int start = text.indexOf(' ') + 1; start > 0; ) {
                int end = text.indexOf(' ', start);
                IpAddress.parse(text.substring(start, end < 0 ? text.length() : end))
                        .filter(address -> !addresses.contains(address))
                        .ifPresent(addresses::add);
                start = end + 1;
            }
        }
        return addresses;
    }
}
