package io.ovnegress.reconciler.feature.egressip.placement;

import io.ovnegress.reconciler.input.IpAddress;
import java.util.ArrayDeque;
import java.util.BitSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Gives the egress IPs of one object different nodes, one after the other; each the best that there is, at the cost of moving
 * those before it among each other and to it, never of taking a node from one for good.
 *
 * <p>These are successive shortest augmenting paths: whatever the order, as many have a node as can have one, the earlier ones
 * first, and nothing else would be better for all of them together.
 */
final class NodeMatching {
    /** What makes a node better than another. What depends on the node alone is compared when it is taken. */
    interface Preference {
        /** What it costs that this node serves this IP; less is better. */
        Cost cost(IpAddress ip, int node);

        /** The nodes in an order in which the first that costs nothing is the best; empty where that cannot be said. */
        Iterable<Integer> cheapestFirst();

        /** Of two nodes whose taking costs the same; neither is taken yet. */
        int compare(int node, int other);
    }

    /**
     * @param unrouted whether pods cannot be sent there
     * @param shut for how many of those that go there what is sent there finds no way out
     * @param rank how many nodes would be preferred
     * @param moved whether the IP is on another node
     */
    record Cost(int unrouted, int shut, int rank, int moved) implements Comparable<Cost> {
        static final Cost NOTHING = new Cost(0, 0, 0, 0);

        Cost plus(Cost other) {
            return new Cost(unrouted + other.unrouted, shut + other.shut, rank + other.rank, moved + other.moved);
        }

        Cost minus(Cost other) {
            return new Cost(unrouted - other.unrouted, shut - other.shut, rank - other.rank, moved - other.moved);
        }

        @Override
        public int compareTo(Cost other) {
            int byRouter = Integer.compare(unrouted, other.unrouted);
            int byWayOut = byRouter != 0 ? byRouter : Integer.compare(shut, other.shut);
            int byRank = byWayOut != 0 ? byWayOut : Integer.compare(rank, other.rank);
            return byRank != 0 ? byRank : Integer.compare(moved, other.moved);
        }
    }

    private final Preference preference;
    private final Map<IpAddress, BitSet> hosts = new HashMap<>();
    private final Map<IpAddress, Integer> serving = new LinkedHashMap<>();
    private final BitSet taken = new BitSet();

    NodeMatching(Preference preference) {
        this.preference = preference;
    }

    /** The node of each IP that has one, in the order of the IPs. */
    Map<IpAddress, Integer> serving() {
        return serving;
    }

    /** An IP for which others make room, and where the way of making room leads to so far. */
    private record Way(IpAddress from, Cost cost) {}

    /** Gives the IP one of these nodes, if that is possible. */
    void add(IpAddress ip, BitSet nodes) {
        hosts.put(ip, nodes);
        var ways = waysFrom(ip);
        IpAddress last = ip;
        int end = -1;
        var least = Cost.NOTHING;
        for (var entry : ways.entrySet()) {
            var free = (BitSet) hosts.get(entry.getKey()).clone();
            free.andNot(taken);
            int node = best(entry.getKey(), free);
            if (node < 0) {
                continue;
            }
            var cost = entry.getValue().cost().plus(preference.cost(entry.getKey(), node));
            int difference = end < 0 ? -1 : cost.compareTo(least);
            if (difference < 0 || (difference == 0 && preference.compare(node, end) < 0)) {
                last = entry.getKey();
                end = node;
                least = cost;
            }
        }
        if (end >= 0) {
            takeWay(ip, last, end, ways);
        }
    }

    /** The best of the free nodes for the IP; -1 if there is none. */
    private int best(IpAddress ip, BitSet free) {
        for (int node : preference.cheapestFirst()) {
            if (free.get(node) && preference.cost(ip, node).equals(Cost.NOTHING)) {
                return node;
            }
        }
        int best = -1;
        for (int node = free.nextSetBit(0); node >= 0; node = free.nextSetBit(node + 1)) {
            int difference = best < 0 ? -1 : preference.cost(ip, node).compareTo(preference.cost(ip, best));
            if (difference < 0 || (difference == 0 && preference.compare(node, best) < 0)) {
                best = node;
            }
        }
        return best;
    }

    /** Which IPs can be made to look for another node by giving theirs away, down to this one, at the least cost. */
    private Map<IpAddress, Way> waysFrom(IpAddress start) {
        var ways = new LinkedHashMap<IpAddress, Way>();
        ways.put(start, new Way(start, Cost.NOTHING));
        var toLookAt = new ArrayDeque<IpAddress>();
        toLookAt.add(start);
        while (!toLookAt.isEmpty()) {
            var ip = toLookAt.poll();
            serving.forEach((other, node) -> {
                if (!other.equals(ip) && hosts.get(ip).get(node)) {
                    var cost =
                            ways.get(ip).cost().plus(preference.cost(ip, node)).minus(preference.cost(other, node));
                    var known = ways.get(other);
                    if (known == null || cost.compareTo(known.cost()) < 0) {
                        ways.put(other, new Way(ip, cost));
                        toLookAt.add(other);
                    }
                }
            });
        }
        return ways;
    }

    private void takeWay(IpAddress start, IpAddress last, int end, Map<IpAddress, Way> ways) {
        taken.set(end);
        var ip = last;
        int node = end;
        while (!ip.equals(start)) {
            int given = serving.put(ip, node);
            node = given;
            ip = ways.get(ip).from();
        }
        serving.put(start, node);
    }
}
