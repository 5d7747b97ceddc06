package io.ovnegress.reconciler.feature.egressip.topology;

import io.ovnegress.reconciler.ReservedSubnet;
import io.ovnegress.reconciler.feature.egressip.EgressIpSelection;
import io.ovnegress.reconciler.feature.egressip.placement.EgressNode;
import io.ovnegress.reconciler.feature.egressip.placement.NodeIndex;
import io.ovnegress.reconciler.input.Inputs;
import io.ovnegress.reconciler.input.IpFamily;
import io.ovnegress.reconciler.input.NodeInput;
import io.ovnegress.reconciler.input.NodeReachability;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The nodes as placement sees them: what Kubernetes says of each, and what the database has of its gateway router. */
public final class EgressNodes {
    private final Inputs cluster;
    private final EgressIpSelection selection;
    private final EgressGateways gateways;
    private final Set<IpFamily> families;
    private final List<ReservedSubnet> reserved;

    /**
     * @param families that are served
     * @param reserved where no egress IP may lie
     */
    public EgressNodes(
            Inputs cluster,
            EgressIpSelection selection,
            EgressGateways gateways,
            Set<IpFamily> families,
            List<ReservedSubnet> reserved) {
        this.cluster = cluster;
        this.selection = selection;
        this.gateways = gateways;
        this.families = families;
        this.reserved = List.copyOf(reserved);
    }

    public NodeIndex now() {
        return new NodeIndex(cluster.nodes().stream().map(this::of).toList(), selection.egressIps(), reserved);
    }

    private EgressNode of(NodeInput node) {
        var external = gateways.externalNetworks(node.name());
        var networks = new ArrayList<>(node.egressNetworks().isEmpty() ? external : node.egressNetworks());
        networks.removeIf(network -> !families.contains(network.family()));
        var addresses = new HashSet<>(node.addresses());
        addresses.addAll(node.publicAddresses());
        external.forEach(network -> addresses.add(network.address()));
        return new EgressNode(
                node.name(),
                node.labels(),
                node.ready(),
                NodeReachability.isReachable(cluster, node.name()),
                Stream.of(IpFamily.values())
                        .filter(family -> gateways.leadsTo(node.name(), family))
                        .collect(Collectors.toSet()),
                networks,
                addresses,
                node.nextHops(),
                node.limits(),
                node.draining());
    }
}
