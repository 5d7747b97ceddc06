package io.ovnegress.reconciler.feature.egressip.placement;

import io.ovnegress.reconciler.input.IpFamily;
import java.util.BitSet;
import java.util.EnumMap;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.TreeSet;

/** How many egress IPs each node serves, and whether it takes more. Not thread safe. */
final class NodeLoads {
    private final NodeIndex nodes;
    private final Map<IpFamily, int[]> served = new EnumMap<>(IpFamily.class);
    private final Map<IpFamily, BitSet> full = new EnumMap<>(IpFamily.class);
    private final NavigableSet<Integer> leastFirst;

    NodeLoads(NodeIndex nodes) {
        this.nodes = nodes;
        for (var family : IpFamily.values()) {
            served.put(family, new int[nodes.size()]);
            full.put(family, new BitSet(nodes.size()));
        }
        leastFirst = new TreeSet<>(this::leastFirst);
        nodes.candidates().stream().forEach(leastFirst::add);
        for (int node = 0; node < nodes.size(); node++) {
            lookWhetherFull(node);
        }
    }

    /** The candidates, the one with the fewest egress IPs first, then by name; the order must not change meanwhile. */
    Iterable<Integer> leastFirst() {
        return leastFirst;
    }

    /** Negative if the one comes before the other. */
    int leastFirst(int node, int other) {
        int byLoad = Integer.compare(of(node), of(other));
        return byLoad != 0 ? byLoad : Integer.compare(node, other);
    }

    /** Egress IPs of both families. */
    int of(int node) {
        return served.get(IpFamily.V4)[node] + served.get(IpFamily.V6)[node];
    }

    void add(int node, IpFamily family) {
        change(node, family, 1);
    }

    void remove(int node, IpFamily family) {
        change(node, family, -1);
    }

    private void change(int node, IpFamily family, int by) {
        boolean isCandidate = leastFirst.remove(node);
        served.get(family)[node] += by;
        if (isCandidate) {
            leastFirst.add(node);
        }
        lookWhetherFull(node);
    }

    private void lookWhetherFull(int node) {
        full.forEach((family, those) -> those.set(node, exhausted(node, family).isPresent()));
    }

    /** The nodes that take no more egress IPs of the family. */
    BitSet full(IpFamily family) {
        return full.get(family);
    }

    /** Those of the nodes that take one more egress IP of each family. */
    BitSet withRoomForBoth(BitSet some) {
        var those = (BitSet) some.clone();
        some.stream().filter(node -> !hasRoomForBoth(node)).forEach(those::clear);
        return those;
    }

    private boolean hasRoomForBoth(int node) {
        var capacity = nodes.node(node).limits().capacity();
        int v4 = served.get(IpFamily.V4)[node];
        int v6 = served.get(IpFamily.V6)[node];
        return capacity.exhausted(IpFamily.V4, v4, v6).isEmpty()
                && capacity.exhausted(IpFamily.V6, v4 + 1, v6).isEmpty();
    }

    /** Why the node takes no more, as in {@code 4 of 4}; empty if it does. */
    Optional<String> exhausted(int node, IpFamily family) {
        return nodes.node(node)
                .limits()
                .capacity()
                .exhausted(family, served.get(IpFamily.V4)[node], served.get(IpFamily.V6)[node]);
    }
}
