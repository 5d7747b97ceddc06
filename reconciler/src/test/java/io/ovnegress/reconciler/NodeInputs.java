package io.ovnegress.reconciler;

import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.NodeInput;
import java.util.HashMap;
import java.util.List;

/** Nodes as they change: each the given one, but for one thing. */
public final class NodeInputs {
    private NodeInputs() {}

    /** @param assignable whether it may host egress IPs */
    public static NodeInput labelled(boolean assignable, NodeInput node) {
        var labels = new HashMap<>(node.labels());
        labels.remove(NodeInput.EGRESS_ASSIGNABLE);
        if (assignable) {
            labels.put(NodeInput.EGRESS_ASSIGNABLE, "");
        }
        return node.edit().labels(labels).build();
    }

    public static NodeInput ready(boolean ready, NodeInput node) {
        return copy(node, ready, node.probeAddresses(), node.draining());
    }

    public static NodeInput draining(boolean draining, NodeInput node) {
        return copy(node, node.ready(), node.probeAddresses(), draining);
    }

    /** With a management port of this address. */
    public static NodeInput probedAt(IpAddress address, NodeInput node) {
        return copy(node, node.ready(), List.of(address), node.draining());
    }

    private static NodeInput copy(NodeInput node, boolean ready, List<IpAddress> probeAddresses, boolean draining) {
        return node.edit()
                .ready(ready)
                .probeAddresses(probeAddresses)
                .draining(draining)
                .build();
    }
}
