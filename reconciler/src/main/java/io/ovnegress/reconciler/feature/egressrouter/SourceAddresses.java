package io.ovnegress.reconciler.feature.egressrouter;

import com.google.common.base.CaseFormat;
import io.ovnegress.ovsdb.nb.LogicalRouterPort;
import io.ovnegress.reconciler.ReconcilerConfig;
import io.ovnegress.reconciler.feature.egressrouter.rows.EgressRouterOwner.Router;
import io.ovnegress.reconciler.input.Inputs;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.ObjectRef;
import io.ovnegress.reconciler.northbound.Holds;
import io.ovnegress.reconciler.northbound.NorthboundView;
import java.util.Map;
import java.util.Optional;

/** Whose an address is that a router is to have. An egress IP that has it goes first. Looks only. */
final class SourceAddresses {
    private final ReconcilerConfig config;
    private final Inputs inputs;
    private final NorthboundView view;
    private final Holds holds;
    private Map<IpAddress, ObjectRef> reserved = Map.of();

    SourceAddresses(ReconcilerConfig config, Inputs inputs, NorthboundView view, Holds holds) {
        this.config = config;
        this.inputs = inputs;
        this.view = view;
        this.holds = holds;
    }

    /** The inputs are as they are now. */
    void look() {
        reserved = inputs.reserved();
    }

    /** Who has the address beside this router, in words. */
    Optional<String> heldBy(IpAddress address, Router own) {
        var subnet = config.reservedSubnets().stream()
                .filter(reserved -> reserved.network().contains(address))
                .findFirst();
        if (subnet.isPresent()) {
            return Optional.of("the cluster itself (" + subnet.get().network() + ")");
        }
        for (var node : inputs.nodes()) {
            if (node.addresses().contains(address) || node.publicAddresses().contains(address)) {
                return Optional.of("node " + node.name());
            }
            if (node.nextHops().contains(address)) {
                return Optional.of("the default gateway of node " + node.name());
            }
        }
        var reserving = reserved.get(address);
        if (reserving != null) {
            var kind = CaseFormat.UPPER_UNDERSCORE.to(
                    CaseFormat.UPPER_CAMEL, reserving.kind().name());
            return Optional.of(kind.replace("Ip", "IP") + " " + reserving.key());
        }
        if (!holds.placesOf(address.text()).isEmpty()) {
            return Optional.of("an EgressIP");
        }
        return view.rowsIn(LogicalRouterPort.TABLE).stream()
                .filter(port -> port.get(LogicalRouterPort.NETWORKS).stream()
                        .anyMatch(network -> network.startsWith(address.text() + "/")))
                .map(port -> port.get(LogicalRouterPort.NAME))
                .filter(name -> !name.equals(own.outsidePort()) && !isOurs(name))
                .findFirst()
                .map(port -> "router port " + port);
    }

    /** That of another egress router which leaves, or has it without right: their objects decide. */
    private static boolean isOurs(String port) {
        return port.startsWith(Router.OUTSIDE_PORTS);
    }
}
