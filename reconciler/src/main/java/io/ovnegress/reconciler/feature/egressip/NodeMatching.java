package io.ovnegress.reconciler.feature.egressip;

import io.ovnegress.reconciler.input.IpAddress;
import java.util.BitSet;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * Gives the egress IPs of one object different nodes: as many IPs as possible, on the most preferred nodes that allow it.
 *
 * <p>Nodes are offered in the order of preference; one is taken if an augmenting path makes room for it. Sets of nodes that
 * can be matched at the same time form a (transversal) matroid, so this greedy choice ends in a maximum matching, and no
 * other maximum matching uses better nodes.
 */
final class NodeMatching {
    private final Map<IpAddress, BitSet> hosts;
    private final Map<IpAddress, Integer> serving = new LinkedHashMap<>();

    /**
     * @param hosts the nodes that may serve each IP, in the order in which IPs are preferred
     */
    NodeMatching(Map<IpAddress, BitSet> hosts) {
        this.hosts = hosts;
    }

    boolean isComplete() {
        return serving.size() == hosts.size();
    }

    /** Takes the node for one of the IPs if that is possible, at the cost of moving others among the nodes taken before. */
    void offer(int node) {
        augment(node, new HashSet<>());
    }

    private boolean augment(int node, Set<IpAddress> visited) {
        for (var entry : hosts.entrySet()) {
            if (entry.getValue().get(node) && !serving.containsKey(entry.getKey())) {
                serving.put(entry.getKey(), node);
                return true;
            }
        }
        for (var entry : hosts.entrySet()) {
            var ip = entry.getKey();
            if (entry.getValue().get(node) && visited.add(ip) && augment(serving.get(ip), visited)) {
                serving.put(ip, node);
                return true;
            }
        }
        return false;
    }

    /** The node of each IP that has one. */
    Map<IpAddress, Integer> serving() {
        return serving;
    }
}
