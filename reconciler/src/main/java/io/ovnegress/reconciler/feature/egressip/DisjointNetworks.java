package io.ovnegress.reconciler.feature.egressip;

import io.ovnegress.reconciler.input.IpNetwork;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.TreeMap;

/**
 * The widest of some networks, in order: two networks either have nothing in common or one has the other, so what of them concerns
 * another network is found by where that begins and ends, however many there are. Immutable.
 */
final class DisjointNetworks {
    /** The families apart. */
    private static final Comparator<IpNetwork> BY_START =
            Comparator.comparing(IpNetwork::family).thenComparing(IpNetwork::first);

    private final TreeMap<IpNetwork, IpNetwork> byStart = new TreeMap<>(BY_START);

    DisjointNetworks(Collection<IpNetwork> networks) {
        var sorted = new ArrayList<>(networks);
        sorted.sort(BY_START.thenComparingInt(IpNetwork::prefixLength));
        for (var network : sorted) {
            var last = byStart.lastEntry();
            if (last == null || !last.getKey().contains(network)) {
                byStart.put(network, network);
            }
        }
    }

    List<IpNetwork> networks() {
        return List.copyOf(byStart.values());
    }

    /** What is in the network and in none of these; not to its end if it is more than so many networks. */
    List<IpNetwork> cutOutOf(IpNetwork network, int most) {
        var before = byStart.floorKey(network);
        if (before != null && before.contains(network)) {
            return List.of();
        }
        var inside = new ArrayList<IpNetwork>();
        for (var next : byStart.tailMap(network).keySet()) {
            if (!network.contains(next)) {
                break;
            }
            inside.add(next);
        }
        return network.without(inside, most);
    }
}
