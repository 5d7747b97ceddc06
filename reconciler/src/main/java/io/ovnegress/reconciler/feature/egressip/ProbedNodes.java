package io.ovnegress.reconciler.feature.egressip;

import io.ovnegress.reconciler.feature.NodeProbes;
import io.ovnegress.reconciler.input.Inputs;
import io.ovnegress.reconciler.input.IpAddress;
import java.util.HashMap;
import java.util.List;
import java.util.Optional;

/** Who is to be probed: egress nodes, where they say that they can be asked. Follows from the nodes alone. Not thread safe. */
final class ProbedNodes {
    private final Inputs cluster;
    private Optional<NodeProbes> probes = Optional.empty();

    ProbedNodes(Inputs cluster) {
        this.cluster = cluster;
    }

    void nodesChanged() {
        probes = Optional.empty();
    }

    NodeProbes probes() {
        if (probes.isEmpty()) {
            var addresses = new HashMap<String, List<IpAddress>>();
            for (var node : cluster.nodes()) {
                addresses.put(node.name(), node.egressAssignable() ? node.probeAddresses() : List.of());
            }
            probes = Optional.of(new NodeProbes(addresses));
        }
        return probes.get();
    }
}
