package io.ovnegress.reconciler.feature.egressip.topology;

import io.ovnegress.reconciler.feature.NodeProbes;
import io.ovnegress.reconciler.feature.egressip.EgressIpSelection;
import io.ovnegress.reconciler.feature.egressip.NodeChoice;
import io.ovnegress.reconciler.input.Inputs;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.LabelSelector;
import io.ovnegress.reconciler.input.NodeInput;
import java.util.HashMap;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Who is to be probed: nodes that are labelled as egress nodes or that an EgressIP selects, where they say that they can be asked.
 * Follows from nodes and selectors alone. Not thread safe.
 */
public final class ProbedNodes {
    private final Inputs cluster;
    private final EgressIpSelection selection;
    private Set<LabelSelector> selectors = Set.of();
    private boolean selectorsAreStale;
    private Optional<NodeProbes> probes = Optional.empty();

    public ProbedNodes(Inputs cluster, EgressIpSelection selection) {
        this.cluster = cluster;
        this.selection = selection;
    }

    public void nodesChanged() {
        probes = Optional.empty();
    }

    /** Objects may select other nodes. */
    public void selectorsChanged() {
        selectorsAreStale = true;
    }

    private void readSelectors() {
        selectorsAreStale = false;
        var now = selection.egressIps().stream()
                .flatMap(egressIp -> egressIp.nodes().selector().stream())
                .filter(selector -> !selector.equals(NodeChoice.LABELLED))
                .collect(Collectors.toSet());
        if (!now.equals(selectors)) {
            selectors = now;
            probes = Optional.empty();
        }
    }

    private boolean isEgressNode(NodeInput node) {
        return node.egressAssignable() || selectors.stream().anyMatch(selector -> selector.matches(node.labels()));
    }

    public NodeProbes probes() {
        if (selectorsAreStale) {
            readSelectors();
        }
        if (probes.isEmpty()) {
            var addresses = new HashMap<String, List<IpAddress>>();
            for (var node : cluster.nodes()) {
                addresses.put(node.name(), isEgressNode(node) ? node.probeAddresses() : List.of());
            }
            probes = Optional.of(new NodeProbes(addresses));
        }
        return probes.get();
    }
}
