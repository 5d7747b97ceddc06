package io.ovnegress.reconciler.feature.egressip.topology;

import io.ovnegress.reconciler.input.AddressRefusal;
import io.ovnegress.reconciler.input.Inputs;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.IpFamily;
import io.ovnegress.reconciler.input.IpNetwork;
import io.ovnegress.reconciler.northbound.NorthboundView;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Which addresses no pod can have, whoever says so: those outside of the cluster subnets, those of nodes and their management ports,
 * those of routers (gateways of pods, join addresses). Not thread safe.
 */
public final class PodAddressRules {
    private final List<IpNetwork> clusterSubnets;
    private final List<IpNetwork> joinSubnets;
    private final Inputs cluster;
    private final NorthboundView view;
    /** Of the cluster subnets: addresses of the other family are not served, whoever has them. */
    private final Set<IpFamily> families = EnumSet.noneOf(IpFamily.class);

    private Set<IpAddress> taken = Set.of();
    private boolean isStale = true;

    public PodAddressRules(
            List<IpNetwork> clusterSubnets, List<IpNetwork> joinSubnets, Inputs cluster, NorthboundView view) {
        this.clusterSubnets = List.copyOf(clusterSubnets);
        this.joinSubnets = List.copyOf(joinSubnets);
        this.cluster = cluster;
        this.view = view;
        clusterSubnets.forEach(subnet -> families.add(subnet.family()));
    }

    /** Why the address cannot be a pod's; empty if it can. */
    public Optional<AddressRefusal> refusal(IpAddress ip) {
        if (taken.contains(ip) || isIn(joinSubnets, ip)) {
            return Optional.of(AddressRefusal.OF_A_NODE);
        }
        boolean isOutside = families.contains(ip.family()) && !isIn(clusterSubnets, ip);
        return isOutside ? Optional.of(AddressRefusal.OUTSIDE) : Optional.empty();
    }

    private static boolean isIn(List<IpNetwork> subnets, IpAddress ip) {
        for (var subnet : subnets) {
            if (subnet.contains(ip)) {
                return true;
            }
        }
        return false;
    }

    /** Nodes or the ports of routers changed. */
    public void changed() {
        isStale = true;
    }

    /** Takes changes in; the addresses that it decides otherwise about. */
    public Set<IpAddress> renew() {
        if (!isStale) {
            return Set.of();
        }
        isStale = false;
        var now = new HashSet<IpAddress>();
        for (var node : cluster.nodes()) {
            now.addAll(node.addresses());
            now.addAll(node.publicAddresses());
            now.addAll(node.probeAddresses());
        }
        view.portNetworks().forEach(network -> IpNetwork.parse(network).ifPresent(port -> now.add(port.address())));
        var changed = new HashSet<>(now);
        changed.removeAll(taken);
        for (var ip : taken) {
            if (!now.contains(ip)) {
                changed.add(ip);
            }
        }
        taken = now;
        return changed;
    }
}
