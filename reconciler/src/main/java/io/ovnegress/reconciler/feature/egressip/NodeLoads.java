package io.ovnegress.reconciler.feature.egressip;

import java.util.NavigableSet;
import java.util.TreeSet;

/** How many egress IPs each candidate serves, the one with the fewest first, then by name. Not thread safe. */
final class NodeLoads {
    private final int[] loads;
    private final NavigableSet<Integer> leastFirst;

    NodeLoads(NodeIndex nodes) {
        loads = new int[nodes.size()];
        leastFirst = new TreeSet<>(this::leastFirst);
        nodes.candidates().stream().forEach(leastFirst::add);
    }

    /** The candidates in their order, which must not change meanwhile. */
    Iterable<Integer> leastFirst() {
        return leastFirst;
    }

    /** Negative if the one comes before the other. */
    int leastFirst(int node, int other) {
        int byLoad = Integer.compare(loads[node], loads[other]);
        return byLoad != 0 ? byLoad : Integer.compare(node, other);
    }

    void add(int node) {
        change(node, 1);
    }

    void remove(int node) {
        change(node, -1);
    }

    private void change(int node, int by) {
        leastFirst.remove(node);
        loads[node] += by;
        leastFirst.add(node);
    }
}
